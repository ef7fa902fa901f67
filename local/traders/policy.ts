/**
 * How the local homes that keep to tokens trade, and the utility. Pure decisions from what the chain shows, which is what signed readings settled:
 *
 * - A home with surplus, beyond what it owes, asks for all of it, `STEP` under the best ask, never below the utility's
 *   feed-in price.
 * - A home that owes is willing to pay the more the more it owes: from just over feed-in to a ceiling of its own for
 *   `PATIENCE_WH`, and retail for what is beyond. It takes the cheapest asks up to that, its own back first, and bids
 *   for the rest.
 * - The utility keeps a bid at the feed-in price and an ask at the retail price, and `RESERVE_WH` free for the
 *   neighbourhood, which it supplies at the same prices.
 * - A battery's owner keeps one offer open for what is stored, under the retail price, takes it back once the battery
 *   holds less than is promised, accepts every request that the battery covers, and refuses the others.
 */
import { costOf, MINIMUM_WH, MOST_WH, Side, TimeInForce } from "@enerlink/protocol";
import type { Address } from "viem";
import type { OpenOrder } from "./ledger.ts";

/** What the utility pays, IDR/kWh. */
export const FEED_IN_TICK = 900;
/** What the utility asks, IDR/kWh: the household tariff of 1,444.70, rounded up to a tick. */
export const RETAIL_TICK = 1_445;
const STEP = 5;
/** What a home would rather owe until a neighbour sells than buy from the utility, Wh. */
export const PATIENCE_WH = 1_000n;

export type PlannedOrder = { side: Side; tick: number; wattHours: bigint; timeInForce: TimeInForce };
export type Plan = { cancel: bigint[]; place: PlannedOrder[] };

export type HomeState = {
  address: Address;
  /** Free energy in wallet and trading balance, Wh. */
  freeWh: bigint;
  /**
   * What it owes: the debt of all its meters and what it has sold from its battery and not delivered yet, less what a
   * neighbour's battery is about to deliver to it, Wh.
   */
  owedWh: bigint;
  /** The most that it pays while it can wait, IDR/kWh: neighbours differ. */
  ceilingTick: number;
};

/** A ceiling for the home that is number `rank`: a little under the one before, the first just under retail. */
export const ceilingTick = (rank: number): number => RETAIL_TICK - STEP * (1 + 3 * rank);

const least = (a: bigint, b: bigint) => (a < b ? a : b);
const clampTick = (tick: number, lowest: number, highest: number) =>
  Math.min(Math.max(tick, lowest), highest);

/** A home's asks. `asks` is the book's ask side, best first. */
export function planSale(home: HomeState, asks: readonly OpenOrder[]): Plan {
  const surplus = least(home.freeWh - home.owedWh, MOST_WH);
  if (surplus < MINIMUM_WH) return { cancel: [], place: [] };
  const best = asks[0]?.tick ?? RETAIL_TICK;
  const tick = clampTick(best - STEP, FEED_IN_TICK, RETAIL_TICK - STEP);
  return { cancel: [], place: [{ side: Side.Ask, tick, wattHours: surplus, timeInForce: TimeInForce.GTC }] };
}

/** What a home pays for `wattHours` that it can wait for: from just over feed-in up to its ceiling. */
function patientTick({ ceilingTick }: HomeState, wattHours: bigint): number {
  const steps = BigInt(Math.floor((ceilingTick - FEED_IN_TICK) / STEP) - 1);
  return FEED_IN_TICK + STEP * (1 + Number((steps * least(wattHours, PATIENCE_WH)) / PATIENCE_WH));
}

/**
 * A home's purchase. Takes what it plans to buy out of `asks`, so that the next home in the same round does not plan
 * on the same energy.
 */
export function planPurchase(home: HomeState, asks: OpenOrder[], bids: readonly OpenOrder[]): Plan {
  const plan: Plan = { cancel: [], place: [] };
  let needWh = home.owedWh - home.freeWh;

  let buyWh = 0n;
  let buyTick = 0;
  for (const ask of asks) {
    const wantedWh = ask.tick < RETAIL_TICK ? needWh : needWh - PATIENCE_WH;
    const limit = needWh > PATIENCE_WH ? RETAIL_TICK : patientTick(home, needWh);
    if (wantedWh < MINIMUM_WH || ask.tick > limit) break;
    if (ask.wattHours === 0n) continue;
    if (ask.owner === home.address) {
      plan.cancel.push(ask.id);
      needWh -= ask.wattHours;
      ask.wattHours = 0n;
      continue;
    }
    const wattHours = least(ask.wattHours, wantedWh);
    ask.wattHours -= wattHours;
    needWh -= wattHours;
    buyWh += wattHours;
    buyTick = ask.tick;
  }
  if (buyWh >= MINIMUM_WH) {
    plan.place.push({ side: Side.Bid, tick: buyTick, wattHours: buyWh, timeInForce: TimeInForce.IOC });
  }

  const waiting =
    needWh < MINIMUM_WH
      ? undefined
      : { tick: patientTick(home, needWh), wattHours: least(needWh, PATIENCE_WH) };
  const own = bids.filter((bid) => bid.owner === home.address);
  const [standing] = own;
  if (own.length === 1 && standing?.tick === waiting?.tick && standing?.wattHours === waiting?.wattHours)
    return plan;
  plan.cancel.push(...own.map((bid) => bid.id));
  if (waiting) plan.place.push({ side: Side.Bid, ...waiting, timeInForce: TimeInForce.GTC });
  return plan;
}

const QUOTE_WH = 100_000n;
/** What the utility keeps free: more than the neighbourhood needs, and all homes export, between two rounds. */
export const RESERVE_WH = 50_000n;

/** The utility's quotes, topped up when less than half is left. `freeWh`: all that it has free. */
export function planQuotes(utility: Address, freeWh: bigint, orders: Iterable<OpenOrder>): Plan {
  let bidWh = 0n;
  let askWh = 0n;
  for (const order of orders) {
    if (order.owner !== utility) continue;
    if (order.side === Side.Bid) bidWh += order.wattHours;
    else askWh += order.wattHours;
  }
  const place: PlannedOrder[] = [];
  if (bidWh < QUOTE_WH / 2n) {
    const wattHours = QUOTE_WH - bidWh;
    place.push({ side: Side.Bid, tick: FEED_IN_TICK, wattHours, timeInForce: TimeInForce.GTC });
  }
  const offered = least(QUOTE_WH - askWh, freeWh - RESERVE_WH);
  if (askWh < QUOTE_WH / 2n && offered >= MINIMUM_WH) {
    place.push({ side: Side.Ask, tick: RETAIL_TICK, wattHours: offered, timeInForce: TimeInForce.GTC });
  }
  return { cancel: [], place };
}

/** A battery is offered again when at least this much is free. */
const SMALLEST_OFFER_WH = 1_000n;

/**
 * What a battery's owner offers, or undefined.
 * @param coveredWh min(stored, capacity) − debt, less what is promised already, Wh
 * @param rank 0, 1, … so that the batteries differ in price
 */
export function planOffer(coveredWh: bigint, hasOpenOffer: boolean, rank: number) {
  if (hasOpenOffer || coveredWh < SMALLEST_OFFER_WH) return undefined;
  return { wattHours: coveredWh, price: Number(costOf(1n, RETAIL_TICK - 45 - 15 * rank)) };
}

const LARGEST_REQUEST_WH = 2_000n;

/** How much of an offer a home in debt asks for, Wh; 0 for nothing. */
export function planRequest(home: HomeState, remainingWh: bigint): bigint {
  const wattHours = least(least(home.owedWh - home.freeWh, remainingWh), LARGEST_REQUEST_WH);
  return wattHours >= MINIMUM_WH ? wattHours : 0n;
}
