import fc from "fast-check";
import { expect, test } from "vitest";
import { planReplay, timestampOf } from "./record.ts";

const RECORDED = 673;

test("every recorded hour keeps its hour of the day in Jakarta", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_700_000_000, max: 2_000_000_000 }),
      fc.integer({ min: 1, max: 28 }),
      (now, days) => {
        const record = planReplay(now, days, RECORDED);
        expect(now - record.lastTimestamp).toBeLessThan(3_600);
        expect(record.lastHour).toBeLessThan(RECORDED);
        expect(record.lastHour).toBeGreaterThanOrEqual(RECORDED - 24);
        for (const index of [record.firstHour, record.lastHour]) {
          const wib = new Date((timestampOf(record, index) + 7 * 3_600) * 1_000);
          expect([wib.getUTCHours(), wib.getUTCMinutes()]).toEqual([index % 24, 0]);
        }
      },
    ),
  );
});

test("the market's hour may be another than Jakarta's: the record then ends at that one", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_700_000_000, max: 2_000_000_000 }),
      fc.integer({ min: 1, max: 28 }),
      fc.integer({ min: 0, max: 23 }),
      (now, days, hour) => {
        const record = planReplay(now, days, RECORDED, hour);
        expect(now - record.lastTimestamp).toBeLessThan(3_600);
        expect(record.lastTimestamp % 3_600).toBe(0);
        expect(record.lastHour % 24).toBe(hour);
        expect(record.lastHour).toBeGreaterThanOrEqual(RECORDED - 24);
        expect(record.lastHour).toBeLessThan(RECORDED);
      },
    ),
  );
});

test("seven days are 168 hours; 28 days are all that is recorded up to this hour of the day", () => {
  const now = Date.UTC(2026, 10, 21, 19, 30) / 1_000; // 02.30 WIB
  expect(planReplay(now, 7, RECORDED)).toMatchObject({ firstHour: 650 - 168, lastHour: 650 });
  expect(planReplay(now, 28, RECORDED)).toMatchObject({ firstHour: 0, lastHour: 650 });
});
