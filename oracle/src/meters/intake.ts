/**
 * A message's way in: checked, judged, and committed with everything that follows from it (the windows that it closes)
 * in one database transaction. Only then may the broker be told that it arrived.
 */
import { isSerial } from "@enerlink/contracts";
import type { Mirror } from "../chain/mirror.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Settlements } from "../settlement/settlements.ts";
import type { Database } from "../store/database.ts";
import { MessageError } from "./message.ts";
import { parseReading, type Reading, type ReadingDomain } from "./reading.ts";
import type { Readings, StoredReading } from "./readings.ts";
import { judge, type RejectReason } from "./rules.ts";

/** Refused messages that are kept; older ones go. */
const KEPT_REJECTS = 10_000n;
const KEPT_PAYLOAD_BYTES = 2_048;

export type Intake = ReturnType<typeof makeIntake>;

export function makeIntake({
  database,
  domain,
  mirror,
  readings,
  settlements,
  metrics,
  log,
  now = Date.now,
}: {
  database: Database;
  domain: ReadingDomain;
  mirror: Pick<Mirror, "meter">;
  readings: Readings;
  settlements: Pick<Settlements, "close">;
  metrics: Metrics;
  log: Log;
  /** Milliseconds. */
  now?: () => number;
}) {
  const insertReject = database.prepare(
    "INSERT INTO rejects (received_at, topic, serial, reason, detail, payload) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const forgetRejects = database.prepare("DELETE FROM rejects WHERE id <= ?");
  const told = new Set<string>();

  /** Stores and counts a refused message; says it once for each serial and reason. */
  function reject(
    topic: string,
    serial: string,
    payload: Uint8Array,
    reason: RejectReason,
    detail: string,
  ): void {
    const kept = Buffer.from(payload.subarray(0, KEPT_PAYLOAD_BYTES));
    const { lastInsertRowid } = insertReject.run(now(), topic, serial, reason, detail, kept);
    forgetRejects.run(BigInt(lastInsertRowid) - KEPT_REJECTS);
    metrics.rejects.inc({ reason });
    const key = `${serial} ${reason}`;
    if (told.has(key)) return;
    if (told.size < 100_000) told.add(key);
    log.warn(`refused a message of ${serial}: ${reason} (${detail})`);
  }

  const accept = database.transaction((reading: Reading, last: StoredReading | undefined) => {
    const stored = readings.insert(reading, now());
    return { stored, closed: settlements.close(mirror.meter(reading.serial)!, last, stored) };
  });

  /**
   * Takes in the payload of a `reading` topic. When this returns, what had to be kept is on disk.
   * @returns the meter's serial when the reading was accepted, and whether it closed a window.
   */
  function reading(
    topic: string,
    topicSerial: string,
    payload: Uint8Array,
  ): { serial: string; closed: boolean } | undefined {
    const who = isSerial(topicSerial) ? topicSerial : "(no serial)";
    let parsed: Reading;
    try {
      parsed = parseReading(payload);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      reject(topic, who, payload, error.fault, error.message);
      return undefined;
    }
    const last = readings.last(parsed.serial, parsed.epoch);
    const verdict = judge({
      domain,
      reading: parsed,
      topicSerial,
      meter: mirror.meter(parsed.serial),
      last,
      same: () => readings.find(parsed.serial, parsed.epoch, parsed.sequence),
      now: Math.floor(now() / 1_000),
    });
    if (verdict.outcome === "reject") {
      reject(topic, who, payload, verdict.reason, verdict.detail);
      return undefined;
    }
    if (verdict.outcome !== "accept") {
      metrics.readings.inc({ outcome: verdict.outcome });
      return undefined;
    }
    const { stored, closed } = accept(parsed, last);
    readings.remember(stored);
    metrics.readings.inc({ outcome: "accepted" });
    return { serial: parsed.serial, closed };
  }

  return { reading, reject };
}
