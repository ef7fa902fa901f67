import { expect, test } from "vitest";
import { makePower } from "./power.ts";

const registers = { epoch: 1, sequence: 1n, storedWh: 0n };
const at = (timestamp: number, exportWh: bigint, importWh: bigint) => ({
  ...registers,
  timestamp,
  exportWh,
  importWh,
});

/** Fifteen minutes of telemetry at `gridW`, every `step` seconds. */
function shown(gridW: number, step = 5) {
  const power = makePower();
  for (let timestamp = 0; timestamp <= 900; timestamp += step) power.add("home-01", { timestamp, gridW });
  return power;
}

test("registers that count what telemetry shows are in order, five percent or 5 Wh aside", () => {
  expect(shown(2_000).disagrees("home-01", at(0, 0n, 0n), at(900, 0n, 500n))).toBe(false);
  expect(shown(2_000).disagrees("home-01", at(0, 0n, 0n), at(900, 0n, 525n))).toBe(false);
  expect(shown(2_000).disagrees("home-01", at(0, 0n, 0n), at(900, 0n, 526n))).toBe(true);
  expect(shown(-2_000).disagrees("home-01", at(0, 0n, 0n), at(900, 500n, 0n))).toBe(false);
  expect(shown(-2_000).disagrees("home-01", at(0, 0n, 0n), at(900, 0n, 500n))).toBe(true);
  expect(shown(0).disagrees("home-01", at(0, 0n, 0n), at(900, 100n, 105n))).toBe(false);
  expect(shown(0).disagrees("home-01", at(0, 0n, 0n), at(900, 100n, 106n))).toBe(true);
});

test("telemetry that does not cover the time says nothing", () => {
  expect(makePower().disagrees("home-01", at(0, 0n, 0n), at(900, 0n, 9_000n))).toBe(false);
  expect(shown(2_000, 90).disagrees("home-01", at(0, 0n, 0n), at(900, 0n, 9_000n))).toBe(false);
  expect(shown(2_000).disagrees("home-01", at(0, 0n, 0n), at(1_800, 0n, 9_000n))).toBe(false);
  const power = shown(2_000);
  power.disagrees("home-01", at(0, 0n, 0n), at(900, 0n, 500n));
  expect(power.disagrees("home-01", at(0, 0n, 0n), at(900, 0n, 9_000n))).toBe(false);
});
