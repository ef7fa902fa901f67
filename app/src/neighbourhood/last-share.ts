import type { Meter } from "../meters/index.ts";
import { type OwnShare, type Past, useShares, useSlots } from "./data.ts";
import type { Slot } from "./slot.ts";

const last: Past = { from: 0, limit: 1, milliseconds: 5_000 };

/** The latest slot of a home's neighbourhood, and the home's part in it, undefined where it had none; undefined until known. */
export function useLastShare(
  home: Meter | undefined,
): { slot: Slot | undefined; share: OwnShare | undefined } | undefined {
  const slots = useSlots(home?.communityId ?? undefined, last).data;
  const shares = useShares(home?.id, last).data;
  if (!slots || !shares) return undefined;
  const slot = slots[0];
  return { slot, share: shares.find(({ slotEnd }) => slotEnd === slot?.slotEnd) };
}
