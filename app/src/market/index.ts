export { costOf } from "@enerlink/protocol";
export { useBook, useLastFills, useOpenOrders, useOwnFills } from "./data.ts";
export { placement } from "./placement.ts";
export { type Book, type Funds, marketTick, type Order, quote } from "./quote.ts";
