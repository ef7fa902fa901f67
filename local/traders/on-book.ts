/** What the homes and the utility do on the order book. */
import { energyMarketAbi, Side } from "@enerlink/protocol";
import { encodeFunctionData } from "viem";
import type { Hand, Trader } from "./hand.ts";
import type { Ledger } from "./ledger.ts";
import { type HomeState, type Plan, planPurchase, planQuotes, planSale } from "./policy.ts";

const MAX_STEPS = 50;

type StateOf = (home: Trader) => Promise<HomeState>;

export function makeOnBook(hand: Hand, ledger: Ledger, homes: Trader[], utility: Trader, stateOf: StateOf) {
  async function carryOut(trader: Trader, { cancel, place }: Plan): Promise<void> {
    const calls = [
      ...cancel.map((orderId) =>
        encodeFunctionData({ abi: energyMarketAbi, functionName: "cancelOrder", args: [orderId] }),
      ),
      ...place.map(({ side, tick, wattHours, timeInForce }) =>
        encodeFunctionData({
          abi: energyMarketAbi,
          functionName: "placeOrder",
          args: [side, tick, Number(wattHours), timeInForce, MAX_STEPS],
        }),
      ),
    ];
    await hand.sendAll(trader, "trade on the book", calls);
  }

  /** What the grid's meter has minted goes where book and neighbourhood can take it. */
  async function stock(): Promise<void> {
    const wattHours = await hand.walletEnergy(utility.wallet.address);
    if (wattHours === 0n) return;
    const args = [wattHours, 0n] as const;
    const data = encodeFunctionData({ abi: energyMarketAbi, functionName: "deposit", args });
    await hand.sendAll(utility, "deposit its energy", [data]);
  }

  /** Surplus goes to the book; the utility quotes. */
  async function sell(): Promise<void> {
    await stock();
    await ledger.follow();
    const sellers = await hand.residents(homes);
    const states = await Promise.all(sellers.map(stateOf));
    const asks = ledger.book(Side.Ask);
    const plans = sellers.map((home, index) => [home, planSale(states[index]!, asks)] as const);
    const quotes = planQuotes(
      utility.wallet.address,
      await hand.freeEnergy(utility.wallet.address),
      ledger.orders.values(),
    );
    await Promise.all([...plans, [utility, quotes] as const].map(([trader, plan]) => carryOut(trader, plan)));
  }

  /** Homes in debt buy; who decides first changes from round to round. */
  async function buy(round: number): Promise<void> {
    await ledger.follow();
    const turn = await hand.residents(homes.map((_, index) => homes[(index + round) % homes.length]!));
    const states = await Promise.all(turn.map(stateOf));
    const asks = ledger.book(Side.Ask).map((order) => ({ ...order }));
    const bids = ledger.book(Side.Bid);
    const plans = turn.map((home, index) => [home, planPurchase(states[index]!, asks, bids)] as const);
    await Promise.all(plans.map(([home, plan]) => carryOut(home, plan)));
  }

  return { stock, sell, buy };
}
