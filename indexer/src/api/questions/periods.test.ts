import { describe, expect, test } from "vitest";
import {
  begunBy,
  checkTimeZone,
  type EnergySpan,
  lengthOf,
  MOST_PERIODS,
  periodsOf,
  type StatementSpan,
  startsAround,
  startsOf,
} from "./periods.ts";

const seconds = (iso: string) => BigInt(Date.parse(iso) / 1_000);
const periods = (from: string, to: string, timeZone: string, span: EnergySpan | StatementSpan, slot = 900n) =>
  periodsOf({ from: seconds(from), to: seconds(to), timeZone }, span, slot);
const starts = (...asked: Parameters<typeof periods>) =>
  periods(...asked).map(({ localStart }) => localStart);

test("periods to come are none, the one that goes on is", () => {
  const all = periods("2026-11-26T00:00:00Z", "2026-11-30T00:00:00Z", "UTC", "DAY");
  expect(begunBy(all[2]!.start, all)).toEqual(all.slice(0, 3));
  expect(begunBy(all[2]!.start - 1n, all)).toEqual(all.slice(0, 2));
  expect(begunBy(0n, all)).toEqual([]);
});

test("a range that does not say when it begins holds no more periods than are answered", () => {
  const end = seconds("2026-11-28T08:00:29Z");
  for (const slot of [60n, 201n, 202n, 900n]) {
    const range = { from: end - lengthOf(7n, slot), to: end, timeZone: "UTC" };
    expect(periodsOf(range, "SLOT", slot).length, String(slot)).toBeLessThanOrEqual(MOST_PERIODS);
  }
  expect([lengthOf(7n), lengthOf(7n, 900n), lengthOf(7n, 60n)]).toEqual([604_800n, 604_800n, 2_999n * 60n]);
});

describe("whole days and weeks around a range", () => {
  const around = (from: string, to: string, timeZone: string, span: "DAY" | "WEEK") =>
    startsAround({ from: seconds(from), to: seconds(to), timeZone }, span).map((start) =>
      new Date(Number(start) * 1_000).toISOString().slice(0, 16),
    );

  test("begin at midnight there, the first before the range, the last behind it", () => {
    expect(around("2026-11-26T10:00:00Z", "2026-11-27T20:00:00Z", "Asia/Jakarta", "DAY")).toEqual([
      "2026-11-25T17:00",
      "2026-11-26T17:00",
      "2026-11-27T17:00",
      "2026-11-28T17:00",
    ]);
    expect(around("2026-11-26T17:00:00Z", "2026-11-27T17:00:00Z", "Asia/Jakarta", "DAY")).toEqual([
      "2026-11-26T17:00",
      "2026-11-27T17:00",
    ]);
    // A Monday.
    expect(around("2026-11-26T10:00:00Z", "2026-11-26T11:00:00Z", "Asia/Jakarta", "WEEK")).toEqual([
      "2026-11-22T17:00",
      "2026-11-29T17:00",
    ]);
  });

  test("are as long as they are there, and no zone has no days", () => {
    expect(around("2026-10-24T23:00:00Z", "2026-10-26T23:00:00Z", "Europe/Berlin", "DAY")).toEqual([
      "2026-10-24T22:00",
      "2026-10-25T23:00",
      "2026-10-26T23:00",
    ]);
    expect(() => checkTimeZone("Mars")).toThrow("timeZone must be the name of a time zone");
    expect(() => around("2026-10-24T23:00:00Z", "2026-10-26T23:00:00Z", "Mars", "DAY")).toThrow("timeZone");
  });
});

describe("periods", () => {
  test("of days begin at midnight where one lives; the range cuts the first and the last", () => {
    const found = periods("2026-11-26T10:00:00Z", "2026-11-27T20:00:00Z", "Asia/Jakarta", "DAY");
    expect(found).toEqual([
      {
        start: seconds("2026-11-26T10:00:00Z"),
        end: seconds("2026-11-26T17:00:00Z"),
        localStart: "2026-11-26T17:00:00+07:00",
      },
      {
        start: seconds("2026-11-26T17:00:00Z"),
        end: seconds("2026-11-27T17:00:00Z"),
        localStart: "2026-11-27T00:00:00+07:00",
      },
      {
        start: seconds("2026-11-27T17:00:00Z"),
        end: seconds("2026-11-27T20:00:00Z"),
        localStart: "2026-11-28T00:00:00+07:00",
      },
    ]);
    expect(startsOf(found.slice(0, 2))).toBe(`{${found[0]!.start},${found[1]!.start}}`);
  });

  test("end where the next begins, and hold what lies between from and to, once", () => {
    for (const span of ["SLOT", "HOUR", "DAY", "WEEK", "MONTH", "ALL"] as const) {
      const found = periods("2026-03-27T22:31:00Z", "2026-04-07T05:17:00Z", "Europe/Berlin", span);
      expect(found[0]!.start).toBe(seconds("2026-03-27T22:31:00Z"));
      expect(found.at(-1)!.end).toBe(seconds("2026-04-07T05:17:00Z"));
      for (const [i, { start }] of found.slice(1).entries()) expect(found[i]!.end).toBe(start);
    }
  });

  test("of a day with another length than 24 hours are as long as that day", () => {
    const [spring] = periods("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "Europe/Berlin", "DAY");
    expect(spring!.end - spring!.start).toBe(23n * 3_600n);
    expect(starts("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "Europe/Berlin", "HOUR")).toHaveLength(23);
    expect(starts("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "Europe/Berlin", "HOUR")).toHaveLength(25);
  });

  test("of weeks begin on Monday, of months on the first, of hours on the hour even in a zone with half of one", () => {
    expect(starts("2026-11-27T00:00:00Z", "2026-12-09T00:00:00Z", "UTC", "WEEK")).toEqual([
      "2026-11-27T00:00:00+00:00",
      "2026-11-30T00:00:00+00:00",
      "2026-12-07T00:00:00+00:00",
    ]);
    expect(starts("2026-01-31T00:00:00Z", "2026-03-02T00:00:00Z", "UTC", "MONTH")).toEqual([
      "2026-01-31T00:00:00+00:00",
      "2026-02-01T00:00:00+00:00",
      "2026-03-01T00:00:00+00:00",
    ]);
    expect(starts("2026-11-26T18:30:00Z", "2026-11-26T20:30:00Z", "Asia/Kolkata", "HOUR")).toEqual([
      "2026-11-27T00:00:00+05:30",
      "2026-11-27T01:00:00+05:30",
    ]);
  });

  test("of slots are multiples of the slot's length, in any zone", () => {
    expect(starts("2026-11-26T10:05:00Z", "2026-11-26T10:30:00Z", "Asia/Kathmandu", "SLOT")).toEqual([
      "2026-11-26T15:50:00+05:45",
      "2026-11-26T16:00:00+05:45",
    ]);
    expect(starts("2026-11-26T10:00:00Z", "2026-11-26T11:00:00Z", "UTC", "SLOT")).toHaveLength(4);
  });

  test("are refused by the field that is wrong", () => {
    const refused = (...asked: Parameters<typeof periods>) => expect(() => periods(...asked));
    const [from, to] = ["2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"];
    refused(from, to, "Jakarta", "DAY").toThrow("timeZone must be the name of a time zone");
    refused(to, from, "UTC", "DAY").toThrow("from must be before to");
    refused(from, from, "UTC", "ALL").toThrow("from must be before to");
    refused("1970-01-01T00:00:00Z", to, "UTC", "DAY").toThrow(`at most ${MOST_PERIODS} periods`);
    expect(() => periodsOf({ from: 0n, to: 10n ** 15n, timeZone: "UTC" }, "ALL")).toThrow("year 9999");
    expect(() => periodsOf({ from: 0n, to: 10n ** 12n, timeZone: "UTC" }, "MONTH")).toThrow("year 9999");
  });
});
