/** What an order would do, in words and in figures: what it may cost at most, what it meets at once, what is left. */
import { costOf, formatIdr, formatKwh, MINIMUM_WH } from "@enerlink/protocol";

type Order = {
  side: "buy" | "sell";
  wattHours: bigint;
  tick: bigint;
  timeInForce: string;
  maxSteps: number;
};

/** As the contract would return it. */
type Placed = { orderId: bigint; filledWh: bigint };

/** What becomes of `leftWh` that do not rest, and why. */
function returned({ timeInForce, maxSteps }: Order, filledWh: bigint, leftWh: bigint): string {
  const left = `${formatKwh(leftWh)} kWh`;
  if (timeInForce === "IOC") return `${left} would not be filled and are returned`;
  if (leftWh < BigInt(MINIMUM_WH)) return `${left} are returned, less than an order may hold`;
  if (filledWh === 0n)
    return `with maxSteps ${maxSteps} an order that crosses the book is neither filled nor rests`;
  return `it stops after maxSteps, ${maxSteps}, and returns ${left}, though more crosses`;
}

/** @param ownWh what it meets of its sender's own orders, as the index knows the book */
export function outcomeOf(order: Order, { orderId, filledWh }: Placed, ownWh: bigint) {
  const { side, wattHours, tick } = order;
  const leftWh = wattHours - filledWh;
  const rests = orderId !== 0n;
  const cost = `${formatIdr(costOf(wattHours, tick))} IDR`;
  const wish =
    side === "buy"
      ? `Buys up to ${formatKwh(wattHours)} kWh at ${tick} IDR/kWh or less, all of it for ${cost} at most`
      : `Sells up to ${formatKwh(wattHours)} kWh at ${tick} IDR/kWh or more, all of it for ${cost} at least`;
  const parts = [
    filledWh > 0n || rests ? [`${formatKwh(filledWh)} kWh at once`] : ["does nothing as the book stands"],
    ownWh > 0n ? [`${formatKwh(ownWh)} kWh of that from the sender's own orders`] : [],
    leftWh === 0n
      ? []
      : [rests ? `${formatKwh(leftWh)} kWh rest in the book` : returned(order, filledWh, leftWh)],
  ];
  return {
    effect: `${wish}: ${parts.flat().join("; ")}`,
    result: {
      orderId: String(orderId),
      filledAmount: formatKwh(filledWh),
      restingAmount: formatKwh(rests ? leftWh : 0n),
      returnedAmount: formatKwh(rests ? 0n : leftWh),
      ownAmount: formatKwh(ownWh),
    },
  };
}

/**
 * What a seller is told who promises `wattHours`: that the market takes them from its wallet, as far as its trading
 * balance has none, and may not yet.
 * @param freeWh in its trading balance
 * @param allowedWh what the market may pull of its wallet
 */
export function approvalNote(wattHours: bigint, freeWh: bigint, allowedWh: bigint): string {
  const missingWh = wattHours - freeWh;
  if (allowedWh >= missingWh) return "";
  return `. It cannot be delivered before the seller approves the market for ${formatKwh(missingWh)} kWh of ETK (so far ${formatKwh(allowedWh)} kWh): POST /api/v1/trading/approve`;
}
