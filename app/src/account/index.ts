export { AccountButton, AccountChooser, ConnectFirst } from "./account-button.tsx";
export { type Account, useAccount } from "./use-account.ts";
export { useAccountSheet } from "./use-account-sheet.ts";
export { type Balances, useBalances } from "./use-balances.ts";
export { useNameOf } from "./use-name-of.ts";
export { useSetAside } from "./use-set-aside.ts";
