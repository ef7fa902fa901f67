/** The order book as traders look at it: depth and price history. */

import { db } from "ponder:api";
import { priceCandle, priceLevel } from "ponder:schema";
import { and, asc, desc, eq, gt, gte, lt, sql } from "ponder";
import { type Interval, intervals, startOf } from "../../../lib/spans.ts";
import { between, wrong } from "../input.ts";
import { chainTime } from "../now.ts";
import { checkTimeZone, startsAround } from "./periods.ts";

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

/** Which candles: those that start at `from` or later and before `to`, unix seconds. */
export type CandlesAsked = {
  interval: Interval;
  from: bigint;
  to: bigint;
  /** In whose calendar days and weeks begin. */
  timeZone: string;
  /** Whether spans without a fill have one too, at the price before it; those before the first fill have none. */
  empty: boolean;
};

/**
 * Candles, oldest first.
 * @throws Problem 400 when `from` is not before `to`, for no time zone, or when the range holds more than 5000 spans
 */
export async function candles({ interval, from, to, timeZone, empty }: CandlesAsked) {
  if (from >= to) throw wrong("from", "before to");
  const seconds = intervals[interval];
  if ((to - from) / seconds > MOST_CANDLES) {
    throw wrong("from", `at most ${MOST_CANDLES} spans of ${seconds} s before to`);
  }
  checkTimeZone(timeZone);
  const isOfCalendar = interval === "DAY" || interval === "WEEK";
  if (isOfCalendar && timeZone !== "UTC") {
    const around = startsAround({ from, to, timeZone }, interval);
    const starts = around.filter((start) => start >= from && start < to);
    const found = await addedUp(interval, starts, around.at(-1)!);
    return empty ? withEmpty(found, starts, FINE) : found;
  }
  const found = await db
    .select()
    .from(priceCandle)
    .where(and(eq(priceCandle.interval, interval), gte(priceCandle.start, from), lt(priceCandle.start, to)))
    .orderBy(asc(priceCandle.start));
  if (!empty) return found;
  const first = startOf(interval, from);
  const starts: bigint[] = [];
  for (let start = first < from ? first + seconds : first; start < to; start += seconds) starts.push(start);
  return withEmpty(found, starts, interval);
}

type Candle = typeof priceCandle.$inferSelect;

/** Time zones begin their days at whole quarters of an hour. */
const FINE = "QUARTER_HOUR";

/** Candles of the spans that begin at `starts`, each ending with the next one and the last at `end`. */
async function addedUp(interval: Interval, starts: readonly bigint[], end: bigint): Promise<Candle[]> {
  const [first] = starts;
  if (first === undefined) return [];
  const { rows } = await db.execute(sql`
    SELECT width_bucket(${priceCandle.start}, ${`{${starts.join(",")}}`}::numeric[]) AS span,
      (array_agg(${priceCandle.open} ORDER BY ${priceCandle.start}))[1] AS open, max(${priceCandle.high}) AS high,
      min(${priceCandle.low}) AS low, (array_agg(${priceCandle.close} ORDER BY ${priceCandle.start} DESC))[1] AS close,
      sum(${priceCandle.volumeWh})::text AS volume, sum(${priceCandle.valueIdrs})::text AS value,
      sum(${priceCandle.fills})::int AS fills
    FROM ${priceCandle}
    WHERE ${priceCandle.interval} = ${FINE} AND ${priceCandle.start} >= ${first} AND ${priceCandle.start} < ${end}
    GROUP BY 1 ORDER BY 1`);
  type Span = Pick<Candle, "open" | "high" | "low" | "close" | "fills"> & Record<"volume" | "value", string>;
  return (rows as (Span & { span: number })[]).map(({ span, volume, value, ...prices }) => ({
    ...prices,
    interval,
    start: starts[span - 1]!,
    volumeWh: BigInt(volume),
    valueIdrs: BigInt(value),
  }));
}

/**
 * A candle for each of `starts` up to the chain's time: where none was found, one in which nothing was traded.
 * @param fine by which candles the price before the first is looked up
 */
async function withEmpty(found: readonly Candle[], starts: readonly bigint[], fine: Interval) {
  const [first] = starts;
  if (first === undefined) return [];
  const [earlier] = await db
    .select()
    .from(priceCandle)
    .where(and(eq(priceCandle.interval, fine), lt(priceCandle.start, first)))
    .orderBy(desc(priceCandle.start))
    .limit(1);
  const now = await chainTime();
  const byStart = new Map(found.map((candle) => [candle.start, candle]));
  const all: Candle[] = [];
  let before = earlier;
  for (const start of starts.filter((start) => start <= now)) {
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
