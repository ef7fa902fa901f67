import { describe, expect, test } from "vitest";
import { powerOf } from "./device.ts";

type Heard = Parameters<typeof powerOf>[0][number];
const device = (change: Partial<Heard>): Heard => ({
  meterId: "home-02",
  state: "online",
  telemetry: { solarW: 3_000, homeW: 800, batteryW: 0, gridW: -2_200, chargePercent: 0 },
  ...change,
});
const battery = device({
  meterId: "battery-01",
  telemetry: { solarW: 0, homeW: 0, batteryW: -1_500, gridW: 1_500, chargePercent: 67 },
});

describe("a household's power", () => {
  test("is the sum over its meters and still balances", () => {
    const { power } = powerOf([device({}), battery]);
    expect(power).toEqual({ solarW: 3_000, homeW: 800, batteryW: -1_500, gridW: -700, chargePercent: 67 });
    expect(power!.solarW + power!.batteryW + power!.gridW).toBe(power!.homeW);
  });

  test("is not known while one of them is silent, and that one is named", () => {
    expect(powerOf([device({}), { ...battery, state: "offline" }])).toEqual({
      power: undefined,
      silent: ["battery-01"],
    });
    expect(powerOf([device({ state: "lost" })])).toEqual({ power: undefined, silent: ["home-02"] });
  });

  test("is not known to who may not see it, or has no meter", () => {
    expect(powerOf([device({ telemetry: null }), battery])).toEqual({ power: undefined, silent: [] });
    expect(powerOf([])).toEqual({ power: undefined, silent: [] });
  });

  test("has no one charge where there are several batteries", () => {
    expect(powerOf([battery, battery]).power?.chargePercent).toBeUndefined();
    expect(powerOf([device({})]).power?.chargePercent).toBe(0);
  });
});
