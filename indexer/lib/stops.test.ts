import { expect, test } from "vitest";
import { batteryStoppedFor, stoppedBetween } from "./stops.ts";

const stands = { stoppedFor: 300n, stoppedSince: 0n };
const runs = { stoppedFor: 300n, stoppedSince: 1_000n };

test("a battery's clock runs with the market's, or with the time while its meter is stopped itself", () => {
  const settled = { stopsBase: 50n, stopped: false };
  expect(batteryStoppedFor(settled, stands, 1_500n)).toBe(350n);
  expect(batteryStoppedFor(settled, runs, 1_500n)).toBe(850n);
  const alone = { stopsBase: 50n, stopped: true };
  expect(batteryStoppedFor(alone, stands, 1_500n)).toBe(1_550n);
  expect(batteryStoppedFor(alone, runs, 1_500n)).toBe(1_550n);
});

test("it comes round after 194 days, and what lies between two times does not notice", () => {
  const round = 1n << 24n;
  const late = { stopsBase: round - 10n, stopped: false };
  const before = batteryStoppedFor(late, { stoppedFor: 0n, stoppedSince: 1_000n }, 1_000n);
  const after = batteryStoppedFor(late, { stoppedFor: 0n, stoppedSince: 1_000n }, 1_030n);
  expect([before, after]).toEqual([round - 10n, 20n]);
  expect(stoppedBetween(before, after)).toBe(30n);
});
