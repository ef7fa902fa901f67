/**
 * What an order would do, computed as the contract does: cost = Wh × tick × 1,000 IDRS base units, makers' prices,
 * nothing rounded.
 */
import { costOf, MINIMUM_WH, MOST_TICK, MOST_WH, PRICE_PER_TICK, TimeInForce } from "@enerlink/protocol";

export type Side = "buy" | "sell";
/** Open energy (Wh) at a tick (IDR/kWh). */
export type Level = { tick: number; wattHours: bigint };
/** Best first on both sides. */
export type Book = { bids: readonly Level[]; asks: readonly Level[] };

/** Fills and cancelled entries that one order walks at most. */
export const MAX_STEPS = 100;

export type Order = { side: Side; tick: number; wattHours: bigint; timeInForce: TimeInForce };
/** What the account has of the token that the order spends: Wh for a sale, IDRS base units for a purchase. */
export type Funds = { trading: bigint; wallet: bigint };

export type Quote = {
  /** Traded at once: Wh, and IDRS that change hands for them. */
  filledWh: bigint;
  filledIdrs: bigint;
  /** Stays in the book, Wh; for a purchase with the IDRS that are set aside for it. */
  restingWh: bigint;
  restingIdrs: bigint;
  /** Neither: given back, Wh. */
  returnedWh: bigint;
  /** What the order must be covered with, in what it spends, and where that comes from. */
  neededFunds: bigint;
  fromTrading: bigint;
  fromWallet: bigint;
  /** Why the contract would refuse an order of an amount and a price that are within its range. */
  problem: QuoteProblem | undefined;
};

export type QuoteProblem =
  | { kind: "funds"; missing: bigint }
  | { kind: "unfillable"; fillableWh: bigint }
  | { kind: "crosses"; tick: number };

const least = (a: bigint, b: bigint) => (a < b ? a : b);

export function quote({ side, tick, wattHours, timeInForce }: Order, book: Book, funds: Funds): Quote {
  const makers = side === "buy" ? book.asks : book.bids;
  const crosses = (level: Level) => (side === "buy" ? level.tick <= tick : level.tick >= tick);

  let filledWh = 0n;
  let filledIdrs = 0n;
  for (const level of makers) {
    if (!crosses(level) || filledWh === wattHours) break;
    const fill = least(level.wattHours, wattHours - filledWh);
    filledWh += fill;
    filledIdrs += costOf(fill, level.tick);
  }

  const left = wattHours - filledWh;
  const rests = timeInForce !== TimeInForce.IOC && left >= MINIMUM_WH;
  const restingWh = rests ? left : 0n;
  // A purchase is covered at its limit before it is matched; what the makers' prices save stays in the balance.
  const neededFunds = side === "buy" ? costOf(wattHours, tick) : wattHours;
  const fromTrading = least(neededFunds, funds.trading);
  const fromWallet = neededFunds - fromTrading;

  return {
    filledWh,
    filledIdrs,
    restingWh,
    restingIdrs: costOf(restingWh, tick),
    returnedWh: left - restingWh,
    neededFunds,
    fromTrading,
    fromWallet,
    problem: problem(),
  };

  function problem(): QuoteProblem | undefined {
    if (fromWallet > funds.wallet) return { kind: "funds", missing: fromWallet - funds.wallet };
    if (timeInForce === TimeInForce.FOK && left > 0n) return { kind: "unfillable", fillableWh: filledWh };
    const best = makers[0];
    if (timeInForce === TimeInForce.PostOnly && best && crosses(best))
      return { kind: "crosses", tick: best.tick };
    return undefined;
  }
}

/** How far from the best price a market order may go, in hundredths. */
export const MARKET_SLACK = 5n;

/**
 * The limit of a market order: the price of the last level that it would have to take, or, with nothing to take, the
 * best price, and a little room for what happens until it is mined. Undefined where nobody stands on the other side.
 */
export function marketTick(side: Side, wattHours: bigint, { bids, asks }: Book): number | undefined {
  const makers = side === "buy" ? asks : bids;
  let left = wattHours;
  let tick = makers[0]?.tick;
  for (const level of makers) {
    if (left <= 0n) break;
    tick = level.tick;
    left -= level.wattHours;
  }
  if (tick === undefined) return undefined;
  const slack = (BigInt(tick) * MARKET_SLACK) / 100n;
  const limit = side === "buy" ? BigInt(tick) + slack : BigInt(tick) - slack;
  return Number(limit < 1n ? 1n : limit > BigInt(MOST_TICK) ? BigInt(MOST_TICK) : limit);
}

/** The levels within a tenth of the middle price: an order far away would make all others look like nothing. */
export function aroundMiddle({ bids, asks }: Book): Book {
  const [bid, ask] = [bids[0]?.tick ?? asks[0]?.tick ?? 0, asks[0]?.tick ?? bids[0]?.tick ?? 0];
  // Twice the middle, so that nothing is halved.
  const middle = bid + ask;
  const near = ({ tick }: Level) => Math.abs(20 * tick - 10 * middle) <= middle;
  return { bids: bids.filter(near), asks: asks.filter(near) };
}

/**
 * The prices that a picture of these levels reaches from and to: as far on either side of the middle between the best two,
 * and a little beyond what is farthest from it, so that a side of one level is an area and not a line at the edge.
 */
export function reachOf({ bids, asks }: Book): { low: number; high: number } {
  const best = [bids[0]?.tick ?? asks[0]?.tick ?? 0, asks[0]?.tick ?? bids[0]?.tick ?? 0] as const;
  const middle = (best[0] + best[1]) / 2;
  const farthest = Math.max(1, ...[...bids, ...asks].map(({ tick }) => Math.abs(tick - middle)));
  const reach = farthest * BEYOND;
  return { low: Math.floor(middle - reach), high: Math.ceil(middle + reach) };
}
const BEYOND = 1.25;

/** A side's levels added up from the best price on: what is to be had up to each. */
export function depthOf(levels: readonly Level[]): Level[] {
  let sum = 0n;
  return levels.map(({ tick, wattHours }) => {
    sum += wattHours;
    return { tick, wattHours: sum };
  });
}

/** Whether there is nothing to pay or to sell with. */
export const isNothing = ({ trading, wallet }: Funds): boolean => trading + wallet === 0n;

/** The most Wh that `funds` cover: all energy, or what the money buys at the limit. */
export function mostWh(side: Side, tick: number, funds: Funds): bigint {
  const all = funds.trading + funds.wallet;
  return least(side === "sell" ? all : tick > 0 ? all / (BigInt(tick) * PRICE_PER_TICK) : 0n, MOST_WH);
}
