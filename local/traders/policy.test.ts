import { Side, TimeInForce } from "@enerlink/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OpenOrder } from "./ledger.ts";
import {
  FEED_IN_TICK,
  type HomeState,
  PATIENCE_WH,
  planPurchase,
  planQuotes,
  planSale,
  RESERVE_WH,
  RETAIL_TICK,
} from "./policy.ts";

const me = "0x0000000000000000000000000000000000000001";
const other = "0x0000000000000000000000000000000000000002";
const utility = "0x0000000000000000000000000000000000000003";

let nextId = 1n;
const order = (owner: `0x${string}`, side: Side, tick: number, wattHours: bigint): OpenOrder => ({
  id: nextId++,
  owner,
  side,
  tick,
  wattHours,
});
const ask = (owner: `0x${string}`, tick: number, wattHours: bigint) =>
  order(owner, Side.Ask, tick, wattHours);
const bid = (owner: `0x${string}`, tick: number, wattHours: bigint) =>
  order(owner, Side.Bid, tick, wattHours);
const home = (state: Partial<HomeState>): HomeState => ({
  address: me,
  freeWh: 0n,
  owedWh: 0n,
  ceilingTick: RETAIL_TICK - 5,
  ...state,
});

describe("a home with surplus", () => {
  test("asks a step under the best ask for all that it does not owe", () => {
    const plan = planSale(home({ freeWh: 1_500n, owedWh: 300n }), [ask(other, 1_300, 100n)]);
    expect(plan.place).toEqual([
      { side: Side.Ask, tick: 1_295, wattHours: 1_200n, timeInForce: TimeInForce.GTC },
    ]);
  });

  test("never asks below the feed-in price, and nothing below the minimum order", () => {
    expect(planSale(home({ freeWh: 500n }), [ask(other, FEED_IN_TICK, 1n)]).place[0]?.tick).toBe(
      FEED_IN_TICK,
    );
    expect(planSale(home({ freeWh: 99n }), []).place).toEqual([]);
  });
});

describe("a home that owes", () => {
  const utilityAsk = () => ask(utility, RETAIL_TICK, 100_000n);

  test("buys what neighbours ask up to what it is willing to pay, and bids for the rest", () => {
    const asks = [ask(other, 1_200, 300n), ask(other, 1_440, 5_000n), utilityAsk()];
    const plan = planPurchase(home({ owedWh: 800n }), asks, [bid(utility, FEED_IN_TICK, 100_000n)]);
    expect(plan.place).toEqual([
      { side: Side.Bid, tick: 1_200, wattHours: 300n, timeInForce: TimeInForce.IOC },
      { side: Side.Bid, tick: 1_170, wattHours: 500n, timeInForce: TimeInForce.GTC },
    ]);
    expect(asks[0]?.wattHours).toBe(0n);
  });

  test("pays retail for what is beyond its patience only", () => {
    const plan = planPurchase(home({ owedWh: PATIENCE_WH + 500n }), [utilityAsk()], []);
    expect(plan.place).toEqual([
      { side: Side.Bid, tick: RETAIL_TICK, wattHours: 500n, timeInForce: TimeInForce.IOC },
      { side: Side.Bid, tick: RETAIL_TICK - 5, wattHours: PATIENCE_WH, timeInForce: TimeInForce.GTC },
    ]);
  });

  test("takes its own asks back instead of trading with itself", () => {
    const own = ask(me, 1_200, 400n);
    const plan = planPurchase(home({ owedWh: 1_000n }), [own, ask(other, 1_210, 600n)], []);
    expect(plan.cancel).toEqual([own.id]);
    expect(plan.place).toEqual([
      { side: Side.Bid, tick: 1_210, wattHours: 600n, timeInForce: TimeInForce.IOC },
    ]);
  });

  test("lets a bid stand that is still right, and replaces one that is not", () => {
    const standing = bid(me, 1_170, 500n);
    expect(planPurchase(home({ owedWh: 500n }), [], [standing])).toEqual({ cancel: [], place: [] });
    expect(planPurchase(home({}), [], [standing])).toEqual({ cancel: [standing.id], place: [] });
  });

  test("never buys more than it owes, nor over retail", () => {
    const asks = fc.array(
      fc.record({
        owner: fc.constantFrom(me, other, utility),
        tick: fc.integer({ min: 1, max: 2_000 }),
        wattHours: fc.bigInt(0n, 5_000n),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(asks, fc.bigInt(0n, 50_000n), (entries, owedWh) => {
        const side = entries
          .map(({ owner, tick, wattHours }) => ask(owner as `0x${string}`, tick, wattHours))
          .sort((a, b) => a.tick - b.tick);
        const { place } = planPurchase(home({ owedWh }), side, []);
        expect(place.reduce((sum, { wattHours }) => sum + wattHours, 0n)).toBeLessThanOrEqual(owedWh);
        for (const { tick, wattHours } of place) {
          expect(tick).toBeLessThanOrEqual(RETAIL_TICK);
          expect(wattHours).toBeGreaterThanOrEqual(100n);
        }
      }),
    );
  });
});

test("the utility quotes both sides, tops up what is half gone, and keeps a reserve", () => {
  expect(planQuotes(utility, 200_000n, []).place).toEqual([
    { side: Side.Bid, tick: FEED_IN_TICK, wattHours: 100_000n, timeInForce: TimeInForce.GTC },
    { side: Side.Ask, tick: RETAIL_TICK, wattHours: 100_000n, timeInForce: TimeInForce.GTC },
  ]);
  const standing = [bid(utility, FEED_IN_TICK, 60_000n), ask(utility, RETAIL_TICK, 40_000n)];
  expect(planQuotes(utility, RESERVE_WH + 20_000n, standing).place).toEqual([
    { side: Side.Ask, tick: RETAIL_TICK, wattHours: 20_000n, timeInForce: TimeInForce.GTC },
  ]);
  expect(planQuotes(utility, RESERVE_WH, standing).place).toEqual([]);
  expect(planQuotes(utility, 0n, standing).place).toEqual([]);
});
