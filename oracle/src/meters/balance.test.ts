import { expect, test } from "vitest";
import { imbalance } from "./balance.ts";

const flow = (exportWh: bigint, importWh: bigint) => ({ exportWh, importWh });
const homes = [flow(1_000n, 0n), flow(0n, 4_000n), flow(200n, 300n)];

test("a head meter that counts the other side is in balance, losses and whole Wh included", () => {
  expect(imbalance(flow(3_100n, 0n), homes)).toEqual({ wattHours: 0n, tooFar: false });
  // Five percent of 5,500 Wh, and two Wh for each of four meters.
  expect(imbalance(flow(3_100n + 283n, 0n), homes)).toEqual({ wattHours: 283n, tooFar: false });
  expect(imbalance(flow(3_100n + 284n, 0n), homes).tooFar).toBe(true);
  expect(imbalance(flow(3_100n - 284n, 0n), homes).tooFar).toBe(true);
});

test("energy that only the meters count, or only the head, is found", () => {
  expect(imbalance(flow(0n, 0n), [flow(500n, 0n)])).toEqual({ wattHours: 500n, tooFar: true });
  expect(imbalance(flow(500n, 0n), [flow(0n, 0n)])).toEqual({ wattHours: 500n, tooFar: true });
});
