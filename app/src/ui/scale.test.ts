import { expect, test } from "vitest";
import { placeOf, stepFor, ticksOf } from "./scale.ts";

test("an axis has round steps, and at most three on its longer side", () => {
  expect([0n, 1n, 4n, 31n, 900n, 1_501n, 3_000_000_001n].map(stepFor)).toEqual([
    1n,
    1n,
    2n,
    20n,
    500n,
    1_000n,
    2_000_000_000n,
  ]);
});

test("lines stand on both sides of zero as far as there is something", () => {
  expect(ticksOf(0n, 900n)).toEqual([0n, 500n, 1_000n]);
  expect(ticksOf(300n, 900n)).toEqual([-500n, 0n, 500n, 1_000n]);
  expect(ticksOf(1_200n, 0n)).toEqual([-1_500n, -1_000n, -500n, 0n]);
  expect(ticksOf(0n, 0n)).toEqual([0n]);
});

test("a value is drawn in proportion", () => {
  expect(placeOf(0n, -500n, 1_500n)).toBe(25);
  expect(placeOf(7n, 7n, 7n)).toBe(50);
});
