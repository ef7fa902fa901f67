/** What the index's questions cost, in the units of `@enerlink/edge/graphql`. */
import type { Field, Prices } from "@enerlink/edge/graphql";
import { type Interval, intervals } from "../../../lib/spans.ts";
import { MOST_PERIODS, STATEMENT_DAYS } from "../questions/periods.ts";
import { MOST_SETTLED_SPANS } from "../questions/spans.ts";
import { DEFAULT_ROWS } from "./lists.ts";

const DAY = 86_400;

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
  statement: 8 * QUESTION,
  meterEnergy: 2 * QUESTION,
  outlook: 4 * QUESTION,
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
  if (ROWS[type] !== undefined) return ROWS[type];
  const length = lengthOf(given);
  return length === undefined ? 1 : spansOf(field.name, given, length);
}

/** How long the spans are that are asked for, seconds. */
function lengthOf({ interval, seconds, groupBy }: Variables): number | undefined {
  if (typeof seconds === "number") return seconds;
  const span = intervals[interval as Interval];
  return span === undefined ? calendar[groupBy as keyof typeof calendar] : Number(span);
}

/** Rows of what takes no arguments that say it: hours of an outlook, meters of an account, about. */
const ROWS: Record<string, number> = { OutlookHour: 24, MeterStatement: 4 };

/** The shortest that periods of the calendar are, seconds, but for the ends of a range; ALL is one. */
const calendar = {
  SLOT: 60,
  HOUR: 3_600,
  DAY,
  WEEK: 604_800,
  MONTH: 2_419_200,
  ALL: Number.POSITIVE_INFINITY,
};

/** How many spans a question may have, and how many it has when it does not say since when; a week's otherwise. */
const MOST_SPANS = 5_000;
const most: Record<string, number> = {
  energySettled: Number(MOST_SETTLED_SPANS),
  statement: MOST_PERIODS,
  meterEnergy: MOST_PERIODS,
  communityEnergy: MOST_PERIODS,
};
const usual: Record<string, (seconds: number) => number> = {
  candles: () => 500,
  statement: (seconds) => (Number(STATEMENT_DAYS) * DAY) / seconds,
};

/** Spans of `seconds` in a range of time; its end is now where none is given, about. */
function spansOf(name: string, { from, to }: Variables, seconds: number): number {
  const end = to == null ? Date.now() / 1_000 : Number(to);
  const spans =
    from == null ? (usual[name]?.(seconds) ?? (7 * DAY) / seconds) : (end - Number(from)) / seconds;
  // Beyond the most, the question itself is refused, and says why.
  const limit = most[name] ?? MOST_SPANS;
  return Number.isFinite(spans) ? Math.min(Math.max(1, spans), limit) : limit;
}
