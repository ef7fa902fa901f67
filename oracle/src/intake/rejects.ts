/** Messages that are refused: the last of each meter are kept, all counted, and said once for each serial and reason. */
import type { Log } from "@enerlink/service/log";
import type { Mirror } from "../chain/mirror.ts";
import type { Metrics } from "../metrics.ts";
import { type About, settings as known, type Setting } from "../rules/about.ts";
import type { RejectReason } from "../rules/validation.ts";
import type { Database } from "../store/database.ts";
import type { Origin } from "./source.ts";

/** Refused messages that are kept of each meter, and of all that are in no registry together; older ones go. */
const KEPT = { ofMeter: 100, ofOthers: 1_000 };
const OTHERS = "(others)";
const KEPT_PAYLOAD_BYTES = 2_048;
/** Serials and reasons of which it is remembered that they were said. */
const MOST_TOLD = 100_000;

/** `closed`: a window was closed all the same, and can be reported once all of it is on disk. */
export type Refused = {
  outcome: "refused";
  reason: RejectReason;
  detail: string;
  about: About;
  closed: boolean;
};

export type Reject = ReturnType<typeof makeReject>;

export function makeReject({
  database,
  mirror,
  metrics,
  log,
  now,
}: {
  database: Database;
  mirror: Pick<Mirror, "meter">;
  metrics: Pick<Metrics, "rejects">;
  log: Pick<Log, "warn">;
  /** Milliseconds. */
  now: () => number;
}) {
  const insert = database.prepare(
    `INSERT INTO rejects (received_at, topic, serial, reason, detail, field, settings, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const forget = database.prepare(
    `DELETE FROM rejects WHERE serial = ?
     AND id <= (SELECT id FROM rejects WHERE serial = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
  );
  const told = new Set<string>();

  return function reject(
    { topic, payload }: Origin,
    serial: string,
    reason: RejectReason,
    detail: string,
    about: About = {},
  ): Refused {
    const kept = Buffer.from(payload.subarray(0, KEPT_PAYLOAD_BYTES));
    const isMeter = mirror.meter(serial) !== undefined;
    const whose = isMeter ? serial : OTHERS;
    const { field = null, settings = [] } = about;
    insert.run(now(), topic, whose, reason, detail, field, settings.join(" "), kept);
    forget.run(whose, whose, isMeter ? KEPT.ofMeter : KEPT.ofOthers);
    metrics.rejects.inc({ reason });
    const key = `${serial} ${reason}`;
    if (!told.has(key)) {
      if (told.size < MOST_TOLD) told.add(key);
      log.warn({ serial, topic }, `refused a message: ${reason} (${detail})`);
    }
    return { outcome: "refused", reason, detail, about, closed: false };
  };
}

/** A message that was refused; `at` in milliseconds, of the payload what was kept. */
export type RejectRow = {
  id: bigint;
  at: bigint;
  topic: string;
  reason: RejectReason;
  detail: string;
  field: string | null;
  settings: readonly Setting[];
  payload: Buffer;
};
type Stored = Omit<RejectRow, "settings"> & { settings: string };

/** A later version may have known others. */
const rowOf = (row: Stored): RejectRow => {
  const named = row.settings.split(" ");
  return { ...row, settings: known.filter((setting) => named.includes(setting)) };
};

export type RejectLog = ReturnType<typeof makeRejectLog>;

/** What was refused of each meter, for where it is only looked up. */
export function makeRejectLog(database: Database) {
  const page = database.prepare<unknown[], Stored>(
    `SELECT id, received_at AS at, topic, reason, detail, field, settings, payload FROM rejects
     WHERE serial = ? AND id < ? ORDER BY id DESC LIMIT ?`,
  );
  return {
    /** Newest first. */
    page: (serial: string, before: bigint, limit: number): RejectRow[] =>
      page.all(serial, before, limit).map(rowOf),
    newest: (serial: string): RejectRow | undefined => {
      const row = page.get(serial, 2n ** 63n - 1n, 1);
      return row && rowOf(row);
    },
  };
}
