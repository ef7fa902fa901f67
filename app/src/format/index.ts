export { csv } from "./csv.ts";
export { type Format, type Language, makeFormat, type Parts, startOfDay } from "./format.ts";
export { amountText, parseAmount } from "./parse.ts";
