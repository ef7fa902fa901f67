export { integer, itemsOf, queryIndex, seconds, useEveryRow, useIndex } from "./query.ts";
export { type SettledSpan, useSettled } from "./settled.ts";
