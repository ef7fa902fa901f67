export { useBook, useLastFills, useOpenOrders, useOwnFills } from "./data.ts";
export { costOf } from "./quote.ts";
