import { capitals, namesOf, Side } from "@enerlink/protocol";
import { z } from "zod/mini";
import { integer, itemsOf, seconds, useEveryRow, useIndex } from "../energy-index/index.ts";
import { useChain, useSystem } from "../system/index.ts";
import type { Book } from "./quote.ts";

const sides = capitals(namesOf(Side));

/**
 * Levels that are asked for on each side: all of them, but for a book that nobody has. Prices are whole rupiah, so that
 * up to Rp 10,000 no more than these lie in the picture of the depth, and one order takes a tenth of them at most.
 */
const LEVELS = 1_000n;

/** The order book as the contract has it now. */
export function useBook() {
  const { market } = useSystem();
  return useChain<Book>(["book"], async () => {
    const [bids, asks] = await Promise.all([
      market.read.depth([Side.Bid, LEVELS]),
      market.read.depth([Side.Ask, LEVELS]),
    ]);
    return { bids, asks };
  });
}

const orderSchema = z.object({
  id: z.string(),
  /** The contract's. */
  orderId: integer,
  side: z.enum(sides),
  tick: z.int(),
  placedWh: integer,
  filledWh: integer,
  openWh: integer,
  placedAt: seconds,
});
export type OpenOrder = z.infer<typeof orderSchema>;

const OPEN_ORDERS = `query ($owner: String!, $after: String) {
  list: orders(
    where: { owner: $owner, status_in: [OPEN, PARTIALLY_FILLED] }
    orderBy: "placedAt", orderDirection: "desc", limit: 200, after: $after
  ) {
    items { id orderId side tick placedWh filledWh openWh placedAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** All that `owner` has in the book, newest first. */
export const useOpenOrders = (owner: string | undefined) =>
  useEveryRow(OPEN_ORDERS, owner === undefined ? undefined : { owner: owner.toLowerCase() }, orderSchema);

const fillSchema = z.object({
  id: z.string(),
  buyer: z.string(),
  seller: z.string(),
  takerSide: z.enum(sides),
  tick: z.int(),
  wattHours: integer,
  cost: integer,
  timestamp: seconds,
});
export type Fill = z.infer<typeof fillSchema>;

const fillFields = "id buyer seller takerSide tick wattHours cost timestamp";
const fills = itemsOf("fills", fillSchema);

/** As many fills are asked for. */
export const LATEST_FILLS = 40;

const LAST_FILLS = `query {
  fills(orderBy: "timestamp", orderDirection: "desc", limit: ${LATEST_FILLS}) { items { ${fillFields} } }
}`;
const OWN_FILLS = `query ($account: String!) {
  fills(where: { OR: [{ buyer: $account }, { seller: $account }] }, orderBy: "timestamp", orderDirection: "desc", limit: ${LATEST_FILLS}) {
    items { ${fillFields} }
  }
}`;

/** The latest trades of the book, newest first. */
export const useLastFills = () => useIndex(LAST_FILLS, {}, fills);

/** The latest trades of one account, newest first. */
export const useOwnFills = (account: string | undefined) =>
  useIndex(OWN_FILLS, account === undefined ? undefined : { account: account.toLowerCase() }, fills);

const OWN_FILLS_SINCE = `query ($account: String!, $from: BigInt!) {
  fills(where: { OR: [{ buyer: $account }, { seller: $account }], timestamp_gte: $from }, orderBy: "timestamp", orderDirection: "desc", limit: 1000) {
    items { ${fillFields} }
  }
}`;

/** The trades of one account since then, unix seconds, newest first. */
export const useOwnFillsSince = (account: string, from: number) =>
  useIndex(OWN_FILLS_SINCE, { account: account.toLowerCase(), from: String(from) }, fills);

const candleSchema = z.object({
  start: seconds,
  open: z.int(),
  high: z.int(),
  low: z.int(),
  close: z.int(),
  volumeWh: integer,
});
export type Candle = z.infer<typeof candleSchema>;

/** Lengths of a candle as the index names them. */
export const intervals = ["MINUTE", "QUARTER_HOUR", "HOUR", "DAY"] as const;
export type Interval = (typeof intervals)[number];

const CANDLES = `query ($interval: interval!) {
  candles(interval: $interval, timeZone: "Asia/Jakarta") { start open high low close volumeWh }
}`;

/** Prices of the last spans of that length that saw a trade, oldest first; days are those of Jakarta. */
export const useCandles = (interval: Interval) =>
  useIndex(
    CANDLES,
    { interval },
    z.pipe(
      z.object({ candles: z.array(candleSchema) }),
      z.transform(({ candles }) => candles),
    ),
  );
