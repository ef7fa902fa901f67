export { useBook, useLastFills, useOwnFills } from "./data.ts";
export { MarketPage } from "./market-page.tsx";
export { costOf } from "./quote.ts";
