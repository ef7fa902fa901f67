export { AccountButton, ConnectFirst } from "./account-button.tsx";
export { AccountSheet, useAccountSheet } from "./account-sheet.tsx";
export { type Account, useAccount } from "./use-account.ts";
export { type Balances, useBalances } from "./use-balances.ts";
