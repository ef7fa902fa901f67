/** Carries out the homes', the battery owners' and the utility's policies with transactions of their own. */
import {
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  meterId,
  meterRegistryAbi,
  Side,
} from "@enerlink/protocol";
import { type Address, encodeFunctionData, type Hex } from "viem";
import { say } from "../output.ts";
import type { People } from "../people.ts";
import { type Market, shortMessage, type Wallet } from "../wallet.ts";
import { makeLedger, type OpenOffer, type OpenTrade } from "./ledger.ts";
import {
  ceilingTick,
  type HomeState,
  type Plan,
  planOffer,
  planPurchase,
  planQuotes,
  planRequest,
  planSale,
} from "./policy.ts";

const MAX_STEPS = 50;
/** Not a day: a replay of whole days would end in the moment in which all offers run out. */
const OFFER_SECONDS = 36 * 3_600;
/** A home asks only for offers that last this much longer, so that the battery has time to discharge; seconds. */
const TIME_TO_DELIVER = 6 * 3_600;

/** A home or the utility with the serials of its meters; the battery, where it has one, is offered to neighbours. */
export type Trader = { wallet: Wallet; serials: string[]; battery: string | undefined };

export type Traders = ReturnType<typeof makeTraders>;

/** @param options.people who is asked before anything is done for an account */
export function makeTraders(
  market: Market,
  homes: Trader[],
  utility: Trader,
  { offersEnabled, people }: { offersEnabled: boolean; people: People },
) {
  const { client, deployment } = market;
  const { energyMarket, energyToken, energyConverter, meterRegistry } = deployment.contracts;
  const ledger = makeLedger(market, utility.wallet.address);
  const batteries = homes.flatMap((owner) =>
    owner.battery === undefined ? [] : [{ owner, serial: owner.battery }],
  );

  /** Those whose program acts for them; the others are a person's. */
  async function residents<Any extends { wallet: Wallet }>(all: Any[]): Promise<Any[]> {
    const used = await Promise.all(all.map(({ wallet }) => people.use(wallet)));
    return all.filter((_, index) => !used[index]);
  }

  async function freeEnergy(address: Address): Promise<bigint> {
    const [wallet, [balance]] = await Promise.all([
      client.readContract({
        address: energyToken,
        abi: energyTokenAbi,
        functionName: "balanceOf",
        args: [address],
      }),
      client.readContract({
        address: energyMarket,
        abi: energyMarketAbi,
        functionName: "tradingBalance",
        args: [address],
      }),
    ]);
    return wallet + balance;
  }

  /** What `account` accepted to deliver from its batteries, less what it is to receive, Wh. */
  function undeliveredWh(account: Address): bigint {
    let sum = 0n;
    for (const trade of ledger.trades.values()) {
      if (trade.accepted && ledger.offers.get(trade.offerId)?.seller === account) sum += trade.wattHours;
      if (trade.buyer === account) sum -= trade.wattHours;
    }
    return sum;
  }

  const settled = (serial: string) =>
    client.readContract({
      address: energyConverter,
      abi: energyConverterAbi,
      functionName: "settled",
      args: [meterId(serial)],
    });

  async function stateOf(home: Trader): Promise<HomeState> {
    const { wallet, serials } = home;
    const [freeWh, debts] = await Promise.all([
      freeEnergy(wallet.address),
      Promise.all(serials.map(settled)),
    ]);
    const owedWh = debts.reduce((sum, [, , debt]) => sum + debt, 0n) + undeliveredWh(wallet.address);
    return { address: wallet.address, freeWh, owedWh, ceilingTick: ceilingTick(homes.indexOf(home)) };
  }

  /** Sends `calls` as one transaction. One trader's trouble is told and does not keep the others from trading. */
  async function sendAll({ wallet }: Trader, what: string, calls: Hex[]): Promise<void> {
    // Asked again: somebody may have come since this was planned.
    if (calls.length === 0 || (await people.use(wallet))) return;
    const data =
      calls.length === 1
        ? calls[0]!
        : encodeFunctionData({ abi: energyMarketAbi, functionName: "multicall", args: [calls] });
    try {
      await wallet.send(energyMarket, data);
    } catch (error) {
      say("traders", `${wallet.name} could not ${what}: ${shortMessage(error)}`);
    }
  }

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
    await sendAll(trader, "trade on the book", calls);
  }

  /** Surplus goes to the book; the utility quotes. */
  async function sell(): Promise<void> {
    await ledger.follow();
    const sellers = await residents(homes);
    const states = await Promise.all(sellers.map(stateOf));
    const asks = ledger.book(Side.Ask);
    const plans = sellers.map((home, index) => [home, planSale(states[index]!, asks)] as const);
    const quotes = planQuotes(
      utility.wallet.address,
      await freeEnergy(utility.wallet.address),
      ledger.orders.values(),
    );
    await Promise.all([...plans, [utility, quotes] as const].map(([trader, plan]) => carryOut(trader, plan)));
  }

  /** Homes in debt buy; who decides first changes from round to round. */
  async function buy(round: number): Promise<void> {
    await ledger.follow();
    const turn = await residents(homes.map((_, index) => homes[(index + round) % homes.length]!));
    const states = await Promise.all(turn.map(stateOf));
    const asks = ledger.book(Side.Ask).map((order) => ({ ...order }));
    const bids = ledger.book(Side.Bid);
    const plans = turn.map((home, index) => [home, planPurchase(states[index]!, asks, bids)] as const);
    await Promise.all(plans.map(([home, plan]) => carryOut(home, plan)));
  }

  /** Ends the battery's offers that time has ended, and offers what is stored and not promised. */
  async function offerBattery(owner: Trader, serial: string, rank: number, now: number): Promise<void> {
    const id = meterId(serial);
    const own = [...ledger.offers.values()].filter((offer) => offer.batteryId === id && !offer.ended);
    const over = own.filter((offer) => offer.availableTo <= now);
    const calls = over.map((offer) =>
      encodeFunctionData({ abi: energyMarketAbi, functionName: "closeOffer", args: [offer.id] }),
    );
    const [[, , debtWh, storedWh], meter, promisedWh] = await Promise.all([
      settled(serial),
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
    await sendAll(owner, "offer its battery", calls);
  }

  const isOpen = (offer: OpenOffer, now: number) => offer.remainingWh > 0n && offer.availableTo > now;

  async function accept(trade: OpenTrade): Promise<void> {
    const seller = ledger.offers.get(trade.offerId)?.seller;
    const owner = homes.find(({ wallet }) => wallet.address === seller);
    if (!owner) return;
    const data = encodeFunctionData({ abi: energyMarketAbi, functionName: "acceptTrade", args: [trade.id] });
    await sendAll(owner, "accept a request", [data]);
  }

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
    await sendAll(home, "close a late trade", calls);
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
    const args = [cheapest.id, Number(wattHours), cheapest.price] as const;
    const data = encodeFunctionData({ abi: energyMarketAbi, functionName: "requestTrade", args });
    await sendAll(home, "request stored energy", [data]);
  }

  /** Battery owners offer what is stored. `now`: chain time, unix seconds. */
  async function offer(now: number): Promise<void> {
    if (!offersEnabled) return;
    await ledger.follow();
    await Promise.all(batteries.map(({ owner, serial }, rank) => offerBattery(owner, serial, rank, now)));
  }

  /** Homes without a battery ask for a part of the cheapest offer. */
  async function requestOffers(now: number): Promise<void> {
    if (!offersEnabled) return;
    await ledger.follow();
    for (const home of await residents(homes)) if (home.battery === undefined) await request(home, now);
  }

  /** Battery owners accept what was requested. */
  async function acceptRequests(): Promise<void> {
    if (!offersEnabled) return;
    await ledger.follow();
    await Promise.all([...ledger.trades.values()].filter((trade) => !trade.accepted).map(accept));
  }

  /**
   * One round of everybody's decisions.
   * @param now the chain's time, unix seconds
   * @param block resolves when what was sent is mined
   */
  async function round(number: number, now: () => number, block: () => Promise<unknown>): Promise<void> {
    await sell();
    await offer(now());
    await block();
    await requestOffers(now());
    await block();
    await acceptRequests();
    await buy(number);
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

  return { round, deliverable, ledger };
}
