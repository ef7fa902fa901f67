/** The order book as traders look at it: depth and price history. */

import { db } from "ponder:api";
import { priceCandle, priceLevel } from "ponder:schema";
import { and, asc, desc, eq, gt, gte, lt } from "ponder";
import { type Interval, intervals, startOf } from "../../../lib/spans.ts";
import { between, wrong } from "../input.ts";
import { chainTime } from "../now.ts";

const MOST_LEVELS = 1_000;
const MOST_CANDLES = 5_000n;

/**
 * The best `depth` levels of each side, best first, with what rests up to there.
 * @throws Problem 400 for a depth outside 1 to 1000
 */
export async function orderBook(depth: number) {
  between("depth", depth, 1, MOST_LEVELS);
  const [bids, asks] = await Promise.all([levelsOf("BID", depth), levelsOf("ASK", depth)]);
  const bestBid = bids[0]?.tick ?? null;
  const bestAsk = asks[0]?.tick ?? null;
  return {
    bids,
    asks,
    bestBid,
    bestAsk,
    spread: bestBid !== null && bestAsk !== null ? bestAsk - bestBid : null,
  };
}

async function levelsOf(side: "BID" | "ASK", depth: number) {
  const levels = await db
    .select({ tick: priceLevel.tick, wattHours: priceLevel.wattHours, orders: priceLevel.orders })
    .from(priceLevel)
    .where(and(eq(priceLevel.side, side), gt(priceLevel.wattHours, 0n)))
    .orderBy(side === "BID" ? desc(priceLevel.tick) : asc(priceLevel.tick))
    .limit(depth);
  let totalWh = 0n;
  return levels.map((level) => {
    totalWh += level.wattHours;
    return { ...level, totalWh };
  });
}

/**
 * Candles that start at `from` or later and before `to` (unix seconds), oldest first.
 * @param empty whether spans without a fill have one too, at the price before it; those before the first fill have none
 * @throws Problem 400 when `from` is not before `to` or the range holds more than 5000 spans
 */
export async function candles(interval: Interval, from: bigint, to: bigint, empty = false) {
  if (from >= to) throw wrong("from", "before to");
  const seconds = intervals[interval];
  if ((to - from) / seconds > MOST_CANDLES) {
    throw wrong("from", `at most ${MOST_CANDLES} spans of ${seconds} s before to`);
  }
  const found = await db
    .select()
    .from(priceCandle)
    .where(and(eq(priceCandle.interval, interval), gte(priceCandle.start, from), lt(priceCandle.start, to)))
    .orderBy(asc(priceCandle.start));
  return empty ? withEmpty(found, interval, from, to) : found;
}

type Candle = typeof priceCandle.$inferSelect;

/** The same with a candle in which nothing was traded wherever a span is missing, up to the span of the chain's time. */
async function withEmpty(found: readonly Candle[], interval: Interval, from: bigint, to: bigint) {
  const [earlier] = await db
    .select()
    .from(priceCandle)
    .where(and(eq(priceCandle.interval, interval), lt(priceCandle.start, from)))
    .orderBy(desc(priceCandle.start))
    .limit(1);
  const now = await chainTime();
  const end = to <= now ? to : now + 1n;
  const byStart = new Map(found.map((candle) => [candle.start, candle]));
  const seconds = intervals[interval];
  const first = startOf(interval, from);
  const all: Candle[] = [];
  let before = earlier;
  for (let start = first < from ? first + seconds : first; start < end; start += seconds) {
    const candle = byStart.get(start) ?? (before && quiet(before, start));
    if (candle) all.push(candle);
    before = candle;
  }
  return all;
}

function quiet({ interval, close }: Candle, start: bigint): Candle {
  const prices = { open: close, high: close, low: close, close };
  return { interval, start, ...prices, volumeWh: 0n, valueIdrs: 0n, fills: 0 };
}
