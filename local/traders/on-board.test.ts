import { energyMarketAbi, meterId } from "@enerlink/protocol";
import { decodeFunctionData } from "viem";
import { describe, expect, test } from "vitest";
import { homes } from "../accounts.ts";
import type { Market } from "../wallet.ts";
import type { Hand, Trader } from "./hand.ts";
import type { Ledger, OpenOffer, OpenTrade } from "./ledger.ts";
import { makeBuyers, makeSellers } from "./on-board.ts";

const NOW = 1_800_000_000;
const BATTERY = "battery-01";
const trader = (index: number, battery?: string) =>
  ({ wallet: { address: homes[index]!.account.address }, serials: [], battery }) as unknown as Trader;
const [owner, first, second] = [trader(0, BATTERY), trader(1), trader(2)];

const offerOf = (id: bigint, remainingWh: bigint): OpenOffer => ({
  id,
  seller: owner.wallet.address,
  batteryId: meterId(BATTERY),
  remainingWh,
  price: 1_400_000,
  availableTo: NOW + 86_400,
  ended: false,
});

/** A market in which the battery holds and promises so much, Wh; what is sent is kept. */
function market({
  storedWh,
  promisedWh,
  offers = [],
  trades = [],
}: {
  storedWh: bigint;
  promisedWh: bigint;
  offers?: OpenOffer[];
  trades?: OpenTrade[];
}) {
  const sent: string[] = [];
  const answers: Record<string, unknown> = {
    meter: { capacityWh: 13_500n, h3Cell: 1n },
    promised: promisedWh,
    trade: { answerBy: NOW + 900, deliverBy: NOW + 900 },
  };
  const deployment = { contracts: { energyMarket: "0x", meterRegistry: "0x" } };
  const client = {
    readContract: async ({ functionName }: { functionName: string }) => answers[functionName],
  };
  const hand = {
    settled: async () => [0n, 0n, 0n, storedWh, NOW],
    residents: async (all: Trader[]) => all,
    sendAll: async (_: Trader, __: string, calls: `0x${string}`[]) => {
      for (const data of calls) {
        const { functionName, args } = decodeFunctionData({ abi: energyMarketAbi, data });
        sent.push(`${functionName} ${args[0]} ${args[1] ?? ""}`.replace(meterId(BATTERY), BATTERY).trim());
      }
    },
  } as unknown as Hand;
  const ledger = {
    offers: new Map(offers.map((offer) => [offer.id, offer])),
    trades: new Map(trades.map((trade) => [trade.id, trade])),
    follow: async () => {},
  } as unknown as Ledger;
  return { market: { client, deployment } as unknown as Market, hand, ledger, sent };
}

const pending = { id: 7n, offerId: 1n, buyer: first.wallet.address, wattHours: 500n, accepted: false };

describe("a battery's owner", () => {
  test("leaves an offer alone that the battery covers, and accepts what is asked of it", async () => {
    const {
      market: at,
      hand,
      ledger,
      sent,
    } = market({
      storedWh: 4_000n,
      promisedWh: 4_000n,
      offers: [offerOf(1n, 4_000n)],
      trades: [pending],
    });
    const sellers = makeSellers(at, hand, ledger, [owner]);
    await sellers.offer(NOW);
    await sellers.answerRequests();
    expect(sent).toEqual(["acceptTrade 7"]);
  });

  test("takes offers back that nobody could have anything of, and offers what is stored", async () => {
    const {
      market: at,
      hand,
      ledger,
      sent,
    } = market({
      storedWh: 9_112n,
      promisedWh: 11_201n,
      offers: [offerOf(1n, 3_740n), offerOf(2n, 6_100n)],
    });
    await makeSellers(at, hand, ledger, [owner]).offer(NOW);
    // What is promised besides stays promised: 11,201 less the two offers.
    expect(sent).toEqual(["cancelOffer 1", "cancelOffer 2", `createOffer ${BATTERY} 7751`]);
  });

  test("refuses a request that the battery does not cover, instead of leaving it unanswered", async () => {
    const {
      market: at,
      hand,
      ledger,
      sent,
    } = market({
      storedWh: 3_000n,
      promisedWh: 4_000n,
      offers: [offerOf(1n, 4_000n)],
      trades: [pending],
    });
    await makeSellers(at, hand, ledger, [owner]).answerRequests();
    expect(sent).toEqual(["rejectTrade 7"]);
  });
});

test("what homes ask for in one round they share, and the ledger still says what is left of the offer", async () => {
  const offer = offerOf(1n, 3_000n);
  const {
    market: at,
    hand,
    ledger,
    sent,
  } = market({ storedWh: 3_000n, promisedWh: 3_000n, offers: [offer] });
  const stateOf = async ({ wallet: { address } }: Trader) => ({
    address,
    freeWh: 0n,
    owedWh: 2_000n,
    ceilingTick: 1_400,
  });
  await makeBuyers(at, hand, ledger, [first, second], stateOf).requestOffers(NOW);
  expect(sent).toEqual(["requestTrade 1 2000", "requestTrade 1 1000"]);
  expect(offer.remainingWh).toBe(3_000n);
});
