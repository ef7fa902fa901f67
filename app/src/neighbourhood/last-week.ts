/** What limits would have meant in the last week for one home, from what is known of it. */
import { useMemo } from "react";
import { type SettledSpan, useSettled } from "../energy-index/index.ts";
import { useNow } from "../ui/index.ts";
import { type Home, LOOKED_BACK_SLOTS, type OwnShare, since, useShares, useSlots } from "./data.ts";
import type { Own, Slot } from "./slot.ts";

const HOUR = 3_600;
const WEEK = 7 * 24 * HOUR;

export type LastWeek = {
  /** Oldest first. */
  slots: readonly Slot[];
  /** The home's own energy, by the slot's end. */
  own: ReadonlyMap<number, Own>;
  /** Whether its energy is part of what the slots counted. */
  among: boolean;
  /** From when on they are known, unix seconds. */
  from: number | undefined;
  /** And from when on the home's energy is: a home that joined on the way had none before. */
  since: number | undefined;
};

/** @returns undefined until it is known */
export function useLastWeek(home: Home, communityId: number): LastWeek | undefined {
  const among = home.communityId === communityId;
  const from = Math.floor(useNow(60) / HOUR) * HOUR - WEEK;
  const slots = useSlots(communityId, since(from)).data;
  const shares = useShares(among ? home.id : undefined, since(from)).data;
  const length = slots && lengthOf(slots);
  const settled = useSettled(
    among || !length ? undefined : { meterId: home.id },
    length ? firstOf(length, from) : from,
    length ?? HOUR,
  ).data;
  return useMemo(() => {
    if (!slots || (among && !shares)) return undefined;
    const own =
      among && shares ? ownShares(shares) : settled && length ? ownSpans(settled, length) : undefined;
    // Without a slot there is nothing to be known of.
    if (!own && slots.length > 0) return undefined;
    // What a meter counted in an hour says nothing of a slot of a minute that ends with it.
    const known = (among ? slots : ofLength(slots, length)).toReversed();
    return { slots: known, among, from: known[0]?.slotStart, ...knownOf(known, own ?? new Map()) };
  }, [slots, shares, settled, length, among]);
}

/** What is known of a home, and since when. @param slots oldest first */
export const knownOf = (slots: readonly Slot[], own: ReadonlyMap<number, Own>) => ({
  own,
  since: slots.find(({ slotEnd }) => own.has(slotEnd))?.slotStart,
});

/** The length that covers most of the time, seconds; undefined without a slot. */
export function lengthOf(slots: readonly Slot[]): number | undefined {
  const lengths = Map.groupBy(slots, ({ slotStart, slotEnd }) => slotEnd - slotStart);
  return [...lengths].toSorted(([a, of], [b, others]) => b * others.length - a * of.length)[0]?.[0];
}

export const ofLength = (slots: readonly Slot[], length: number | undefined) =>
  slots.filter(({ slotStart, slotEnd }) => slotEnd - slotStart === length);

/** The index adds up at most so many spans: the newest ones. They end where slots do. */
function firstOf(length: number, from: number): number {
  const spans = Math.min(Math.ceil(WEEK / length), LOOKED_BACK_SLOTS);
  const end = Math.floor((from + WEEK) / length) * length;
  return Math.max(end - spans * length, Math.ceil(from / length) * length);
}

export const ownShares = (shares: readonly OwnShare[]): Map<number, Own> =>
  new Map(
    shares.map(({ slotEnd, side, sharedWh, utilityWh, leftWh }) => [
      slotEnd,
      { side, wattHours: sharedWh + utilityWh + leftWh },
    ]),
  );

/** What a meter settled in a span of a slot's length is its energy of that slot. */
export const ownSpans = (spans: readonly SettledSpan[], length: number): Map<number, Own> =>
  new Map(
    spans.map(({ start, exportedWh, importedWh }) => {
      const net = exportedWh - importedWh;
      return [
        start + length,
        net < 0n ? { side: "BOUGHT", wattHours: -net } : { side: "SOLD", wattHours: net },
      ];
    }),
  );
