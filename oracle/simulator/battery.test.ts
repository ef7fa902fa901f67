import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeBattery } from "./battery.ts";

const options = { serial: "battery-01", capacityWh: 13_500, powerW: 5_000, storedWh: 5_000 };

describe("a battery", () => {
  test("charges at midday, gives some back in the evening, and keeps its reserve", () => {
    const battery = makeBattery(options);
    battery.advance(9, 0);
    expect(battery.registers()).toEqual({ exportWh: 0n, importWh: 0n, storedWh: 5_000n });
    battery.advance(15, 0);
    expect(battery.registers().storedWh).toBe(13_500n);
    battery.advance(23, 0);
    expect(battery.registers().storedWh).toBeGreaterThanOrEqual(8_100n);
    expect(battery.registers().exportWh).toBeGreaterThan(4_000n);
  });

  test("a commanded discharge moves exactly what was asked for to the export register", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 5_000n), fc.nat(30 * 3_600), (wattHours, start) => {
        const battery = makeBattery(options);
        battery.advance(0, start);
        const before = battery.registers().exportWh;
        battery.discharge("one", wattHours);
        let second = start;
        while (!battery.advance(0, ++second).includes("one"));
        expect(battery.registers().exportWh - before).toBe(wattHours);
        // At 5 kW, give or take the second in which it ends.
        expect(second - start).toBeLessThanOrEqual(Number((wattHours * 3_600n) / 5_000n) + 2);
      }),
      { numRuns: 30 },
    );
  });

  test("never counts down, never holds more than fits, and never gives out what it did not take in", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 50 }), (steps) => {
        const battery = makeBattery(options);
        let second = 0;
        let before = battery.registers();
        for (const step of steps) {
          second += step;
          battery.advance(0, second);
          const after = battery.registers();
          expect(after.exportWh >= before.exportWh && after.importWh >= before.importWh).toBe(true);
          expect(after.storedWh <= 13_500n).toBe(true);
          expect(after.exportWh + after.storedWh <= after.importWh + 5_000n).toBe(true);
          before = after;
        }
      }),
    );
  });

  test("what it owes to one discharge it does not promise to another", () => {
    const battery = makeBattery(options);
    battery.discharge("one", 4_000n);
    expect(battery.availableWh()).toBe(1_000n);
    battery.advance(0, 60);
    expect(battery.availableWh()).toBe(1_000n);
    battery.cancel("one");
    expect(battery.availableWh()).toBe(battery.registers().storedWh);
  });
});
