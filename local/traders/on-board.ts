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

/** Battery owners offer what is stored, and answer what is requested. */
export function makeSellers({ client, deployment }: Market, hand: Hand, ledger: Ledger, homes: Trader[]) {
  const { energyMarket, meterRegistry } = deployment.contracts;
  const batteries = homes.flatMap((owner) =>
    owner.battery === undefined ? [] : [{ owner, serial: owner.battery }],
  );

  /** min(stored, capacity) − debt − what is promised, Wh: below zero the battery can deliver less than it promised. */
  async function coverage(serial: string) {
    const id = meterId(serial);
    const [[, , debtWh, storedWh], { capacityWh, h3Cell }, promisedWh] = await Promise.all([
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
    const usableWh = storedWh < capacityWh ? storedWh : capacityWh;
    return { coveredWh: usableWh - debtWh - promisedWh, h3Cell };
  }

  /**
   * Ends the battery's offers that time has ended, takes back those that it does not cover any more, since nothing of
   * them could be accepted, and offers what is stored and not promised.
   */
  async function offerBattery(owner: Trader, serial: string, rank: number, now: number): Promise<void> {
    const id = meterId(serial);
    const own = [...ledger.offers.values()].filter((offer) => offer.batteryId === id && !offer.ended);
    const { coveredWh, h3Cell } = await coverage(serial);
    const freed = (offers: OpenOffer[]) => offers.reduce((sum, offer) => sum + offer.remainingWh, coveredWh);
    const over = own.filter((offer) => offer.availableTo <= now);
    const open = own.filter((offer) => isOpen(offer, now));
    const back = freed(over) < 0n ? open : [];
    const end = (functionName: "closeOffer" | "cancelOffer") => (offer: OpenOffer) =>
      encodeFunctionData({ abi: energyMarketAbi, functionName, args: [offer.id] });
    const calls = [...over.map(end("closeOffer")), ...back.map(end("cancelOffer"))];
    const offer = planOffer(freed([...over, ...back]), open.length > back.length, rank);
    if (offer) {
      const period = [now, now + OFFER_SECONDS] as const;
      const args = [id, Number(offer.wattHours), offer.price, h3Cell, ...period] as const;
      calls.push(encodeFunctionData({ abi: energyMarketAbi, functionName: "createOffer", args }));
    }
    await hand.sendAll(owner, "offer its battery", calls);
  }

  /** Accepts a request that the battery covers, and refuses another at once, so that its buyer has the money back. */
  async function answer(trade: OpenTrade): Promise<void> {
    const offer = ledger.offers.get(trade.offerId);
    const owner = homes.find(({ wallet }) => wallet.address === offer?.seller);
    if (!owner?.battery || !offer) return;
    const { coveredWh } = await coverage(owner.battery);
    const functionName = coveredWh < 0n || offer.ended ? "rejectTrade" : "acceptTrade";
    const data = encodeFunctionData({ abi: energyMarketAbi, functionName, args: [trade.id] });
    await hand.sendAll(owner, "answer a request", [data]);
  }

  /** Battery owners offer what is stored. `now`: chain time, unix seconds. */
  async function offer(now: number): Promise<void> {
    await ledger.follow();
    await Promise.all(batteries.map(({ owner, serial }, rank) => offerBattery(owner, serial, rank, now)));
  }

  /** Battery owners answer what was requested. */
  async function answerRequests(): Promise<void> {
    await ledger.follow();
    await Promise.all([...ledger.trades.values()].filter((trade) => !trade.accepted).map(answer));
  }

  return { offer, answerRequests };
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

  /** @param asked Wh of each offer that others ask for in this round: the next one does not ask for the same energy */
  async function request(home: Trader, now: number, asked: Map<bigint, bigint>): Promise<void> {
    if (await hasOpenTrade(home, now)) return;
    const leftWh = ({ id, remainingWh }: OpenOffer) => remainingWh - (asked.get(id) ?? 0n);
    const [cheapest] = [...ledger.offers.values()]
      .filter((offer) => isOpen(offer, now + TIME_TO_DELIVER) && leftWh(offer) > 0n)
      .sort((a, b) => a.price - b.price);
    if (!cheapest) return;
    const wattHours = planRequest(await stateOf(home), leftWh(cheapest));
    if (wattHours === 0n) return;
    asked.set(cheapest.id, (asked.get(cheapest.id) ?? 0n) + wattHours);
    const args = [cheapest.id, Number(wattHours), cheapest.price, cheapest.availableTo] as const;
    const data = encodeFunctionData({ abi: energyMarketAbi, functionName: "requestTrade", args });
    await hand.sendAll(home, "request stored energy", [data]);
  }

  async function requestOffers(now: number): Promise<void> {
    await ledger.follow();
    const asked = new Map<bigint, bigint>();
    for (const home of await hand.residents(homes))
      if (home.battery === undefined) await request(home, now, asked);
  }

  return { requestOffers };
}
