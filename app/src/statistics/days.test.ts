import { expect, test } from "vitest";
import { daysUntil } from "./days.ts";

const at = (time: string) => Date.parse(time) / 1_000;

test("a day of the community begins at midnight in Jakarta, as it does on a household's pages", () => {
  const days = ["2026-11-26T00:00:00+07:00", "2026-11-27T00:00:00+07:00"].map(at);
  // Still the 26th in UTC.
  expect(daysUntil(at("2026-11-27T02:00:00+07:00"), 2)).toEqual(days);
  expect(daysUntil(at("2026-11-27T23:59:59+07:00"), 2)).toEqual(days);
});
