export { costOf } from "@enerlink/protocol";
export { useBook, useLastFills, useOpenOrders, useOwnFills } from "./data.ts";
