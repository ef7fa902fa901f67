import { expect, test } from "vitest";
import { approvalNote, outcomeOf } from "./outcome.ts";

const order = { side: "buy", wattHours: 1_250n, tick: 2_500n, timeInForce: "GTC", maxSteps: 100 } as const;

test("the worst case is called that, and what is met at once, and what rests", () => {
  expect(outcomeOf(order, { orderId: 7n, filledWh: 250n }, 0n)).toEqual({
    effect:
      "Buys up to 1.25 kWh at 2500 IDR/kWh or less, all of it for 3125 IDR at most: 0.25 kWh at once; 1 kWh rest in the book",
    result: {
      orderId: "7",
      filledAmount: "0.25",
      restingAmount: "1",
      returnedAmount: "0",
      ownAmount: "0",
    },
  });
  const sold = outcomeOf({ ...order, side: "sell" }, { orderId: 0n, filledWh: 1_250n }, 0n);
  expect(sold.effect).toBe(
    "Sells up to 1.25 kWh at 2500 IDR/kWh or more, all of it for 3125 IDR at least: 1.25 kWh at once",
  );
});

test("a match with oneself is announced", () => {
  const { effect, result } = outcomeOf(order, { orderId: 0n, filledWh: 1_250n }, 500n);
  expect([effect, result.ownAmount]).toEqual([
    expect.stringContaining("1.25 kWh at once; 0.5 kWh of that from the sender's own orders"),
    "0.5",
  ]);
});

test.each([
  [
    { maxSteps: 0 },
    0n,
    "does nothing as the book stands; with maxSteps 0 an order that crosses the book is neither filled nor rests",
  ],
  [
    { timeInForce: "IOC" },
    0n,
    "does nothing as the book stands; 1.25 kWh would not be filled and are returned",
  ],
  [{ timeInForce: "IOC" }, 250n, "0.25 kWh at once; 1 kWh would not be filled and are returned"],
  [
    { maxSteps: 3 },
    250n,
    "0.25 kWh at once; it stops after maxSteps, 3, and returns 1 kWh, though more crosses",
  ],
  [{}, 1_200n, "1.2 kWh at once; 0.05 kWh are returned, less than an order may hold"],
])("what does not rest is returned, and why: %o, %i Wh filled", (change, filledWh, words) => {
  const { effect, result } = outcomeOf({ ...order, ...change }, { orderId: 0n, filledWh }, 0n);
  expect(effect.slice(effect.indexOf(": ") + 2)).toBe(words);
  expect(Number(result.returnedAmount) * 1_000).toBe(1_250 - Number(filledWh));
});

test.each([
  [500n, 0n, 500n, ""],
  [500n, 600n, 0n, ""],
  [500n, 200n, 300n, ""],
  [
    500n,
    200n,
    299n,
    ". It cannot be delivered before the seller approves the market for 0.3 kWh of ETK (so far 0.299 kWh): POST /api/v1/trading/approve",
  ],
])(
  "who promises %i Wh with %i free and %i approved is told what is missing",
  (wattHours, free, allowed, note) => {
    expect(approvalNote(wattHours, free, allowed)).toBe(note);
  },
);
