/** Which of the settlements that wait are this node's to propose now. */

import type { Item } from "@enerlink/protocol/wire/committee";
import { traceOf } from "@enerlink/protocol/wire/reading";
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { Members } from "../committee/members.ts";
import type { Order } from "../committee/order.ts";
import { isReportable, type Settlement, type Settlements } from "../ledger/settlements.ts";
import { beyondRating } from "../rules/connection.ts";
import { settledBy } from "../rules/windows.ts";
import { time } from "../seams/time.ts";

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
  order,
}: {
  mirror: Pick<Mirror, "meter" | "settled">;
  members: Pick<Members, "leader" | "leads">;
  settlements: Pick<Settlements, "overtaken" | "skipped" | "earlier" | "untouched" | "leave">;
  /** Milliseconds that a leader has, before the next member takes over. */
  takeover: number;
  /** What has to wait for an earlier report, or for a slot's clearing. */
  order: Order;
}) {
  /**
   * What the contract would skip is not proposed: a register that counts in coarse steps may take one in a window that is
   * too short for it, as the next one is not. While an earlier report is under way, what it changes is waited for.
   */
  function fitsRating({ id, reading }: Settlement, meter: Meter): boolean {
    const settled = mirror.settled(reading.serial);
    if (!settled || settled.timestamp === 0 || settled.epoch !== reading.epoch) return true;
    const earlier = settlements.earlier(reading, settled.timestamp);
    const beyond = beyondRating(reading, earlier ?? settled, meter);
    if (beyond === undefined) return true;
    if (earlier) settlements.leave(id, time.now() + MOMENT);
    else settlements.skipped(id, `waits: ${beyond}; a later window brings it`);
    return false;
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
      if (!order.waits(meter, itemOf(settlement))) return fitsRating(settlement, meter);
      settlements.leave(id, time.now() + MOMENT);
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
      for (const { id } of waiting) settlements.leave(id, time.now() + takeover);
    },
  };
}
