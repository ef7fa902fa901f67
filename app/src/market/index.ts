export { costOf } from "@enerlink/contracts";
export { useBook, useLastFills, useOpenOrders, useOwnFills } from "./data.ts";
