export { isDone } from "./done.ts";
export { loadCode, useFollowTransactions } from "./follow.ts";
export type { Call, Pull } from "./prepare.ts";
export { actionText, problemText } from "./problem.ts";
export type { Problem } from "./store.ts";
export { isUnresolved, type Transaction, update, useTransactions } from "./store.ts";
export { useTransact } from "./use-transact.ts";
export { useUnderway } from "./use-underway.ts";
