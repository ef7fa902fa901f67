/** Does what a verdict says: stores the reading with all that follows from it, or refuses it. */

import { type NewReading, traceOf } from "@enerlink/protocol/wire/reading";
import type { Log } from "@enerlink/service/log";
import type { Meter } from "../chain/mirror.ts";
import type { Readings, StoredReading } from "../ledger/readings.ts";
import type { Settlements } from "../ledger/settlements.ts";
import type { Holds } from "../meters/holds.ts";
import type { LevelStore } from "../meters/level-store.ts";
import type { Metrics } from "../metrics.ts";
import type { Verdict } from "../rules/judge.ts";
import { type Flag, isHold } from "../rules/validation.ts";
import type { Refused, Reject } from "./rejects.ts";
import type { Origin } from "./source.ts";

/**
 * What became of a message, or of one thing that it says. `closed`: a window was closed, and can be reported once all of
 * it is on disk. `monitored`: kept and shown, but it does not settle the meter.
 */
export type Taken =
  | { outcome: "accepted" | "monitored"; reading: StoredReading; flags: readonly Flag[]; closed: boolean }
  | { outcome: "duplicate" | "stale" | "late" | "empty" | "liveness" }
  | Refused;

/** A reading that was judged. */
type Judged<V = Verdict> = {
  origin: Origin;
  /** Undefined when it is not in the registry. */
  meter: Meter | undefined;
  reading: NewReading;
  /** The reading before it that counted. */
  last: StoredReading | undefined;
  verdict: V;
  /** Whether the meter settles by such readings, so that they may hold it. */
  counts: boolean;
};
type VerdictOf<O extends Verdict["outcome"]> = Extract<Verdict, { outcome: O }>;

export function makeCarryOut({
  readings,
  holds,
  levels,
  settlements,
  reject,
  metrics,
  log,
  now,
}: {
  readings: Readings;
  holds: Holds;
  levels: LevelStore;
  settlements: Pick<Settlements, "close" | "closeOver">;
  reject: Reject;
  metrics: Metrics;
  log: Log;
  /** Milliseconds. */
  now: () => number;
}) {
  /** Refuses registers, and remembers where they were. What the window before had counted is reported all the same. */
  function refuse({ origin, meter, reading, last, verdict, counts }: Judged<VerdictOf<"reject">>): Taken {
    const { reason, detail, about, levels: seen } = verdict;
    const { serial } = reading;
    const taken = reject(origin, serial, reason, detail, about);
    if (meter && seen) levels.keep(serial, reading.signature !== undefined, meter.epoch, seen);
    if (!meter || !counts || !isHold(reason)) return taken;
    holds.place(serial, { epoch: meter.epoch, reason, detail, since: now() });
    return last && seen ? { ...taken, closed: settlements.closeOver(meter, last, reading.timestamp) } : taken;
  }

  /** Stores what counts or is shown, and closes the windows that it shows to be over. */
  function accept({ meter, reading, last, verdict, counts }: Judged<VerdictOf<"accept">>): Taken {
    const { serial } = reading;
    for (const flag of verdict.flags) metrics.flags.inc({ flag });
    const stored = readings.insert(reading, now());
    const signed = reading.signature !== undefined;
    const closed = settlements.close(meter!, verdict.isBaseline ? undefined : last, stored);
    readings.remember(stored);
    if (verdict.levels) levels.keep(serial, signed, stored.epoch, verdict.levels);
    else levels.forget(serial, signed);
    if (counts) holds.release(serial);
    const outcome = counts && meter!.settles ? "accepted" : "monitored";
    log.debug({ reading: traceOf(stored), closed }, outcome);
    metrics.readings.inc({ outcome });
    return { outcome, reading: stored, flags: verdict.flags, closed };
  }

  return function carryOut({ verdict, ...judged }: Judged): Taken {
    if (verdict.outcome === "reject") return refuse({ ...judged, verdict });
    if (verdict.outcome === "accept") return accept({ ...judged, verdict });
    metrics.readings.inc({ outcome: verdict.outcome });
    // Kept, but its window is over: what it counted is in the next one.
    if (verdict.outcome === "late") {
      readings.insert(judged.reading, now());
      metrics.flags.inc({ flag: "late" });
    }
    return { outcome: verdict.outcome };
  };
}
