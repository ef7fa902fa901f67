/** What somebody should look at: stored once while it lasts, told to subscribers, and sent to a webhook by setting. */

import type { Log } from "@enerlink/service/log";
import type { Events } from "../events/events.ts";
import type { Metrics } from "../metrics.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";

export const alertKinds = {
  offline: "a meter has been silent for three heartbeats, or said goodbye",
  lost: "a meter has been silent for a day",
  held: "a meter's readings do not count for now",
  "credit-exceeded": "a meter's debt is beyond its credit",
  undelivered: "a trade's energy is metered, but the market cannot take it from the seller",
  twin: "two devices speak as one meter",
  imbalance: "the meters of a feeder and its head meter disagree",
  backup: "the store could not be copied",
  halted: "the chain took back what was final: nothing is signed or sent",
  chain: "the chain does not answer, or brings no new block",
  broker: "the broker is not connected, or the connection is lost again and again",
  committee: "too few members of the committee answer, or this node is none",
  clock: "this node's clock differs from the members' and the chain's",
  clearing: "a community's slot could have been cleared minutes ago, and is not",
  transactions: "transactions cannot be paid, are refused, would revert, or wait at the highest fee",
  relay: "what households sign cannot be paid for, is refused, or waits at the highest fee",
} as const;
export type AlertKind = keyof typeof alertKinds;

export type Alert = {
  id: bigint;
  kind: AlertKind;
  /** Undefined when it is about the node. */
  serial: string | undefined;
  detail: string;
  /** Milliseconds. */
  raisedAt: number;
  /** Milliseconds; undefined while it lasts. */
  endedAt: number | undefined;
};

export type AlertRow = {
  id: bigint;
  kind: AlertKind;
  serial: string;
  detail: string;
  raised_at: bigint;
  ended_at: bigint | null;
};

export const alertOf = (row: AlertRow): Alert => ({
  id: row.id,
  kind: row.kind,
  serial: row.serial || undefined,
  detail: row.detail,
  raisedAt: Number(row.raised_at),
  endedAt: row.ended_at === null ? undefined : Number(row.ended_at),
});

/** An alert as it is answered and sent. */
export const alertBody = ({ id, kind, serial, detail, raisedAt, endedAt }: Alert) => ({
  id: id.toString(),
  kind,
  meterId: serial ?? null,
  detail,
  raisedAt: new Date(raisedAt).toISOString(),
  endedAt: endedAt === undefined ? null : new Date(endedAt).toISOString(),
});

/** Those that are stored, as they are read. */
export function makeAlertLog(database: Database) {
  const page = database.prepare<unknown[], AlertRow>(
    `SELECT * FROM alerts WHERE id < ? AND (? IS NULL OR serial IN (SELECT value FROM json_each(?)))
     AND (? = 0 OR ended_at IS NULL) ORDER BY id DESC LIMIT ?`,
  );
  return {
    /** Alerts before `before` (an id), newest first; of the meters `serials`, or all of them and the node's. */
    page: (
      serials: readonly string[] | undefined,
      openOnly: boolean,
      before: bigint,
      limit: number,
    ): Alert[] =>
      page
        .all(before, serials ? 1 : null, JSON.stringify(serials ?? []), openOnly ? 1 : 0, limit)
        .map(alertOf),
  };
}
export type AlertLog = ReturnType<typeof makeAlertLog>;

export type Alerts = ReturnType<typeof makeAlerts>;

export function makeAlerts({
  database,
  webhook,
  events,
  metrics,
  log,
  now = time.now,
}: {
  database: Database;
  /** Whether each alert is to be sent on. */
  webhook: boolean;
  events: Events;
  metrics: Metrics;
  log: Log;
  now?: () => number;
}) {
  const insert = database.prepare<unknown[], AlertRow>(
    `INSERT INTO alerts (kind, serial, detail, raised_at, webhook_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING RETURNING *`,
  );
  const setEnded = database.prepare<unknown[], AlertRow>(
    `UPDATE alerts SET ended_at = ?, webhook_at = ?, webhook_tries = 0
     WHERE kind = ? AND serial = ? AND ended_at IS NULL RETURNING *`,
  );
  const open = new Set<string>();
  for (const kind of Object.keys(alertKinds)) metrics.alertsOpen.set({ kind }, 0);
  for (const { kind, serial } of database
    .prepare<unknown[], AlertRow>("SELECT * FROM alerts WHERE ended_at IS NULL")
    .all()) {
    open.add(`${kind} ${serial}`);
    metrics.alertsOpen.inc({ kind });
  }

  /** Raises an alert, unless it is raised already. `serial` is the meter's; undefined when it is about the node. */
  function raise(kind: AlertKind, serial: string | undefined, detail: string): void {
    if (open.has(`${kind} ${serial ?? ""}`)) return;
    const row = insert.get(kind, serial ?? "", detail, now(), webhook ? now() : null);
    if (!row) return;
    open.add(`${kind} ${row.serial}`);
    metrics.alertsOpen.inc({ kind });
    log.warn(`${kind}${serial ? ` ${serial}` : ""}: ${detail}`);
    events.emit("alert_raised", alertBody(alertOf(row)));
  }

  /** Ends an alert that was raised. */
  function end(kind: AlertKind, serial: string | undefined): void {
    if (!open.delete(`${kind} ${serial ?? ""}`)) return;
    const row = setEnded.get(now(), webhook ? now() : null, kind, serial ?? "");
    metrics.alertsOpen.dec({ kind });
    if (row) events.emit("alert_ended", alertBody(alertOf(row)));
  }

  return {
    raise,
    end,
  };
}
