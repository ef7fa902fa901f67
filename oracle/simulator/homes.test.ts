import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Home, homePower, loadHomes, registersAt } from "./homes.ts";

let homes: Home[];
beforeAll(async () => {
  homes = await loadHomes();
});

describe("recorded homes", () => {
  test("are ten, with an hour more than 28 days", () => {
    expect(homes.map((home) => home.serial)).toEqual(
      Array.from({ length: 10 }, (_, index) => `home-${String(index + 1).padStart(2, "0")}`),
    );
    for (const home of homes) expect(home.hours).toHaveLength(28 * 24 + 1);
  });

  test("show the recorded value on the hour, and never count down between or beyond", () => {
    for (const home of homes) {
      for (const [index, recorded] of home.hours.entries())
        expect(registersAt(home, index, 0)).toEqual(recorded);
    }
    const moment = fc.record({
      home: fc.nat(9),
      second: fc.nat(3 * 672 * 3_600),
      later: fc.integer({ min: 1, max: 9_000 }),
    });
    fc.assert(
      fc.property(moment, ({ home, second, later }) => {
        const at = (time: number) => registersAt(homes[home]!, Math.floor(time / 3_600), time % 3_600);
        const before = at(second);
        const after = at(second + later);
        expect(after.exportWh >= before.exportWh && after.importWh >= before.importWh).toBe(true);
      }),
    );
  });

  test("repeat the record with the hours of the day kept", () => {
    const home = homes[0]!;
    const first = home.hours[0]!;
    const last = home.hours.at(-1)!;
    expect(registersAt(home, 672 + 13, 0).exportWh).toBe(
      last.exportWh + home.hours[13]!.exportWh - first.exportWh,
    );
  });

  test("power balances at every moment", () => {
    for (const home of homes) {
      for (let index = 0; index < 48; index++) {
        const { solarW, homeW, gridW } = homePower(home, index, 1_200);
        expect(homeW).toBe(solarW + gridW);
        expect(solarW).toBeGreaterThanOrEqual(0);
        expect(homeW).toBeGreaterThanOrEqual(0);
      }
    }
  });
});
