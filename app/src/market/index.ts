export { useBook, useLastFills, useOwnFills } from "./data.ts";
export { costOf } from "./quote.ts";
