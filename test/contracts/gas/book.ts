/** What the order book's operations cost among many resting orders. */

import { energyMarketAbi, Side, TimeInForce } from "@enerlink/protocol";
import { type Address, encodeFunctionData, type Hash, type Hex, parseEventLogs } from "viem";
import type { MarketSystem } from "../market/system.ts";

/** How many orders rest in the book besides those that are measured. */
export const DEPTHS = [10, 1_000, 10_000];

const MAKERS = 100;
const STEPS = 1_000;
/** As many calls as fit below the gas of one transaction (16,777,216), on prices never used before. */
const CALLS_A_TRANSACTION = 150;
/** Where it is measured: better than the asks and worse than the bids that make the book deep. */
const TICK = 1_000;
const [BEST_BID, WORST_ASK, DEEP_PRICES] = [500, 20_000, 500];

/** Gas by operation, one figure for each depth. */
export async function measureBook({ market, client, actor, fund }: MarketSystem) {
  const figures = new Map<string, bigint[]>();
  const note = (operation: string, gas: bigint) =>
    figures.set(operation, [...(figures.get(operation) ?? []), gas]);

  /** @returns the gas of the whole transaction and the ids of the orders that it left in the book */
  async function run(transaction: Promise<Hash>): Promise<{ gas: bigint; ids: bigint[] }> {
    const { gasUsed, logs, status } = await client.getTransactionReceipt({ hash: await transaction });
    if (status !== "success") throw new Error("a measured transaction reverted");
    const placed = parseEventLogs({ abi: energyMarketAbi, logs, eventName: "OrderPlaced" });
    return { gas: gasUsed, ids: placed.map(({ args }) => args.orderId) };
  }

  const accounts: Address[] = [];
  for (let index = 0; index < MAKERS + 2; index++) {
    const account = await actor(index);
    await fund(account, 10_000_000n, 10n ** 16n);
    accounts.push(account);
  }
  const [taker, deep, ...makers] = accounts as [Address, Address, ...Address[]];

  const ask = (account: Address, tick: number) =>
    run(market.write.placeOrder([Side.Ask, tick, 200, TimeInForce.GTC, STEPS], { account }));
  const bid = (account: Address, tick: number) =>
    run(market.write.placeOrder([Side.Bid, tick, 200, TimeInForce.GTC, STEPS], { account }));
  const cancel = async (account: Address, id: bigint) =>
    (await run(market.write.cancelOrder([id], { account }))).gas;
  /** Buys up to `limit`: only what asks at or below it hold. */
  const take = async (wattHours: number, limit = TICK) =>
    (
      await run(
        market.write.placeOrder([Side.Bid, limit, wattHours, TimeInForce.IOC, STEPS], { account: taker }),
      )
    ).gas;

  /** An ask of 200 Wh of each of the first `count` makers, one after the other at the same price. */
  async function queue(count: number): Promise<{ gas: bigint; ids: bigint[] }[]> {
    const orders = [];
    for (const maker of makers.slice(0, count)) orders.push(await ask(maker, TICK));
    return orders;
  }

  /** Many calls of one account in few transactions. @returns the ids of the orders placed */
  async function batch(account: Address, calls: Hex[]): Promise<bigint[]> {
    const ids: bigint[] = [];
    for (let first = 0; first < calls.length; first += CALLS_A_TRANSACTION) {
      const part = calls.slice(first, first + CALLS_A_TRANSACTION);
      ids.push(...(await run(market.write.multicall([part], { account }))).ids);
    }
    return ids;
  }
  const placeCall = (side: Side, tick: number) =>
    encodeFunctionData({
      abi: energyMarketAbi,
      functionName: "placeOrder",
      args: [side, tick, 100, TimeInForce.GTC, 0],
    });
  const cancelCall = (id: bigint) =>
    encodeFunctionData({ abi: energyMarketAbi, functionName: "cancelOrder", args: [id] });

  const hundredAndOne = () =>
    batch(
      deep,
      Array.from({ length: 101 }, () => placeCall(Side.Ask, TICK)),
    );

  async function makeDeep(from: number, to: number): Promise<void> {
    const calls: Hex[] = [];
    for (let order = from; order < to; order++) {
      const price = Math.floor(order / 2) % DEEP_PRICES;
      calls.push(
        order % 2 === 0 ? placeCall(Side.Ask, WORST_ASK - 5 * price) : placeCall(Side.Bid, BEST_BID - price),
      );
    }
    await batch(deep, calls);
  }

  async function placing(unusedTick: number, unusedBandTick: number): Promise<void> {
    const unused = await ask(makers[0]!, unusedTick);
    note("place, unused price", unused.gas);
    note("cancel, the only order at its price", await cancel(makers[0]!, unused.ids[0]!));
    const unusedBand = await ask(makers[0]!, unusedBandTick);
    note("place, unused price and band of 256 prices", unusedBand.gas);
    note("cancel, the only order in its band", await cancel(makers[0]!, unusedBand.ids[0]!));

    const placed = await queue(MAKERS);
    note("place, emptied price", placed[0]!.gas);
    note("place, resting", placed[50]!.gas);
    const hundred = await take(200 * MAKERS);
    note("take 100 orders", hundred);
    const overStale = await bid(makers[0]!, TICK + 5);
    note("place, where the best orders of the other side were taken before", overStale.gas);
    await cancel(makers[0]!, overStale.ids[0]!);
    const sum = placed.reduce((all, { gas }) => all + gas, hundred);
    note("place + share of a take of 100, maker paid", sum / BigInt(MAKERS));
  }

  async function taking(): Promise<void> {
    await queue(2);
    note("take part of an order", await take(100));
    await take(300);
    await queue(2);
    note("take one order", await take(200));
    note("take one order, the last of several at its price", await take(200));
    await queue(1);
    const only = await take(200);
    note("take one order, the only one at its price", only);

    await queue(11);
    const ten = await take(2_000);
    note("take 10 orders", ten);
    await take(200);
    await queue(12);
    note("each further maker", (await take(2_200)) - ten);
    await take(200);

    for (let level = 0; level < 10; level++) await ask(makers[level]!, TICK + level);
    const levels = await take(2_000, TICK + 9);
    note("take 10 price levels", levels);
    note("each further price level", (levels - only) / 9n);

    const entries = await hundredAndOne();
    // The head last: a cancelled head leaves the queue at once.
    await batch(deep, entries.slice(0, 100).reverse().map(cancelCall));
    note("take one order behind 99 cancelled ones", await take(100));
  }

  async function cancelling(): Promise<void> {
    // `taking` left a queue whose orders were all cancelled.
    const [first, middle, , last] = await queue(4);
    note("place, where cancelled orders were", middle!.gas);
    note("cancel, middle of its price", await cancel(makers[1]!, middle!.ids[0]!));
    note("cancel, last of its price", await cancel(makers[3]!, last!.ids[0]!));
    note("cancel, first of its price", await cancel(makers[0]!, first!.ids[0]!));
    await take(200);
    const [one, two] = [await bid(makers[0]!, BEST_BID + 1), await bid(makers[1]!, BEST_BID + 1)];
    note("cancel, first of its price, a bid", await cancel(makers[0]!, one.ids[0]!));
    await cancel(makers[1]!, two.ids[0]!);
  }

  // The words at `TICK` and around are in use from here on, and both sides and the band are never empty.
  await ask(deep, TICK + 20);
  for (let level = 0; level < 10; level++) await ask(makers[level]!, TICK + level);
  await take(2_000, TICK + 9);
  await queue(MAKERS);
  await take(200 * MAKERS);
  await cancel(makers[0]!, (await bid(makers[0]!, TICK + 5)).ids[0]!);

  let resting = 0;
  for (const [index, depth] of DEPTHS.entries()) {
    await makeDeep(resting, depth);
    resting = depth;
    // Other orders than the next ones, in every word of the queue: cancelled ones leave nothing there.
    await hundredAndOne();
    await take(101 * 100);
    await placing(TICK - 50 - 50 * index, 6_000 + 300 * index);
    await taking();
    await cancelling();
  }
  return figures;
}
