/** Periods of the calendar where somebody lives: what a day, a week or a month is there, daylight saving included. */
import { wrong } from "../input.ts";

export const energySpans = ["SLOT", "HOUR", "DAY", "WEEK", "MONTH"] as const;
export const statementSpans = ["DAY", "WEEK", "MONTH", "ALL"] as const;
export type EnergySpan = (typeof energySpans)[number];
export type StatementSpan = (typeof statementSpans)[number];

export const MOST_PERIODS = 3_000;

/** From `from` until before `to`, unix seconds, where `timeZone` is: its name, such as Asia/Jakarta. */
export type Range = { from: bigint; to: bigint; timeZone: string };

/** How many days before its end a range begins that does not say it. */
export const STATEMENT_DAYS = 30n;
export const ENERGY_DAYS = 7n;

/**
 * How long a range is that does not say when it begins, seconds: some days, or what the most periods that are answered
 * come to where they are as short as `slot`; one less than those, since it need not begin where one does.
 */
export function lengthOf(days: bigint, slot?: bigint): bigint {
  const whole = days * 86_400n;
  const longest = slot === undefined ? whole : BigInt(MOST_PERIODS - 1) * slot;
  return longest < whole ? longest : whole;
}

/** A period, unix seconds: `start` belongs to it, `end` does not. `localStart` is its start as it is said there. */
export type Period = { start: bigint; end: bigint; localStart: string };

type Zoned = Temporal.ZonedDateTime;
type Calendar = { begin: (time: Zoned) => Zoned; next: (begin: Zoned) => Zoned };

const calendar: Record<"HOUR" | "DAY" | "WEEK" | "MONTH", Calendar> = {
  HOUR: {
    begin: (time) => time.round({ smallestUnit: "hour", roundingMode: "floor" }),
    next: (begin) => begin.add({ hours: 1 }),
  },
  DAY: { begin: (time) => time.startOfDay(), next: (begin) => begin.add({ days: 1 }).startOfDay() },
  WEEK: {
    begin: (time) => time.subtract({ days: time.dayOfWeek - 1 }).startOfDay(),
    next: (begin) => begin.add({ weeks: 1 }).startOfDay(),
  },
  MONTH: {
    begin: (time) => time.with({ day: 1 }).startOfDay(),
    next: (begin) => begin.add({ months: 1 }).startOfDay(),
  },
};

/** As long as a multiple of it: what counts slots needs no calendar. */
const slots = (seconds: bigint): Calendar => ({
  begin: (time) => time.subtract({ seconds: Number(secondsOf(time) % seconds) }),
  next: (begin) => begin.add({ seconds: Number(seconds) }),
});

const secondsOf = (time: Zoned) => BigInt(time.epochMilliseconds) / 1_000n;

/**
 * The periods of a range of time, oldest first; the range cuts the first and the last.
 * @param slot length of a slot, seconds
 * @throws Problem 400 for no time zone, a range in which nothing can lie, or more than 3000 periods
 */
export function periodsOf(
  { from, to, timeZone }: Range,
  span: EnergySpan | StatementSpan,
  slot = 0n,
): Period[] {
  const zoned = (seconds: bigint) => at(seconds, timeZone);
  if (from < 0n) throw wrong("from", "a time from 1970 on");
  if (from >= to) throw wrong("from", "before to");
  if (to > LATEST) throw wrong("to", "at most the year 9999");
  const begun = zoned(from);
  const { begin, next } = span === "SLOT" ? slots(slot) : calendar[span === "ALL" ? "DAY" : span];
  const periods: Period[] = [];
  for (let start = begun, end = next(begin(begun)); ; start = end, end = next(end)) {
    const last = span === "ALL" || secondsOf(end) >= to;
    periods.push({
      start: secondsOf(start),
      end: last ? to : secondsOf(end),
      localStart: start.toString({ timeZoneName: "never", smallestUnit: "second" }),
    });
    if (last) return periods;
    if (periods.length === MOST_PERIODS)
      throw wrong("from", `later, so that at most ${MOST_PERIODS} periods lie between from and to`);
  }
}

/** Those that have begun by `now`: of what is to come nothing is known, not even that it is nothing. */
export const begunBy = (now: bigint, periods: readonly Period[]) =>
  periods.filter(({ start }) => start <= now);

/**
 * When the days or weeks begin that a range of time touches, whole as they are: the first begins at `from` or earlier, the
 * last at `to` or later, where the one before it ends.
 * @throws Problem 400 for no time zone, or a time beyond the calendar
 */
export function startsAround({ from, to, timeZone }: Range, span: "DAY" | "WEEK"): bigint[] {
  if (from < 0n) throw wrong("from", "a time from 1970 on");
  if (to > LATEST) throw wrong("to", "at most the year 9999");
  const { begin, next } = calendar[span];
  const starts: bigint[] = [];
  for (let start = begin(at(from, timeZone)); ; start = next(start)) {
    starts.push(secondsOf(start));
    if (starts.at(-1)! >= to) return starts;
  }
}

/** @throws Problem 400 for what is the name of no time zone */
export const checkTimeZone = (timeZone: string): void => void at(0n, timeZone);

const LATEST = 253_402_300_800n;

function at(seconds: bigint, timeZone: string): Zoned {
  try {
    return Temporal.Instant.fromEpochMilliseconds(Number(seconds) * 1_000).toZonedDateTimeISO(timeZone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw wrong("timeZone", "the name of a time zone, such as Asia/Jakarta or UTC");
  }
}

/** The starts, as `width_bucket` takes them: the n-th period is bucket n, counted from 1. */
export const startsOf = (periods: readonly Period[]) => `{${periods.map(({ start }) => start).join(",")}}`;
