import { expect, test } from "vitest";
import { coveredOf } from "./covered.ts";

const offered = (...wattHours: bigint[]) => wattHours.map((remainingWh) => ({ remainingWh }));
const battery = {
  storedWh: 5_000n,
  capacityWh: 10_000n,
  debtWh: 0n,
  promisedWh: 1_600n,
  offers: offered(1_600n),
};

test("an offer that its battery holds is covered as a whole", () => {
  expect(coveredOf({ remainingWh: 1_600n, battery })).toBe(1_600n);
});

test("of an offer that it does not hold, the rest is what can be had", () => {
  expect(coveredOf({ remainingWh: 1_600n, battery: { ...battery, storedWh: 1_200n } })).toBe(1_200n);
  expect(coveredOf({ remainingWh: 1_600n, battery: { ...battery, storedWh: 0n } })).toBe(0n);
});

test("debt, accepted trades and what is beyond the capacity come off; other offers only compete", () => {
  expect(coveredOf({ remainingWh: 1_600n, battery: { ...battery, debtWh: 4_000n } })).toBe(1_000n);
  expect(coveredOf({ remainingWh: 1_600n, battery: { ...battery, capacityWh: 1_000n } })).toBe(1_000n);
  expect(coveredOf({ remainingWh: 1_600n, battery: { ...battery, promisedWh: 6_000n } })).toBe(600n);
  const two = { ...battery, promisedWh: 6_000n, offers: offered(1_600n, 4_400n) };
  expect(coveredOf({ remainingWh: 1_600n, battery: two })).toBe(1_600n);
  expect(coveredOf({ remainingWh: 4_400n, battery: { ...two, storedWh: 4_000n } })).toBe(4_000n);
});
