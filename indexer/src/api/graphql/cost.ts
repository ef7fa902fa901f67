/** What the index's questions cost, in the units of `@enerlink/edge/graphql`. */
import type { Field, Prices } from "@enerlink/edge/graphql";
import { type Interval, intervals, MOST_SETTLED_SPANS } from "../questions/spans.ts";
import { DEFAULT_ROWS } from "./lists.ts";

/** To ask the database once. */
const QUESTION = 100;
/** What the questions that ask it several times take. */
const WORK: Record<string, number> = {
  orderBook: 2 * QUESTION,
  nearbyOffers: 10 * QUESTION,
  marketStatistics: 7 * QUESTION,
  statisticsUpdated: 7 * QUESTION,
  suggestedPrice: 7 * QUESTION,
  portfolio: 6 * QUESTION,
  communityEnergy: 2 * QUESTION,
};
/** To read a row of a table, however little of it is asked for. */
const ROW = 4;

type Variables = Record<string, unknown>;

const isPage = (type: string) => type.endsWith("Page");

export const prices: Prices = {
  work: ({ name }, parent) =>
    parent === "Query" || parent === "Subscription" ? (WORK[name] ?? QUESTION) : 0,
  rows: rowsOf,
  row: (type) => (isPage(type) ? ROW : 0),
};

/** How many rows there may be of what a field answers. What is below 1 is refused when it is answered. */
function rowsOf(field: Field, given: Variables, type: string): number {
  const limit = given.limit ?? given.depth ?? (isPage(type) ? DEFAULT_ROWS : undefined);
  if (typeof limit === "number") return limit;
  if (Array.isArray(given.sellers)) return given.sellers.length;
  const { interval, seconds } = given;
  const length =
    typeof seconds === "number" ? seconds : Number(intervals[interval as Interval] ?? Number.NaN);
  return Number.isNaN(length) ? 1 : spansOf(field.name, given, length);
}

/** Of any other question. */
const MOST_SPANS = 5_000;

/** Spans of `seconds` in a range of time; its end is now where none is given, about. */
function spansOf(name: string, { from, to }: Variables, seconds: number): number {
  const end = to == null ? Date.now() / 1_000 : Number(to);
  const usual = name === "candles" ? 500 : (7 * 86_400) / seconds;
  const spans = from == null ? usual : (end - Number(from)) / seconds;
  // Beyond the most, the question itself is refused, and says why.
  const most = name === "energySettled" ? Number(MOST_SETTLED_SPANS) : MOST_SPANS;
  return Number.isFinite(spans) ? Math.min(Math.max(1, spans), most) : most;
}
