/** Which time a statement covers, and how it is divided. */
import { dayText, startOfDay, startOfMonth, startOfWeek } from "../format/index.ts";

export const spans = ["DAY", "WEEK", "MONTH"] as const;
export type Span = (typeof spans)[number];

/** Unix seconds; `to` does not belong to it. */
export type Range = { from: number; to: number };

const DAY = 86_400;
const WEEK = 7 * DAY;
const WEEKS = 12;
const MONTHS = 12;
/** How far back a statement is looked up, ranges. */
const FARTHEST = 240;

/** The days of a month, twelve weeks, or twelve months. @param back how many of these before the present one */
export function rangeOf(span: Span, back: number, now: number): Range {
  switch (span) {
    case "DAY":
      return {
        from: startOfMonth(now, -back),
        // Of this month the days that have begun.
        to: Math.min(startOfMonth(now, 1 - back), startOfDay(now) + DAY),
      };
    case "WEEK": {
      const to = startOfWeek(now) + WEEK - back * WEEKS * WEEK;
      return { from: to - WEEKS * WEEK, to };
    }
    case "MONTH":
      return {
        from: startOfMonth(now, 1 - (back + 1) * MONTHS),
        to: startOfMonth(now, 1 - back * MONTHS),
      };
  }
}

/** @returns how many ranges back the one is that begins on `day`; 0 where none does, or nothing was asked for */
export function backOf(span: Span, day: string, now: number): number {
  for (let back = 1; day !== "" && back <= FARTHEST; back++)
    if (dayText(rangeOf(span, back, now).from) === day) return back;
  return 0;
}
