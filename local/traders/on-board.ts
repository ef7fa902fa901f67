/** What the homes do on the offer board: battery owners sell what is stored, their neighbours ask for it. */
import { energyMarketAbi, meterId, meterRegistryAbi } from "@enerlink/protocol";
import { encodeFunctionData } from "viem";
import type { Market } from "../wallet.ts";
import type { Hand, Trader } from "./hand.ts";
import type { Ledger, OpenOffer, OpenTrade } from "./ledger.ts";
import { type HomeState, planOffer, planRequest } from "./policy.ts";

/** Not a day: a replay of whole days would end in the moment in which all offers run out. */
const OFFER_SECONDS = 36 * 3_600;
/** A home asks only for offers that last this much longer, so that the battery has time to discharge; seconds. */
const TIME_TO_DELIVER = 6 * 3_600;

const isOpen = (offer: OpenOffer, now: number) => offer.remainingWh > 0n && offer.availableTo > now;

/** Battery owners offer what is stored, and accept what is requested. */
export function makeSellers({ client, deployment }: Market, hand: Hand, ledger: Ledger, homes: Trader[]) {
  const { energyMarket, meterRegistry } = deployment.contracts;
  const batteries = homes.flatMap((owner) =>
    owner.battery === undefined ? [] : [{ owner, serial: owner.battery }],
  );

  /** Ends the battery's offers that time has ended, and offers what is stored and not promised. */
  async function offerBattery(owner: Trader, serial: string, rank: number, now: number): Promise<void> {
    const id = meterId(serial);
    const own = [...ledger.offers.values()].filter((offer) => offer.batteryId === id && !offer.ended);
    const over = own.filter((offer) => offer.availableTo <= now);
    const calls = over.map((offer) =>
      encodeFunctionData({ abi: energyMarketAbi, functionName: "closeOffer", args: [offer.id] }),
    );
    const [[, , debtWh, storedWh], meter, promisedWh] = await Promise.all([
      hand.settled(serial),
      client.readContract({
        address: meterRegistry,
        abi: meterRegistryAbi,
        functionName: "meter",
        args: [id],
      }),
      client.readContract({
        address: energyMarket,
        abi: energyMarketAbi,
        functionName: "promised",
        args: [id],
      }),
    ]);
    const usableWh = storedWh < meter.capacityWh ? storedWh : meter.capacityWh;
    const freedWh = over.reduce((sum, offer) => sum + offer.remainingWh, 0n);
    const coveredWh = usableWh - debtWh - (promisedWh - freedWh);
    const offer = planOffer(
      coveredWh,
      own.some((one) => isOpen(one, now)),
      rank,
    );
    if (offer) {
      const period = [now, now + OFFER_SECONDS] as const;
      const args = [id, Number(offer.wattHours), offer.price, meter.h3Cell, ...period] as const;
      calls.push(encodeFunctionData({ abi: energyMarketAbi, functionName: "createOffer", args }));
    }
    await hand.sendAll(owner, "offer its battery", calls);
  }

  async function accept(trade: OpenTrade): Promise<void> {
    const seller = ledger.offers.get(trade.offerId)?.seller;
    const owner = homes.find(({ wallet }) => wallet.address === seller);
    if (!owner) return;
    const data = encodeFunctionData({ abi: energyMarketAbi, functionName: "acceptTrade", args: [trade.id] });
    await hand.sendAll(owner, "accept a request", [data]);
  }

  /** Battery owners offer what is stored. `now`: chain time, unix seconds. */
  async function offer(now: number): Promise<void> {
    await ledger.follow();
    await Promise.all(batteries.map(({ owner, serial }, rank) => offerBattery(owner, serial, rank, now)));
  }

  /** Battery owners accept what was requested. */
  async function acceptRequests(): Promise<void> {
    await ledger.follow();
    await Promise.all([...ledger.trades.values()].filter((trade) => !trade.accepted).map(accept));
  }

  return { offer, acceptRequests };
}

/** Homes without a battery ask for a part of the cheapest offer. */
export function makeBuyers(
  { client, deployment }: Market,
  hand: Hand,
  ledger: Ledger,
  homes: Trader[],
  stateOf: (home: Trader) => Promise<HomeState>,
) {
  const { energyMarket } = deployment.contracts;

  /** Takes back the money of own requests that nobody answered or delivered in time; true while one is still open. */
  async function hasOpenTrade(home: Trader, now: number): Promise<boolean> {
    const own = [...ledger.trades.values()].filter((trade) => trade.buyer === home.wallet.address);
    const trades = await Promise.all(
      own.map(({ id }) =>
        client.readContract({
          address: energyMarket,
          abi: energyMarketAbi,
          functionName: "trade",
          args: [id],
        }),
      ),
    );
    const late = own.filter((trade, index) => {
      const { answerBy, deliverBy } = trades[index]!;
      return now > (trade.accepted ? deliverBy : answerBy);
    });
    const calls = late.map(({ id }) =>
      encodeFunctionData({ abi: energyMarketAbi, functionName: "closeTrade", args: [id] }),
    );
    await hand.sendAll(home, "close a late trade", calls);
    return late.length < own.length;
  }

  async function request(home: Trader, now: number): Promise<void> {
    if (await hasOpenTrade(home, now)) return;
    const [cheapest] = [...ledger.offers.values()]
      .filter((offer) => isOpen(offer, now + TIME_TO_DELIVER))
      .sort((a, b) => a.price - b.price);
    if (!cheapest) return;
    const wattHours = planRequest(await stateOf(home), cheapest.remainingWh);
    if (wattHours === 0n) return;
    // Reserved here, so that the next home in this round does not ask for the same energy.
    cheapest.remainingWh -= wattHours;
    const args = [cheapest.id, Number(wattHours), cheapest.price, cheapest.availableTo] as const;
    const data = encodeFunctionData({ abi: energyMarketAbi, functionName: "requestTrade", args });
    await hand.sendAll(home, "request stored energy", [data]);
  }

  async function requestOffers(now: number): Promise<void> {
    await ledger.follow();
    for (const home of await hand.residents(homes)) if (home.battery === undefined) await request(home, now);
  }

  return { requestOffers };
}
