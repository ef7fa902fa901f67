import { useI18n } from "../i18n/index.ts";
import type { Meter } from "../meters/index.ts";
import { countedSince } from "./counted-since.ts";
import { latest, limitsOf, type OwnShare, type Past, useNeighbourhood, useShares, useSlots } from "./data.ts";
import type { Slot } from "./slot.ts";
import { whyWords } from "./why.ts";

const last: Past = { ...latest, limit: 1 };

export type LastShare = {
  /** Undefined before the first. */
  slot: Slot | undefined;
  /** The home's part in it, undefined where it had none. */
  share: OwnShare | undefined;
  /** What the home sold or bought in it, to or from whom, at what price and why. */
  words: string | undefined;
  /** From when on the home's part was counted, unix seconds, where that is longer than the slot. */
  since: number | undefined;
};

/** The latest slot of a home's neighbourhood; undefined until known. */
export function useLastShare(home: Meter | undefined): LastShare | undefined {
  const i18n = useI18n();
  const slots = useSlots(home?.communityId ?? undefined, last).data;
  const { data: shares, isFetching } = useShares(home?.id, last);
  const steepness = useNeighbourhood(home?.communityId ?? undefined).data?.steepness;
  if (!slots || !shares) return undefined;
  const slot = slots[0];
  const share = shares.find(({ slotEnd }) => slotEnd === slot?.slotEnd);
  // The slot may be here before the home's part of it.
  if (!share && isFetching) return undefined;
  const limits = share ?? (home && limitsOf(home));
  const words =
    slot && limits && steepness !== undefined
      ? whyWords(slot, share, limits, steepness, i18n).join(" ")
      : undefined;
  const since = slot && share && home && countedSince(slot, home.settlements.items);
  return { slot, share, words, since };
}
