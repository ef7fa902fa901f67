export { integer, itemsOf, queryIndex, seconds, useIndex } from "./query.ts";
