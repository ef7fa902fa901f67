import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Home, homePower, loadHomes } from "./homes.ts";
import { withOwnBattery } from "./own-battery.ts";

/** A day of a home that counts these Wh an hour: export above zero, import below. */
function homeOf(hourly: number[]): Home {
  let exportWh = 1_000n;
  let importWh = 2_000n;
  const hours = [{ exportWh, importWh }];
  for (const wattHours of hourly) {
    if (wattHours > 0) exportWh += BigInt(wattHours);
    else importWh -= BigInt(wattHours);
    hours.push({ exportWh, importWh });
  }
  return { serial: "home", hours };
}

const hourlyOf = ({ hours }: Home): number[] =>
  hours
    .slice(1)
    .map(
      ({ exportWh, importWh }, index) =>
        Number(exportWh - hours[index]!.exportWh) - Number(importWh - hours[index]!.importWh),
    );

describe("a battery behind a home's meter", () => {
  test("takes surplus, gives 24 of 25 Wh back when the home needs it, and the meter counts the rest", () => {
    const home = homeOf([1_000, 3_000, -500, -2_000, -400]);
    const battery = { capacityWh: 5_000, powerW: 2_500 };
    // 1,000 and 2,500 Wh go in, 960 and 2,400 of them come out again.
    expect(hourlyOf(withOwnBattery(home, battery))).toEqual([0, 500, 0, 0, 0]);
    expect(hourlyOf(withOwnBattery(home, { capacityWh: 1_920, powerW: 2_500 }))).toEqual([
      0, 2_000, 0, -580, -400,
    ]);
  });

  test("never counts down, never gives more than it took, never moves more than its power", () => {
    const hourly = fc.array(fc.integer({ min: -9_000, max: 9_000 }), { minLength: 1, maxLength: 60 });
    const options = fc.record({
      capacityWh: fc.integer({ min: 1, max: 20_000 }),
      powerW: fc.integer({ min: 1, max: 5_000 }),
    });
    fc.assert(
      fc.property(hourly, options, (given, battery) => {
        const counted = hourlyOf(withOwnBattery(homeOf(given), battery));
        let [taken, returned] = [0, 0];
        for (const [index, before] of given.entries()) {
          const moved = before - counted[index]!;
          expect(Math.abs(moved)).toBeLessThanOrEqual(battery.powerW);
          // Towards zero, never beyond.
          expect(before * counted[index]! >= 0 && Math.abs(counted[index]!) <= Math.abs(before)).toBe(true);
          if (moved > 0) taken += moved;
          else returned -= moved;
        }
        expect(returned * 25).toBeLessThanOrEqual(taken * 24);
      }),
    );
  });

  test("shows power that balances with it, on a recorded home", async () => {
    const [home] = await loadHomes();
    const own = withOwnBattery(home!, { capacityWh: 5_000, powerW: 2_500 });
    let moved = 0;
    for (let index = 0; index < 48; index++) {
      const { solarW, homeW, gridW, batteryW, chargePercent } = homePower(own, index, 1_200);
      expect(homeW).toBe(solarW + batteryW + gridW);
      expect({ solarW, homeW }).toEqual({
        solarW: homePower(home!, index, 1_200).solarW,
        homeW: homePower(home!, index, 1_200).homeW,
      });
      expect(chargePercent).toBeGreaterThanOrEqual(0);
      expect(chargePercent).toBeLessThanOrEqual(100);
      moved += Math.abs(batteryW);
    }
    expect(moved).toBeGreaterThan(0);
  });
});
