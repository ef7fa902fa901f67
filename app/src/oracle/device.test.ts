import { describe, expect, test } from "vitest";
import { type Device, powerOf } from "./device.ts";

const device = (change: Partial<Device>): Device => ({
  meterId: "home-02",
  state: "online",
  lastHeard: null,
  access: "full",
  firmware: null,
  hold: null,
  commands: [],
  telemetry: { solarW: 3_000, homeW: 800, batteryW: 0, gridW: -2_200, chargePercent: 0 },
  ...change,
});
const battery = device({
  meterId: "battery-01",
  telemetry: { solarW: 0, homeW: 0, batteryW: -1_500, gridW: 1_500, chargePercent: 67 },
});

describe("a household's power", () => {
  test("is the sum over its meters and still balances", () => {
    const power = powerOf([device({}), battery])!;
    expect(power).toEqual({ solarW: 3_000, homeW: 800, batteryW: -1_500, gridW: -700, chargePercent: 67 });
    expect(power.solarW + power.batteryW + power.gridW).toBe(power.homeW);
  });

  test("leaves out what has gone silent", () => {
    expect(powerOf([device({}), { ...battery, state: "offline" }])).toEqual(device({}).telemetry);
    expect(powerOf([device({ state: "lost" })])).toBeUndefined();
    expect(powerOf([device({ telemetry: null })])).toBeUndefined();
    expect(powerOf([])).toBeUndefined();
  });
});
