/** Which slot of a community can be cleared next, and who is waited for: `SlotPool.clear`'s rules, as the oracle uses them. */
import { type Slots, slotEndOf } from "./windows.ts";

/** What the pool knows of a community, as far as clearing goes. */
export type Community = {
  id: number;
  slots: PatientSlots;
  /** End of the latest cleared slot, unix seconds; 0 before the first. */
  clearedTo: number;
  /** Bit i: the i-th member was read at that end, in time for its clearing. */
  present: bigint;
  /** Serials, in the order of the list. */
  members: readonly string[];
};

/** `patience`: so long a slot waits for readings that are missing, seconds after its end. */
export type PatientSlots = Slots & { patience: number };

export type NextSlot = {
  /** Unix seconds. */
  slotEnd: number;
  /** Who was read at its end. */
  present: string[];
  /** Who was read at the end of the slot before, and not at this one's. */
  missing: string[];
  /** From then on it is cleared without them, unix seconds. */
  until: number;
};

/**
 * The earliest slot that is not cleared and at whose end somebody was read; undefined while there is none. Later ones
 * come after it: a slot at which nobody was read is passed over.
 * Who was read at the end of the slot before only after its clearing is waited for all the same: otherwise a meter that
 * is always a little later than the others would never share again.
 * @param readAt When the reading was taken that the chain settled last of a meter, unix seconds
 */
export function nextSlot(
  { slots, clearedTo, present, members }: Community,
  readAt: (serial: string) => number | undefined,
): NextSlot | undefined {
  const ends = members.map((serial) => slotEndOf(readAt(serial) ?? 0, slots) ?? 0);
  const open = ends.filter((end) => end > clearedTo);
  if (open.length === 0) return undefined;
  const slotEnd = Math.min(...open);
  const follows = slotEnd - clearedTo <= slots.length;
  const isWaitedFor = (index: number) =>
    !follows || ((present >> BigInt(index)) & 1n) === 1n || ends[index] === slotEnd - slots.length;
  return {
    slotEnd,
    present: members.filter((_, index) => ends[index] === slotEnd),
    missing: members.filter((_, index) => ends[index] !== slotEnd && isWaitedFor(index)),
    until: slotEnd + slots.patience,
  };
}

/**
 * Whether a later report of a meter has to wait: the one that the chain settled last, at `readAt` (unix seconds), stands
 * for a slot that is not cleared yet, and a later one would take its place.
 */
export function standsForSlot({ slots, clearedTo }: Community, readAt: number): boolean {
  return (slotEndOf(readAt, slots) ?? 0) > clearedTo;
}
