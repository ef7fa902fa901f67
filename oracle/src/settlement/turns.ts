/** Which of the settlements that wait are this node's to propose now. */

import type { Item } from "@enerlink/protocol/wire/committee";
import { type NewReading, traceOf } from "@enerlink/protocol/wire/reading";
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { Members } from "../committee/members.ts";
import { isReportable, type Settlement, type Settlements } from "../ledger/settlements.ts";
import { standsForSlot } from "../rules/clearing.ts";
import { settledBy } from "../rules/windows.ts";

/** Milliseconds for which a report is put off that has to wait for a slot's clearing, or for an earlier report. */
export const MOMENT = 1_000;

/** A settlement as the committee signs it. */
export const itemOf = ({ windowEnd, reading }: Settlement): Item => ({
  windowEnd: windowEnd ?? reading.timestamp,
  reading,
});

export const traces = (batch: readonly Settlement[]) => batch.map(({ reading }) => traceOf(reading));

/** Whose turn decides who sees to all of these: the oldest, before those that were put off, which are due at times of their own. */
function foremost(settlements: readonly Settlement[]): Settlement | undefined {
  const others = settlements.filter(({ asked }) => !asked);
  const fresh = others.filter(({ tries }) => tries === 0);
  return (fresh.length > 0 ? fresh : others).toSorted((a, b) => Number(a.id - b.id))[0];
}

const windowOf = (settlement: Settlement) => `window ${itemOf(settlement).windowEnd}`;

export function makeTurns({
  mirror,
  members,
  settlements,
  takeover,
  isOverdue,
}: {
  mirror: Pick<Mirror, "meter" | "settled" | "community">;
  members: Pick<Members, "leader" | "leads">;
  settlements: Pick<Settlements, "overtaken" | "skipped" | "untouched" | "leave" | "underWay">;
  /** Milliseconds that a leader has, before the next member takes over. */
  takeover: number;
  /** Whether a community's slot cannot be cleared, though it should long have been. */
  isOverdue: (communityId: number) => boolean;
}) {
  /**
   * Whether a report has to wait for an earlier one: where nothing is settled yet, since energy counts from the first
   * that is, and what lies before it is lost to the meter; and where the meter is slotted, for the clearing of the slot
   * that its last one stands for too, so that slots which were missed are settled and cleared one after the other.
   */
  function waits({ slots }: Meter, { serial, timestamp }: NewReading): boolean {
    const readAt = mirror.settled(serial)?.timestamp ?? 0;
    const waitsForEarlier = () => settlements.underWay([serial], readAt + 1, timestamp - 1).length > 0;
    if (readAt === 0) return waitsForEarlier();
    const community = slots && mirror.community(slots.communityId);
    if (!community || isOverdue(community.id)) return false;
    return standsForSlot(community, readAt) || waitsForEarlier();
  }

  return {
    /** Whether the settlement moves something now; what never will again is marked so, what has to wait is put off. */
    isDue: (settlement: Settlement): boolean => {
      const { id, reading } = settlement;
      const ahead = mirror.settled(reading.serial);
      if (
        ahead &&
        (ahead.epoch > reading.epoch ||
          (ahead.epoch === reading.epoch && ahead.timestamp >= settledBy(itemOf(settlement))))
      ) {
        settlements.overtaken(settlement);
        return false;
      }
      const meter = mirror.meter(reading.serial);
      if (!meter || !isReportable(meter, reading)) {
        settlements.skipped(id, "the registry no longer lets it count");
        return false;
      }
      if (!waits(meter, reading)) return true;
      settlements.leave(id, Date.now() + MOMENT);
      return false;
    },
    /** What this node is to propose of what is due: everything when it leads the oldest window, else only what it was asked for. */
    own: (due: Settlement[]): Settlement[] => {
      const first = foremost(due);
      const leads = first && members.leads(windowOf(first), first.createdAt);
      return leads ? due : due.filter(({ asked }) => asked);
    },
    /**
     * This node signed what `proposer` proposed. Where it was that member's turn, what waits here is left to it for as
     * long as a turn takes; each settlement once, so that nobody holds up others by proposing.
     */
    leave: (items: readonly Item[], proposer: string): void => {
      const waiting = items.flatMap(({ reading }) => settlements.untouched(reading) ?? []);
      const first = foremost(waiting);
      const leader = first && members.leader(windowOf(first), first.createdAt);
      if (leader?.toLowerCase() !== proposer) return;
      for (const { id } of waiting) settlements.leave(id, Date.now() + takeover);
    },
  };
}
