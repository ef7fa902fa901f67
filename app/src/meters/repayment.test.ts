import { MOST_WH, TimeInForce } from "@enerlink/protocol";
import { expect, test } from "vitest";
import { dearerOf, repaymentOf } from "./repayment.ts";

const book = {
  bids: [],
  asks: [
    { tick: 1_300, wattHours: 400n },
    { tick: 1_400, wattHours: 5_000n },
  ],
};
const money = { trading: 1_000_000_000n, wallet: 50_000_000_000n };

test("what is owned repays all of it", () => {
  expect(repaymentOf(2_000n, 2_000n, money, book)).toEqual({ kind: "repay", wattHours: 2_000n });
  expect(repaymentOf(2_000n, 9_000n, money, book)).toEqual({ kind: "repay", wattHours: 2_000n });
});

test("what is missing is bought at once, all of it or nothing, and all is repaid", () => {
  expect(repaymentOf(2_000n, 500n, money, book)).toEqual({
    kind: "buy",
    // 1,400 and a twentieth, for what happens until it is mined.
    order: { side: "buy", tick: 1_470, wattHours: 1_500n, timeInForce: TimeInForce.FOK },
    // 400 Wh at 1,300, and the rest at 1,400.
    idrs: 2_060_000_000n,
    mostIdrs: 2_205_000_000n,
    wattHours: 2_000n,
  });
});

test("less than an order's minimum is bought as that, and no more is repaid than is owed", () => {
  expect(repaymentOf(40n, 0n, money, book)).toMatchObject({
    kind: "buy",
    order: { wattHours: 100n, tick: 1_365 },
    wattHours: 40n,
  });
});

test("more than one order may buy is repaid as far as that goes", () => {
  const deep = { bids: [], asks: [{ tick: 1, wattHours: 2n * MOST_WH }] };
  expect(repaymentOf(2n * MOST_WH, 0n, { trading: 0n, wallet: 10n ** 30n }, deep)).toMatchObject({
    kind: "buy",
    wattHours: MOST_WH,
  });
});

test("without money that is said, and how much; what is owned repays its part all the same", () => {
  const poor = { trading: 0n, wallet: 1_000_000n };
  expect(repaymentOf(400n, 0n, poor, book)).toEqual({ kind: "money", missing: 545_000_000n });
  expect(repaymentOf(400n, 150n, poor, book)).toEqual({ kind: "repay", wattHours: 150n });
});

test("nothing is said to be repaid where nobody sells as much", () => {
  expect(repaymentOf(400n, 0n, money, { bids: [], asks: [] })).toEqual({ kind: "nobody", wattHours: 400n });
  expect(repaymentOf(9_000n, 0n, money, book)).toEqual({ kind: "nobody", wattHours: 9_000n });
});

test("what is dearer than the utility is told before it is bought", () => {
  const repayment = repaymentOf(2_000n, 0n, money, book);
  // 400 Wh at 1,300 and 1,600 Wh at 1,400.
  expect(dearerOf(repayment, 1_300)).toEqual({ price: 1_380_000n, more: 80_000n });
  expect(dearerOf(repayment, 1_380)).toBeUndefined();
  expect(dearerOf(repaymentOf(2_000n, 2_000n, money, book), 1)).toBeUndefined();
});
