/**
 * How energy that is owed is repaid. Energy alone repays it, and only by `repay`: what is bought stays its buyer's until
 * then. The next settlement takes of it where a meter draws, and takes nothing for a meter that shares with neighbours.
 */
import { MINIMUM_WH, MOST_WH, PRICE_PER_TICK, TimeInForce } from "@enerlink/protocol";
import { type Book, type Funds, marketTick, type Order, quote } from "../market/index.ts";

export type Repayment =
  /** With what is owned already, Wh. */
  | { kind: "repay"; wattHours: bigint }
  /** Bought first, all of it or nothing: for so much by the book as it stands, and at most, IDRS base units. */
  | { kind: "buy"; order: Order; idrs: bigint; mostIdrs: bigint; wattHours: bigint }
  /** So much is missing to buy it, IDRS base units. */
  | { kind: "money"; missing: bigint }
  /** Nobody sells so much, Wh. */
  | { kind: "nobody"; wattHours: bigint };

const lesser = (a: bigint, b: bigint) => (a < b ? a : b);

/**
 * One action that repays all of a debt, or as much of it as can be.
 * @param ownWh what its owner has free, in wallet and trading balance
 */
export function repaymentOf(debtWh: bigint, ownWh: bigint, money: Funds, book: Book): Repayment {
  if (ownWh >= debtWh) return { kind: "repay", wattHours: debtWh };
  const missingWh = debtWh - ownWh;
  const wattHours = missingWh < MINIMUM_WH ? MINIMUM_WH : lesser(missingWh, MOST_WH);
  const tick = marketTick("buy", wattHours, book);
  const order =
    tick === undefined
      ? undefined
      : ({ side: "buy", tick, wattHours, timeInForce: TimeInForce.FOK } as const);
  const quoted = order && quote(order, book, money);
  if (order && quoted && !quoted.problem)
    return {
      ...{ kind: "buy", order, idrs: quoted.filledIdrs, mostIdrs: quoted.neededFunds },
      wattHours: lesser(debtWh, ownWh + wattHours),
    };
  // A part of it is better than nothing.
  if (ownWh > 0n) return { kind: "repay", wattHours: ownWh };
  return quoted?.problem?.kind === "funds"
    ? { kind: "money", missing: quoted.problem.missing }
    : { kind: "nobody", wattHours };
}

/**
 * What is bought for a repayment where that costs more than the utility asks, milli-IDR per kWh.
 * @param retail the utility's price, IDR/kWh
 */
export function dearerOf(repayment: Repayment, retail: number): { price: bigint; more: bigint } | undefined {
  if (repayment.kind !== "buy") return undefined;
  // Base units for a Wh are milli-rupiah for a kWh.
  const price = repayment.idrs / repayment.order.wattHours;
  const more = price - BigInt(retail) * PRICE_PER_TICK;
  return more > 0n ? { price, more } : undefined;
}
