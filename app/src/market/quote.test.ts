import { costOf, MOST_WH, TimeInForce } from "@enerlink/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aroundMiddle,
  type Book,
  depthOf,
  type Funds,
  marketTick,
  mostWh,
  type Order,
  quote,
  reachOf,
} from "./quote.ts";

const book: Book = {
  bids: [
    { tick: 1_300, wattHours: 2_000n },
    { tick: 1_290, wattHours: 5_000n },
  ],
  asks: [
    { tick: 1_310, wattHours: 1_500n },
    { tick: 1_320, wattHours: 4_000n },
  ],
};
const rich: Funds = { trading: 10n ** 15n, wallet: 0n };
const buy = (order: Partial<Order> = {}): Order => ({
  side: "buy",
  tick: 1_320,
  wattHours: 2_000n,
  timeInForce: TimeInForce.GTC,
  ...order,
});

describe("a purchase", () => {
  test("pays the makers' prices and is covered at its limit", () => {
    const got = quote(buy(), book, rich);
    expect(got.filledWh).toBe(2_000n);
    expect(got.filledIdrs).toBe(costOf(1_500n, 1_310) + costOf(500n, 1_320));
    expect(got.neededFunds).toBe(costOf(2_000n, 1_320));
    expect(got.restingWh).toBe(0n);
    expect(got.problem).toBeUndefined();
  });

  test("rests what is not filled, with its money", () => {
    const got = quote(buy({ tick: 1_310 }), book, rich);
    expect([got.filledWh, got.restingWh, got.restingIdrs]).toEqual([1_500n, 500n, costOf(500n, 1_310)]);
  });

  test("gives back a remainder below the minimum", () => {
    const got = quote(buy({ tick: 1_310, wattHours: 1_599n }), book, rich);
    expect([got.filledWh, got.restingWh, got.returnedWh]).toEqual([1_500n, 0n, 99n]);
  });

  test("takes from the trading balance first", () => {
    const needed = costOf(2_000n, 1_320);
    const got = quote(buy(), book, { trading: 1_000n, wallet: needed });
    expect([got.fromTrading, got.fromWallet]).toEqual([1_000n, needed - 1_000n]);
  });

  test("says how much is missing", () => {
    const needed = costOf(2_000n, 1_320);
    expect(quote(buy(), book, { trading: 0n, wallet: needed - 7n }).problem).toEqual({
      kind: "funds",
      missing: 7n,
    });
  });
});

describe("a sale", () => {
  test("goes to the best bid first", () => {
    const got = quote(
      { side: "sell", tick: 1_295, wattHours: 3_000n, timeInForce: TimeInForce.GTC },
      book,
      rich,
    );
    expect([got.filledWh, got.filledIdrs, got.restingWh]).toEqual([2_000n, costOf(2_000n, 1_300), 1_000n]);
  });
});

describe("what the contract refuses", () => {
  test.each([
    [buy({ timeInForce: TimeInForce.FOK, wattHours: 9_000n }), { kind: "unfillable", fillableWh: 5_500n }],
    [buy({ timeInForce: TimeInForce.PostOnly }), { kind: "crosses", tick: 1_310 }],
  ])("%#", (order, problem) => {
    expect(quote(order, book, { trading: 10n ** 30n, wallet: 0n }).problem).toEqual(problem);
  });

  test("an immediate order rests nothing", () => {
    const got = quote(buy({ timeInForce: TimeInForce.IOC, wattHours: 9_000n }), book, rich);
    expect([got.filledWh, got.restingWh, got.returnedWh]).toEqual([5_500n, 0n, 3_500n]);
  });
});

describe("always", () => {
  const levels = fc.array(
    fc.record({ tick: fc.integer({ min: 1, max: 65_535 }), wattHours: fc.bigInt(1n, 10n ** 9n) }),
    {
      maxLength: 8,
    },
  );
  const orders = fc.record({
    side: fc.constantFrom("buy", "sell"),
    tick: fc.integer({ min: 1, max: 65_535 }),
    wattHours: fc.bigInt(1n, 2n ** 32n - 1n),
    timeInForce: fc.constantFrom(0, 1, 2, 3),
  }) as fc.Arbitrary<Order>;

  test("every Wh is filled, rests or comes back, and money covers what is spent", () => {
    fc.assert(
      fc.property(
        orders,
        levels,
        levels,
        fc.bigInt(0n, 10n ** 20n),
        fc.bigInt(0n, 10n ** 20n),
        (order, low, high, trading, wallet) => {
          const bids = low.toSorted((a, b) => b.tick - a.tick);
          const asks = high.toSorted((a, b) => a.tick - b.tick);
          const got = quote(order, { bids, asks }, { trading, wallet });
          expect(got.filledWh + got.restingWh + got.returnedWh).toBe(order.wattHours);
          expect(got.fromTrading + got.fromWallet).toBe(got.neededFunds);
          expect(got.fromTrading <= trading).toBe(true);
          if (order.side === "buy") expect(got.filledIdrs + got.restingIdrs <= got.neededFunds).toBe(true);
          else expect(got.filledIdrs >= costOf(got.filledWh, order.tick)).toBe(true);
        },
      ),
    );
  });

  test("the most that can be afforded is afforded, one Wh more is not", () => {
    fc.assert(
      fc.property(orders, fc.bigInt(0n, 10n ** 18n), fc.bigInt(0n, 10n ** 18n), (order, trading, wallet) => {
        const funds = { trading, wallet };
        const most = mostWh(order.side, order.tick, funds);
        const problem = (wattHours: bigint) =>
          quote({ ...order, wattHours, timeInForce: TimeInForce.GTC }, { bids: [], asks: [] }, funds).problem
            ?.kind;
        fc.pre(most >= 100n);
        expect(problem(most)).toBeUndefined();
        expect(problem(most + 1n)).toBe(most === MOST_WH ? undefined : "funds");
      }),
    );
  });
});

describe("a market order", () => {
  const book = {
    asks: [
      { tick: 1_000, wattHours: 500n },
      { tick: 1_100, wattHours: 500n },
    ],
    bids: [{ tick: 900, wattHours: 300n }],
  };
  test("is limited by the last level that it needs, with five percent of room", () => {
    expect(marketTick("buy", 500n, book)).toBe(1_050);
    expect(marketTick("buy", 501n, book)).toBe(1_155);
    expect(marketTick("buy", 9_000n, book)).toBe(1_155);
    expect(marketTick("sell", 100n, book)).toBe(855);
  });
  test("stays inside the book's range, and needs somebody on the other side", () => {
    expect(marketTick("sell", 100n, { asks: [], bids: [{ tick: 1, wattHours: 1n }] })).toBe(1);
    expect(marketTick("buy", 100n, { asks: [{ tick: 65_535, wattHours: 1n }], bids: [] })).toBe(65_535);
    expect(marketTick("buy", 100n, { asks: [], bids: [] })).toBeUndefined();
  });
});

test("depth adds a side up from its best price", () => {
  expect(
    depthOf([
      { tick: 3, wattHours: 5n },
      { tick: 2, wattHours: 7n },
    ]),
  ).toEqual([
    { tick: 3, wattHours: 5n },
    { tick: 2, wattHours: 12n },
  ]);
});

test("what is drawn lies within a tenth of the middle price", () => {
  const level = (tick: number) => ({ tick, wattHours: 1n });
  expect(
    aroundMiddle({
      bids: [level(990), level(900), level(899)],
      asks: [level(1_010), level(1_100), level(1_101)],
    }),
  ).toEqual({ bids: [level(990), level(900)], asks: [level(1_010), level(1_100)] });
  expect(aroundMiddle({ bids: [level(100), level(89)], asks: [] })).toEqual({ bids: [level(100)], asks: [] });
});

describe("the reach of a picture of the depth", () => {
  const level = (tick: number) => ({ tick, wattHours: 100n });

  test("has the middle between the best prices in its middle, and every level within it", () => {
    for (const book of [
      { bids: [level(1_410)], asks: [level(1_445)] },
      { bids: [level(1_300), level(1_290), level(1_100)], asks: [level(1_310)] },
      { bids: [], asks: [level(1_310), level(1_400)] },
      { bids: [level(900)], asks: [] },
      { bids: [level(1)], asks: [level(2)] },
    ]) {
      const { low, high } = reachOf(book);
      const all = [...book.bids, ...book.asks].map(({ tick }) => tick);
      // A side that ends at the edge of the picture would be a line there.
      expect(low).toBeLessThan(Math.min(...all));
      expect(high).toBeGreaterThan(Math.max(...all));
      const middle = ((book.bids[0] ?? book.asks[0])!.tick + (book.asks[0] ?? book.bids[0])!.tick) / 2;
      expect(Math.abs(low + high - 2 * middle)).toBeLessThanOrEqual(1);
    }
  });
});
