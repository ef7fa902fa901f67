export { integer, itemsOf, queryIndex, seconds, useEveryRow, useIndex } from "./query.ts";
export { type SettledSpan, useSettled } from "./settled.ts";
export {
  energyOf,
  isKnown,
  moneyOf,
  paidOf,
  receivedOf,
  type Source,
  type StatementPeriod,
  type StatementSpan,
  sources,
  useStatement,
} from "./statement.ts";
