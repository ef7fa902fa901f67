/** Over what time the energy of a slot was counted: longer than the slot where its meter was not read at the start of it. */
import type { Slot } from "./slot.ts";

type Counted = { since: number | null; endsAt: number };

/** @returns unix seconds; undefined where it was the slot's own time, or is not known */
export function countedSince(
  { slotStart, slotEnd }: Pick<Slot, "slotStart" | "slotEnd">,
  settlements: readonly Counted[],
): number | undefined {
  const since = settlements.find(({ endsAt }) => endsAt === slotEnd)?.since;
  return since !== null && since !== undefined && since < slotStart ? since : undefined;
}
