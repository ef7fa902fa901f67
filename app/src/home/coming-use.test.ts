import { describe, expect, test } from "vitest";
import type { SettledSpan } from "../energy-index/index.ts";
import { comingUse, HOUR } from "./coming-use.ts";

const DAY = 24 * HOUR;
/** A midnight, so that an hour's number is the hour of the day. */
const midnight = 20_000 * DAY;

/** What a meter settled on so many days before `until`, hour by hour. */
function days(
  count: number,
  until: number,
  at: (hour: number) => { exportedWh?: bigint; importedWh?: bigint },
  meterId = "home",
): SettledSpan[] {
  return Array.from({ length: count * 24 }, (_, index) => {
    const start = until - count * DAY + index * HOUR;
    const readAt = start + HOUR;
    return {
      meterId,
      kind: "PROSUMER" as const,
      start,
      exportedWh: 0n,
      importedWh: 0n,
      mintedWh: 0n,
      burnedWh: 0n,
      settlements: 1,
      ...at((start / HOUR) % 24),
      firstReadAt: readAt,
      lastReadAt: readAt,
    };
  });
}

/** 600 Wh in every hour of the day from 8 to 16 o'clock given, 100 Wh in every other one drawn. */
const sunny = (hour: number) => (hour >= 8 && hour < 16 ? { exportedWh: 600n } : { importedWh: 100n });

describe("what a home will draw", () => {
  test("in the evening is what is left of the night, up to the next sun", () => {
    const evening = midnight + 18 * HOUR;
    expect(comingUse(["home"], days(3, evening, sunny), evening)).toBe(1_400n);
  });

  test("at noon is nothing, where the afternoon gives more than the night takes", () => {
    const noon = midnight + 12 * HOUR;
    expect(comingUse(["home"], days(3, noon, sunny), noon)).toBe(0n);
  });

  test("of a home without a roof is a whole day's use, whatever the hour", () => {
    for (const hour of [0, 7, 13, 23]) {
      const now = midnight + hour * HOUR;
      expect(
        comingUse(
          ["home"],
          days(2, now, () => ({ importedWh: 250n })),
          now,
        ),
      ).toBe(6_000n);
    }
  });

  test("holds what was not settled yet", () => {
    const now = midnight + 6 * HOUR;
    expect(
      comingUse(
        ["home"],
        days(2, now - 5 * HOUR, () => ({ importedWh: 100n })),
        now,
      ),
    ).toBe(2_900n);
  });

  test("is the home's, not each meter's: a battery gives at night what it took by day", () => {
    const evening = midnight + 18 * HOUR;
    const battery = (hour: number) => (hour >= 18 ? { exportedWh: 100n } : {});
    const spans = [...days(2, evening, sunny), ...days(2, evening, battery, "battery")];
    expect(comingUse(["home", "battery"], spans, evening)).toBe(800n);
  });

  test("is not known of a home whose history is shorter than a day, missing, or two days old", () => {
    const now = midnight;
    expect(comingUse(["home"], [], now)).toBeUndefined();
    expect(comingUse(["home"], days(1, now, sunny).slice(5), now)).toBeUndefined();
    expect(comingUse(["home"], days(3, now - 3 * DAY, sunny), now)).toBeUndefined();
    expect(comingUse(["home", "new"], days(3, now, sunny), now)).toBeUndefined();
  });

  test("of somebody without a meter is nothing", () => {
    expect(comingUse([], [], midnight)).toBe(0n);
  });
});
