import { expect, test } from "vitest";
import { type Interval, intervals, startOf } from "./spans.ts";

test("a span begins at a multiple of its length, a week on Monday", () => {
  const time = BigInt(Date.parse("2026-11-26T13:47:31Z")) / 1_000n;
  const starts = (Object.keys(intervals) as Interval[]).map((interval) => [
    interval,
    new Date(Number(startOf(interval, time)) * 1_000).toISOString(),
  ]);
  expect(starts).toEqual([
    ["MINUTE", "2026-11-26T13:47:00.000Z"],
    ["FIVE_MINUTES", "2026-11-26T13:45:00.000Z"],
    ["QUARTER_HOUR", "2026-11-26T13:45:00.000Z"],
    ["HOUR", "2026-11-26T13:00:00.000Z"],
    ["DAY", "2026-11-26T00:00:00.000Z"],
    ["WEEK", "2026-11-23T00:00:00.000Z"],
  ]);
  expect(startOf("WEEK", startOf("WEEK", time))).toBe(startOf("WEEK", time));
  expect(startOf("WEEK", 0n)).toBe(-3n * 86_400n);
});
