/** What balances and the offer board cost. */

import { Side, TimeInForce } from "@enerlink/protocol";
import type { Address } from "viem";
import { CELL, type MarketSystem } from "../market/system.ts";

const PRICE = 1_400_000;

/** Gas by operation. */
export async function measureBoard(system: MarketSystem) {
  const { market, gasOf } = system;
  const figures = new Map<string, bigint[]>();
  const note = (operation: string, gas: bigint) => figures.set(operation, [gas]);

  async function balances(): Promise<void> {
    const account = await system.actor(1_000);
    await system.give(account, 1_000_000n, 10n ** 12n);
    note("deposit ETK, the account's first", await gasOf(market.write.deposit([1_000n, 0n], { account })));
    note("deposit ETK", await gasOf(market.write.deposit([1_000n, 0n], { account })));
    await gasOf(market.write.deposit([0n, 1_000n], { account }));
    note("deposit ETK and IDRS", await gasOf(market.write.deposit([1_000n, 1_000n], { account })));
    const other = await system.actor(1_004);
    await gasOf(market.write.depositFor([other, 1n, 1n], { account }));
    const both = [other, 1_000n, 1_000n] as const;
    note("deposit ETK and IDRS for another account", await gasOf(market.write.depositFor(both, { account })));
    note("withdraw ETK", await gasOf(market.write.withdraw([1_000n, 0n], { account })));
    note("withdraw ETK and IDRS", await gasOf(market.write.withdraw([1_000n, 1_000n], { account })));
    const order = [Side.Ask, 1_015, 10_000, TimeInForce.GTC, 10] as const;
    note("place, ETK pulled from the wallet", await gasOf(market.write.placeOrder(order, { account })));
  }

  async function offers(): Promise<void> {
    const [seller, buyer, anyone] = (await Promise.all(
      [1_001, 1_002, 1_003].map((index) => system.actor(index)),
    )) as [Address, Address, Address];
    for (const account of [seller, buyer]) await system.fund(account, 1_000_000n, 10n ** 15n);
    const battery = await system.addBattery("battery-1", seller, 1_000_000n);
    const offer = async () => {
      const now = await system.now();
      const terms = [battery, 10_000, PRICE, CELL, now, now + 86_400] as const;
      return gasOf(market.write.createOffer(terms, { account: seller }));
    };
    const request = async () => {
      const { availableTo } = await market.read.offer([2n]);
      return gasOf(market.write.requestTrade([2n, 1_000, PRICE, availableTo], { account: buyer }));
    };
    const accept = (id: bigint) => gasOf(market.write.acceptTrade([id], { account: seller }));
    const deliver = (id: bigint, wattHours: number) =>
      gasOf(market.write.deliver([id, wattHours], { account: anyone }));

    await offer();
    note("create offer", await offer());
    await request();
    note("request trade", await request());
    note("accept trade, the battery's first", await accept(1n));
    note("accept trade", await accept(2n));
    await request();
    note("reject trade", await gasOf(market.write.rejectTrade([3n], { account: seller })));
    await request();
    note("cancel trade", await gasOf(market.write.cancelTrade([4n], { account: buyer })));
    await system.settle(battery, 5_000n, 995_000n);
    note("deliver part", await deliver(1n, 400));
    note("deliver the rest", await deliver(1n, 600));
    note("rate trade", await gasOf(market.write.rateTrade([1n, 5], { account: buyer })));
    note("close trade, early by the seller", await gasOf(market.write.closeTrade([2n], { account: seller })));
    const until = (await system.now()) + 3_600;
    const update = (wattHours: number) =>
      gasOf(market.write.updateOffer([2n, wattHours, PRICE, until], { account: seller }));
    note("update offer, less", await update(5_000));
    note("update offer, more", await update(6_000));
    note("cancel offer", await gasOf(market.write.cancelOffer([2n], { account: seller })));
    await system.wait(86_400);
    note("close offer, expired", await gasOf(market.write.closeOffer([1n], { account: anyone })));
  }

  await balances();
  await offers();
  return figures;
}
