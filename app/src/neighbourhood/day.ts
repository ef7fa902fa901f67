/** The slots of a day as a picture has room for them: the newest by themselves, those before gathered into their hour. */
import type { Slot } from "./slot.ts";

/** As many of the newest slots stand by themselves. */
const ALONE = 12;
const HOUR = 3_600;

/** One slot, or several of one hour: their sums, and the price that what was shared came to on average. */
export type Gathered = Slot & { count: number };

/** @param slots oldest first */
export function gathered(slots: readonly Slot[]): Gathered[] {
  const split = Math.max(slots.length - ALONE, 0);
  const hours = Map.groupBy(slots.slice(0, split), ({ slotStart }) => Math.floor(slotStart / HOUR));
  return [...[...hours.values()].map(sumOf), ...slots.slice(split).map((slot) => ({ ...slot, count: 1 }))];
}

function sumOf(slots: readonly Slot[]): Gathered {
  const [first, last] = [slots[0]!, slots.at(-1)!];
  const sum = (of: (slot: Slot) => bigint) => slots.reduce((total, slot) => total + of(slot), 0n);
  const sharedWh = sum((slot) => slot.sharedWh);
  return {
    ...last,
    slotStart: first.slotStart,
    sharedWh,
    surplusWh: sum(({ surplusWh }) => surplusWh),
    needWh: sum(({ needWh }) => needWh),
    price: sharedWh === 0n ? null : sum(paidOf) / sharedWh,
    count: slots.length,
  };
}

/** What neighbours got for what they shared, IDRS base units; there is a price wherever something was shared. */
const paidOf = ({ price, sharedWh }: Slot) => (price === null ? 0n : price * sharedWh);

type Ending = { slotEnd: number };

/** What was asked for often, and before it what was asked for seldom; both newest first. @returns oldest first */
export function joined<One extends Ending>(newest: readonly One[], day: readonly One[]): One[] {
  const oldest = newest.at(-1);
  const before = oldest ? day.filter(({ slotEnd }) => slotEnd < oldest.slotEnd) : day;
  return [...newest, ...before].toReversed();
}
