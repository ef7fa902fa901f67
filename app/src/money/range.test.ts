import { expect, test } from "vitest";
import { dayText } from "../format/index.ts";
import { backOf, rangeOf, spans } from "./range.ts";

const at = (iso: string) => Date.parse(`${iso}+07:00`) / 1_000;
const inJakarta = (unix: number) =>
  new Date((unix + 7 * 3_600) * 1_000).toISOString().slice(0, 16).replace("T", " ");
const range = (...given: Parameters<typeof rangeOf>) => {
  const { from, to } = rangeOf(...given);
  return `${inJakarta(from)} to ${inJakarta(to)}`;
};

test("the days of a month, of this one those that have begun", () => {
  const now = at("2026-11-27T00:30:00");
  expect(range("DAY", 0, now)).toBe("2026-11-01 00:00 to 2026-11-28 00:00");
  expect(range("DAY", 1, now)).toBe("2026-10-01 00:00 to 2026-11-01 00:00");
  expect(range("DAY", 11, now)).toBe("2025-12-01 00:00 to 2026-01-01 00:00");
});

test("twelve weeks from a Monday on, this one the last", () => {
  for (const day of ["2026-11-23T00:00:00", "2026-11-29T23:59:59"])
    expect(range("WEEK", 0, at(day))).toBe("2026-09-07 00:00 to 2026-11-30 00:00");
  expect(range("WEEK", 1, at("2026-11-27T12:00:00"))).toBe("2026-06-15 00:00 to 2026-09-07 00:00");
});

test("twelve months, this one the last", () => {
  expect(range("MONTH", 0, at("2026-11-27T12:00:00"))).toBe("2025-12-01 00:00 to 2026-12-01 00:00");
  expect(range("MONTH", 1, at("2026-01-01T00:00:00"))).toBe("2024-02-01 00:00 to 2025-02-01 00:00");
});

test("a range's first day in an address leads back to it, and any other day to the present one", () => {
  const now = at("2026-11-27T12:00:00");
  for (const span of spans)
    for (const back of [0, 1, 2, 30]) {
      const day = dayText(rangeOf(span, back, now).from);
      expect(backOf(span, day, now), `${span} ${day}`).toBe(back);
    }
  expect(dayText(rangeOf("DAY", 1, now).from)).toBe("2026-10-01");
  for (const text of ["", "2026-10-02", "yesterday"]) expect(backOf("DAY", text, now)).toBe(0);
});
