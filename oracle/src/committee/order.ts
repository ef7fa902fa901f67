/** In which order a meter's reports go to the chain: the same for who proposes a report and for who signs it. */

import type { Item } from "@enerlink/protocol/wire/committee";
import type { Meter, Mirror } from "../chain/mirror.ts";
import { type Settlements, SHORTEST_INTERVAL } from "../ledger/settlements.ts";
import { standsForSlot } from "../rules/clearing.ts";

export type Order = ReturnType<typeof makeOrder>;

export function makeOrder({
  mirror,
  settlements,
  isOverdue,
}: {
  mirror: Pick<Mirror, "settled" | "community">;
  settlements: Pick<Settlements, "underWay">;
  /** Whether a community's slot cannot be cleared, though it should long have been. */
  isOverdue: (communityId: number) => boolean;
}) {
  return {
    /**
     * Whether a report has to wait for an earlier one: where nothing is settled yet, since energy counts from the first
     * that is, and what lies before it is lost to the meter; and where the meter is slotted, for the clearing of the slot
     * that its last one stands for too, so that slots which were missed are settled and cleared one after the other.
     */
    waits: (
      { slots }: Pick<Meter, "slots">,
      { windowEnd, reading: { serial, timestamp } }: Item,
    ): boolean => {
      const readAt = mirror.settled(serial)?.timestamp ?? 0;
      // Not for one that the converter would not take, nor for this node's own of the same window: the members' clocks differ.
      const waitsForEarlier = () =>
        settlements
          .underWay([serial], readAt + SHORTEST_INTERVAL, timestamp - 1)
          .some((earlier) => earlier.windowEnd !== windowEnd);
      if (readAt === 0) return waitsForEarlier();
      const community = slots && mirror.community(slots.communityId);
      if (!community || isOverdue(community.id)) return false;
      return standsForSlot(community, readAt) || waitsForEarlier();
    },
  };
}
