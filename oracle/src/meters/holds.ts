/** Meters whose readings do not count for now, and why. A hold belongs to a register epoch and ends with it. */

import type { Log } from "@enerlink/service/log";
import type { Alerts } from "../alerts/alerts.ts";
import type { Metrics } from "../metrics.ts";
import { type Hold, type HoldReason, holdReasons, releaseOf } from "../rules/validation.ts";
import type { Database } from "../store/database.ts";

type Row = { serial: string; epoch: bigint; reason: HoldReason; detail: string; since: bigint };

/** A freeze outlasts every reading, tampering those that fit, a unit jump those that only time makes possible. */
const hardness = (reason: HoldReason) => ["unit-jump", "tamper", "equivocation"].indexOf(reason);

const holdOf = (row: Row): Hold => ({ ...row, epoch: Number(row.epoch), since: Number(row.since) });

/** Holds as they are stored, for where they are only looked up. */
export function makeStoredHolds(database: Database) {
  const find = database.prepare<unknown[], Row>("SELECT * FROM holds WHERE serial = ? AND epoch = ?");
  return {
    /** The meter's hold in the registry's `epoch`. */
    of: (serial: string, epoch: number): Hold | undefined => {
      const row = find.get(serial, epoch);
      return row && holdOf(row);
    },
  };
}

export type Holds = ReturnType<typeof makeHolds>;

export function makeHolds({
  database,
  alerts,
  metrics,
  log,
}: {
  database: Database;
  alerts: Pick<Alerts, "raise" | "end">;
  metrics: Metrics;
  log: Log;
}) {
  const insert = database.prepare(
    "INSERT OR REPLACE INTO holds (serial, epoch, reason, detail, since) VALUES (?, ?, ?, ?, ?)",
  );
  const remove = database.prepare("DELETE FROM holds WHERE serial = ?");
  const held = new Map<string, Hold>();
  for (const row of database.prepare<unknown[], Row>("SELECT * FROM holds").all()) {
    held.set(row.serial, holdOf(row));
  }

  function count(): void {
    for (const reason of holdReasons) {
      const meters = [...held.values()].filter((hold) => hold.reason === reason).length;
      metrics.metersHeld.set({ reason }, meters);
    }
  }
  count();

  /** The meter's hold in the registry's `epoch`. */
  function of(serial: string, epoch: number): Hold | undefined {
    const hold = held.get(serial);
    return hold?.epoch === epoch ? hold : undefined;
  }

  return {
    of,
    /** Holds a meter; a hold that is harder to get rid of goes on. */
    place: (serial: string, hold: Hold) => {
      const before = of(serial, hold.epoch);
      if (before && (before.reason === hold.reason || hardness(before.reason) > hardness(hold.reason)))
        return;
      insert.run(serial, hold.epoch, hold.reason, hold.detail, hold.since);
      held.set(serial, hold);
      count();
      alerts.raise("held", serial, `${hold.reason}: ${hold.detail}; released by ${releaseOf(hold.reason)}`);
    },
    /** A reading of the meter counts again. */
    release: (serial: string) => {
      if (!held.has(serial)) return;
      remove.run(serial);
      held.delete(serial);
      count();
      alerts.end("held", serial);
      log.info(`${serial} is no longer held`);
    },
  };
}
