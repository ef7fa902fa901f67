import { SkipReason } from "@enerlink/protocol";
import { expect, test } from "vitest";
import { closingProblem, closingWords } from "./closing.ts";

const standing = { timestamp: 1_795_694_400, exportWh: 500n, importWh: 45_600n, epoch: 3 };
const closing = { timestamp: 1_795_694_430, exportWh: 500n, importWh: 45_610n, epoch: 1 };

test("a closing that is unknown is not told as one at 0 kWh", () => {
  expect(closingWords({ ...closing, exportWh: 0n, importWh: 0n, timestamp: 0 })).toBe(
    "its last registers unknown: what was counted since the last settlement is dropped",
  );
  expect(closingWords(closing)).toBe("closing at 0.5 kWh export, 45.61 kWh import, 2026-11-26T12:00:30.000Z");
});

test.each<[number, string]>([
  [
    SkipReason.Stale,
    "--at 2026-11-26T12:00:30.000Z: is not 60 s after the last settlement (0.5 kWh export, 45.6 kWh import at 2026-11-26T12:00:00.000Z); the earliest that is taken is 2026-11-26T12:01:00.000Z",
  ],
  [SkipReason.Future, "--at 2026-11-26T12:00:30.000Z: is later than the chain's time"],
  [SkipReason.Decreasing, "are below the last settlement's, 0.5 kWh export, 45.6 kWh import"],
  [SkipReason.Impossible, "are more than the connection carries since the last settlement"],
  [SkipReason.WrongEpoch, "--epoch 1: the old epoch is 3"],
  [SkipReason.BeforeEpoch, "is before epoch 3 began"],
  [SkipReason.NotActiveYet, "is before epoch 3 began"],
])("a refused closing (reason %i) names the option that is wrong", (reason, words) => {
  expect(closingProblem(reason, closing, standing)).toContain(words);
});

test("what no option changes is left to the contract's own words", () => {
  expect(closingProblem(SkipReason.Suspended, closing, standing)).toBeUndefined();
});
