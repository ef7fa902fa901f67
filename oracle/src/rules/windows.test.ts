import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closings, windowEnd } from "./windows.ts";

describe("windows in event time", () => {
  test.each<[string, number | undefined, number, ReturnType<typeof closings>]>([
    ["a first reading inside a window closes nothing", undefined, 901, []],
    [
      "a first reading at an end closes with itself",
      undefined,
      900,
      [{ reading: "current", windowEnd: 900 }],
    ],
    ["inside the same window nothing closes", 901, 1_799, []],
    [
      "beyond the end the previous reading is the window's last",
      1_700,
      1_805,
      [{ reading: "previous", windowEnd: 1_800 }],
    ],
    [
      "exactly at the end the new reading is the window's last",
      1_700,
      1_800,
      [{ reading: "current", windowEnd: 1_800 }],
    ],
    ["what closed with itself does not close again", 1_800, 1_805, []],
    [
      "hourly readings on the hour each close their own",
      3_600,
      7_200,
      [{ reading: "current", windowEnd: 7_200 }],
    ],
    [
      "after a gap both windows close",
      1_700,
      3_600,
      [
        { reading: "previous", windowEnd: 1_800 },
        { reading: "current", windowEnd: 3_600 },
      ],
    ],
  ])("%s", (_name, previous, current, expected) => {
    expect(closings(previous, current, 900)).toEqual(expected);
  });

  test("every window that had a reading is reported once, by its last reading", () => {
    const times = fc.uniqueArray(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(times, fc.integer({ min: 60, max: 1_800 }), (unsorted, interval) => {
        const sorted = unsorted.toSorted((a, b) => a - b);
        const reported = new Map<number, number>();
        sorted.forEach((current, index) => {
          const previous = sorted[index - 1];
          for (const { reading, windowEnd: end } of closings(previous, current, interval)) {
            expect(reported.has(end)).toBe(false);
            reported.set(end, reading === "previous" ? previous! : current);
          }
        });
        const now = sorted.at(-1)!;
        const expected = new Map<number, number>();
        for (const time of sorted) {
          const end = windowEnd(time, interval);
          if (end <= now) expected.set(end, time);
        }
        expect(reported).toEqual(expected);
      }),
    );
  });
});
