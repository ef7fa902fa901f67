export { costOf } from "@enerlink/protocol";
export {
  type Fill,
  useBook,
  useLastFills,
  useOpenOrders,
  useOwnFills,
  useOwnFillsSince,
} from "./data.ts";
export { placement } from "./placement.ts";
export { type Book, type Funds, marketTick, type Order, quote } from "./quote.ts";
