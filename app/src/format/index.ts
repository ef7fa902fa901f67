export type { Parts } from "./amounts.ts";
export { csv } from "./csv.ts";
export {
  dayText,
  type Format,
  JAKARTA_SECONDS,
  makeFormat,
  startOfDay,
  startOfMonth,
  startOfWeek,
} from "./format.ts";
export { pluralRules } from "./formatters.ts";
export { type Language, locales } from "./language.ts";
export { type AmountKind, amountText, decimalsOf, readAmount } from "./parse.ts";
