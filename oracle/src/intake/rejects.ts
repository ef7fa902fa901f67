/** Messages that are refused: kept for a while, counted, and said once for each serial and reason. */
import type { Log } from "@enerlink/service/log";
import type { Metrics } from "../metrics.ts";
import type { RejectReason } from "../rules/validation.ts";
import type { Database } from "../store/database.ts";
import type { Origin } from "./source.ts";

/** Refused messages that are kept; older ones go. */
const KEPT_REJECTS = 10_000n;
const KEPT_PAYLOAD_BYTES = 2_048;
/** Serials and reasons of which it is remembered that they were said. */
const MOST_TOLD = 100_000;

/** `closed`: a window was closed all the same, and can be reported once all of it is on disk. */
export type Refused = { outcome: "refused"; reason: RejectReason; detail: string; closed: boolean };

export type Reject = ReturnType<typeof makeReject>;

export function makeReject({
  database,
  metrics,
  log,
  now,
}: {
  database: Database;
  metrics: Pick<Metrics, "rejects">;
  log: Pick<Log, "warn">;
  /** Milliseconds. */
  now: () => number;
}) {
  const insert = database.prepare(
    "INSERT INTO rejects (received_at, topic, serial, reason, detail, payload) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const forget = database.prepare("DELETE FROM rejects WHERE id <= ?");
  const told = new Set<string>();

  return function reject(
    { topic, payload }: Origin,
    serial: string,
    reason: RejectReason,
    detail: string,
  ): Refused {
    const kept = Buffer.from(payload.subarray(0, KEPT_PAYLOAD_BYTES));
    const { lastInsertRowid } = insert.run(now(), topic, serial, reason, detail, kept);
    forget.run(BigInt(lastInsertRowid) - KEPT_REJECTS);
    metrics.rejects.inc({ reason });
    const key = `${serial} ${reason}`;
    if (!told.has(key)) {
      if (told.size < MOST_TOLD) told.add(key);
      log.warn({ serial, topic }, `refused a message: ${reason} (${detail})`);
    }
    return { outcome: "refused", reason, detail, closed: false };
  };
}
