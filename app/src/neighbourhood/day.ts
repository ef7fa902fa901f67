/** The slots of a day as a picture has room for them: by themselves, or gathered into their hours. */
import { startOfDay } from "../format/index.ts";
import type { Slot } from "./slot.ts";

/** As many slots stand by themselves: those of a day of hours. */
const ALONE = 24;
const HOUR = 3_600;

/** One slot, or several of one hour: their sums, and the price that what was shared came to on average. */
export type Gathered = Slot & { count: number };

/**
 * All of one length, or all by their hour: what stands beside each other is compared.
 * @param slots oldest first
 */
export function gathered(slots: readonly Slot[]): Gathered[] {
  const lengths = new Set(slots.map(({ slotStart, slotEnd }) => slotEnd - slotStart));
  if (slots.length <= ALONE && lengths.size <= 1) return slots.map(single);
  return [...Map.groupBy(slots, ({ slotStart }) => hourOf(slotStart)).values()].map(sumOf);
}

export const single = (slot: Slot): Gathered => ({ ...slot, count: 1 });

/** The slots that began in one hour, each by itself. @param start in it, unix seconds */
export const withinHour = (slots: readonly Slot[], start: number): Gathered[] =>
  slots.filter(({ slotStart }) => hourOf(slotStart) === hourOf(start)).map(single);

const hourOf = (time: number) => Math.floor(time / HOUR);

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

const DAY = 86_400;
/** How far back a day is looked up. */
const FARTHEST_DAYS = 400;

/** When the day in Jakarta began that an address names, unix seconds; undefined where it is none that is over. */
export function dayBefore(text: string, now: number): number | undefined {
  const start = /^\d{4}-\d\d-\d\d$/.test(text)
    ? startOfDay(Date.parse(`${text}T12:00:00Z`) / 1_000)
    : Number.NaN;
  const today = startOfDay(now);
  return start < today && start >= today - FARTHEST_DAYS * DAY ? start : undefined;
}

type Ending = { slotEnd: number };

/**
 * What was asked for often, and before it what was asked for seldom; both newest first.
 * @returns oldest first; undefined until both are known: the picture of a part would give way under the finger to that of
 * the whole
 */
export function joined<One extends Ending>(
  newest: readonly One[] | undefined,
  day: readonly One[] | undefined,
): One[] | undefined {
  if (!newest || !day) return undefined;
  const oldest = newest.at(-1);
  const before = oldest ? day.filter(({ slotEnd }) => slotEnd < oldest.slotEnd) : day;
  return [...newest, ...before].toReversed();
}
