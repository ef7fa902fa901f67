import fc from "fast-check";
import { expect, test } from "vitest";
import { makeFees } from "./fees.ts";

const GWEI = 10n ** 9n;

test("a fee is fair at first: twice the base fee and a tip", () => {
  expect(makeFees({ baseFee: () => 7n * GWEI, highest: undefined }).fair()).toEqual({
    maxFee: 15n * GWEI,
    priorityFee: GWEI,
  });
});

test("a raise replaces the transaction at any node, follows the chain, and ends at the limit", () => {
  const fee = fc.bigInt({ min: 0n, max: 10_000n * GWEI });
  fc.assert(
    fc.property(fee, fc.option(fee, { nil: undefined }), (baseFee, highest) => {
      const fees = makeFees({ baseFee: () => baseFee, highest });
      let offered = fees.fair();
      for (let times = 0; times < 100; times++) {
        expect(offered.priorityFee).toBeLessThanOrEqual(offered.maxFee);
        if (highest !== undefined) expect(offered.maxFee).toBeLessThanOrEqual(highest);
        const next = fees.raised(offered);
        if (!next) return;
        expect(next.maxFee * 10n).toBeGreaterThanOrEqual(offered.maxFee * 11n);
        expect(next.priorityFee * 10n).toBeGreaterThanOrEqual(offered.priorityFee * 11n);
        expect(next.maxFee).toBeGreaterThanOrEqual(fees.fair().maxFee);
        offered = next;
      }
      throw new Error("raised without end");
    }),
  );
});
