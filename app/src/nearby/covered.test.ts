import { expect, test } from "vitest";
import { coveredOf, missingOf } from "./covered.ts";

const battery = { storedWh: 5_000n, capacityWh: 10_000n, debtWh: 0n, promisedWh: 1_600n };
const of = (change: Partial<typeof battery>, remainingWh = 1_600n) =>
  coveredOf({ remainingWh, battery: { ...battery, ...change } });

test("an offer can be had as a whole while its battery holds all that it promises", () => {
  expect(of({})).toBe(1_600n);
  expect(of({ promisedWh: 5_000n })).toBe(1_600n);
  expect(missingOf(battery)).toBe(0n);
});

test("of a battery that promises more than it holds nothing can be had: its seller could accept no request", () => {
  expect(of({ promisedWh: 5_001n })).toBe(0n);
  expect(of({ storedWh: 1_200n })).toBe(0n);
  // As it was found: 3.74, 1.35 and 6.1 kWh offered, 9.11 stored, and every request refused by the contract.
  expect(of({ storedWh: 9_112n, promisedWh: 11_201n, capacityWh: 13_500n }, 1_350n)).toBe(0n);
  expect(missingOf({ ...battery, storedWh: 9_112n, promisedWh: 11_201n })).toBe(2_089n);
});

test("debt, and what is beyond the capacity, is not held", () => {
  expect(of({ debtWh: 3_400n })).toBe(1_600n);
  expect(of({ debtWh: 3_401n })).toBe(0n);
  expect(of({ capacityWh: 1_000n })).toBe(0n);
});
