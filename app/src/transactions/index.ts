export { loadCode, useFollowTransactions } from "./follow.ts";
export { TransactionPanel } from "./panel.tsx";
export type { Pull } from "./prepare.ts";
export { actionText, type Problem, problemText } from "./problem.ts";
export { isUnresolved, type Transaction, useTransactions } from "./store.ts";
export { useTransact } from "./use-transact.ts";
export { useUnderway } from "./use-underway.ts";
