export { integer, queryIndex, seconds, useIndex } from "./query.ts";
