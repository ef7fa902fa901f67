import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Closing, closings, settledBy, slotClosings, slotEndOf, windowEnd } from "./windows.ts";

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
            expect(reported.has(end!)).toBe(false);
            reported.set(end!, reading === "previous" ? previous! : current);
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

describe("a slotted meter's windows", () => {
  const slots = { length: 900, tolerance: 120 };
  const at = (windowEnd: number | undefined): Closing[] => [{ reading: "current", windowEnd }];

  test.each<[string, number | undefined, number, ReturnType<typeof slotClosings>]>([
    ["the first reading after a slot's end is taken for it", 890, 903, at(900)],
    ["also the first that was ever heard", undefined, 903, at(900)],
    ["also exactly at the end", 890, 900, at(900)],
    ["and at the end of the tolerance", 890, 1_020, at(900)],
    ["each one within the tolerance may be the slot's", 903, 913, at(900)],
    ["where none came in time, the next one is settled for no slot", 890, 1_021, at(undefined)],
    ["once", 1_021, 1_031, []],
    ["and none after one that came in time", 903, 1_021, []],
    ["in the middle of a slot nothing closes", 1_021, 1_799, []],
    ["nor with the first that was ever heard", undefined, 1_500, []],
    ["a gap of several slots ends with the last one's", 890, 2_705, at(2_700)],
    ["or in the middle of it", 890, 3_000, at(undefined)],
  ])("%s", (_name, previous, current, expected) => {
    expect(slotClosings(previous, current, slots)).toEqual(expected);
  });

  test("are read as the contract reads them: from the end on, up to the tolerance", () => {
    const settings = fc.record({
      length: fc.integer({ min: 60, max: 86_400 }),
      tolerance: fc.integer({ min: 0, max: 59 }),
    });
    fc.assert(
      fc.property(settings, fc.integer({ min: 1, max: 2 ** 32 }), (given, time) => {
        const ends = [0, 1].map((step) => (Math.floor(time / given.length) + step) * given.length);
        // SlotPool: `timestamp - slotEnd <= TOLERANCE` without a sign.
        const contract = ends.filter((end) => time - end >= 0 && time - end <= given.tolerance);
        expect(slotEndOf(time, given)).toBe(contract[0]);
      }),
    );
  });
});

test("a report is superfluous from its own time on, or from the end of the slot that it is for", () => {
  expect(settledBy({ windowEnd: 900, reading: { timestamp: 880 } })).toBe(880);
  expect(settledBy({ windowEnd: 900, reading: { timestamp: 907 } })).toBe(900);
});
