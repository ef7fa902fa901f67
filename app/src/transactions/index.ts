export { loadCode, useFollowTransactions } from "./follow.ts";
export type { Call, Pull } from "./prepare.ts";
export { actionText, type Problem, problemText } from "./problem.ts";
export { isUnresolved, type Transaction, update, useTransactions } from "./store.ts";
export { useTransact } from "./use-transact.ts";
export { useUnderway } from "./use-underway.ts";
