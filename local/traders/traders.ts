/** Carries out the homes', the battery owners' and the utility's policies with transactions of their own. */
import { energyMarketAbi } from "@enerlink/protocol";
import type { People } from "../people.ts";
import type { Market } from "../wallet.ts";
import { makeHand, type Trader } from "./hand.ts";
import { makeLedger } from "./ledger.ts";
import { makeBuyers, makeSellers } from "./on-board.ts";
import { makeOnBook } from "./on-book.ts";
import { ceilingTick, type HomeState } from "./policy.ts";

export type { Trader } from "./hand.ts";

export type Traders = ReturnType<typeof makeTraders>;

/** @param options.people who is asked before anything is done for an account */
export function makeTraders(
  market: Market,
  homes: Trader[],
  utility: Trader,
  { offersEnabled, people }: { offersEnabled: boolean; people: People },
) {
  const { client, deployment } = market;
  const { energyMarket } = deployment.contracts;
  const ledger = makeLedger(market, utility.wallet.address);
  const hand = makeHand(market, ledger, people);

  async function stateOf(home: Trader): Promise<HomeState> {
    const { address } = home.wallet;
    return { address, ...(await hand.standing(home)), ceilingTick: ceilingTick(homes.indexOf(home)) };
  }

  const book = makeOnBook(hand, ledger, homes, utility, stateOf);
  const sellers = makeSellers(market, hand, ledger, homes);
  const buyers = makeBuyers(market, hand, ledger, homes, stateOf);

  /**
   * One round of everybody's decisions.
   * @param now the chain's time, unix seconds
   * @param block resolves when what was sent is mined
   */
  async function round(number: number, now: () => number, block: () => Promise<unknown>): Promise<void> {
    await book.sell();
    if (offersEnabled) await sellers.offer(now());
    await block();
    if (offersEnabled) await buyers.requestOffers(now());
    await block();
    if (offersEnabled) await sellers.answerRequests();
    await book.buy(number);
    await block();
  }

  /** Wh of accepted trades that the chain would pay right now, which the oracle is about to deliver. */
  async function deliverable(): Promise<bigint> {
    await ledger.follow();
    const accepted = [...ledger.trades.values()].filter((trade) => trade.accepted);
    const amounts = await Promise.all(
      accepted.map((trade) =>
        client.readContract({
          address: energyMarket,
          abi: energyMarketAbi,
          functionName: "deliverable",
          args: [trade.id],
        }),
      ),
    );
    return amounts.reduce((sum, amount) => sum + amount, 0n);
  }

  return { round, stock: book.stock, deliverable, ledger };
}
