/** A slot of the neighbourhood as the pool reckons it: its price, and what a home's limits make of it. */
import { PRICE_PER_TICK } from "@enerlink/protocol";

/** Ticks: whole IDR per kWh. */
export type Terms = { retail: number; feedIn: number; fee: number };

/** Prices in milli-IDR per kWh, which is IDRS base units per Wh; times in unix seconds. */
export type Slot = Terms & {
  slotStart: number;
  slotEnd: number;
  /** Null where nothing was shared. */
  price: bigint | null;
  sharedWh: bigint;
  /** What everybody who was read had left over and needed, Wh. */
  surplusWh: bigint;
  needWh: bigint;
};

/** One home's part of a slot. */
export type Share = {
  side: "SOLD" | "BOUGHT";
  /** With neighbours, with the utility, and what nobody paid for or sold, Wh. */
  sharedWh: bigint;
  utilityWh: bigint;
  leftWh: bigint;
};

/** Ticks. `sellFrom`: the least a neighbour pays; `buyUpTo`: the most that is paid to one, fee included. */
export type Limits = { sellFrom: number; buyUpTo: number };

export const priceOfTick = (tick: number) => BigInt(tick) * PRICE_PER_TICK;

/** Any price that is better than the utility's. */
export const widest = ({ retail, feedIn }: Terms): Limits => ({
  sellFrom: Math.max(feedIn, 1),
  buyUpTo: retail,
});

/** What a home in that slot would get for a kWh from neighbours; undefined where one side had nothing. As `SlotPool` has it. */
export function priceOf(
  { retail, feedIn, fee }: Terms,
  surplusWh: bigint,
  needWh: bigint,
  steepness: bigint,
): bigint | undefined {
  if (surplusWh === 0n || needWh === 0n) return undefined;
  const whole = 2n * (surplusWh + needWh);
  const up = (steepness + 1n) * needWh;
  const down = (steepness - 1n) * surplusWh;
  const part = up > down ? lesser(up - down, whole) : 0n;
  return priceOfTick(feedIn) + (priceOfTick(retail - fee - feedIn) * part) / whole;
}

/** Whether a home with these limits shares at `price`. */
export const accepts = ({ sellFrom, buyUpTo }: Limits, side: Share["side"], price: bigint, fee: number) =>
  side === "SOLD" ? priceOfTick(sellFrom) <= price : priceOfTick(buyUpTo) >= price + priceOfTick(fee);

const lesser = (a: bigint, b: bigint) => (a < b ? a : b);

/** What a home had left over or needed in a slot, Wh. */
export type Own = { side: Share["side"]; wattHours: bigint };

export type Meant = Own & {
  slotStart: number;
  /** Undefined where one side had nothing. */
  price: bigint | undefined;
  /** What the limits would have let it share, Wh, and by how much that is better than the utility, IDRS base units. */
  sharedWh: bigint;
  betterIdrs: bigint;
};

/**
 * What limits would have meant in slots that are over. A home that was not among the neighbours is counted in: it would
 * have moved the price. How others' limits would have answered nobody knows; they are taken to accept.
 * @param of the home's own energy, by the slot's end; a slot of which it is not known is left out
 * @param among whether the home's energy is part of what the slots counted
 */
export function meant(
  slots: readonly Slot[],
  of: ReadonlyMap<number, Own>,
  limits: Limits,
  steepness: bigint,
  among: boolean,
): Meant[] {
  return slots.flatMap((slot) => {
    const own = of.get(slot.slotEnd);
    if (!own || own.wattHours === 0n) return [];
    const added = among ? 0n : own.wattHours;
    const surplusWh = slot.surplusWh + (own.side === "SOLD" ? added : 0n);
    const needWh = slot.needWh + (own.side === "BOUGHT" ? added : 0n);
    const reckoned = priceOf(slot, surplusWh, needWh, steepness);
    const price = among ? (slot.price ?? reckoned) : reckoned;
    const sharedWh =
      price !== undefined && accepts(limits, own.side, price, slot.fee)
        ? (own.wattHours * lesser(surplusWh, needWh)) / (own.side === "SOLD" ? surplusWh : needWh)
        : 0n;
    const gain =
      price === undefined
        ? 0n
        : own.side === "SOLD"
          ? price - priceOfTick(slot.feedIn)
          : priceOfTick(slot.retail - slot.fee) - price;
    return [{ ...own, slotStart: slot.slotStart, price, sharedWh, betterIdrs: sharedWh * gain }];
  });
}

export type Sum = {
  /** In how many slots there was anything to share, and in how many of them it would have been. */
  slots: number;
  shared: number;
  soldWh: bigint;
  boughtWh: bigint;
  betterIdrs: bigint;
};

export function sumOf(all: readonly Meant[]): Sum {
  const sharing = all.filter(({ sharedWh }) => sharedWh > 0n);
  const sum = (side: Share["side"]) =>
    sharing.filter((one) => one.side === side).reduce((total, { sharedWh }) => total + sharedWh, 0n);
  return {
    slots: all.length,
    shared: sharing.length,
    soldWh: sum("SOLD"),
    boughtWh: sum("BOUGHT"),
    betterIdrs: sharing.reduce((total, { betterIdrs }) => total + betterIdrs, 0n),
  };
}
