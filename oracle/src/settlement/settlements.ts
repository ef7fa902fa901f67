/** Which readings are to be reported, and what became of each: the settlement table. */
import type { Hex } from "viem";
import type { Meter } from "../chain/mirror.ts";
import { readingColumns, readingOf, type StoredReading } from "../meters/readings.ts";
import type { Database } from "../store/database.ts";
import { closings, windowEnd as windowEndOf } from "./windows.ts";

/** The converter settles a meter at most once in so many seconds. */
export const SHORTEST_INTERVAL = 60;

export type SettlementState = "pending" | "submitted" | "settled" | "skipped";

export type Settlement = {
  id: bigint;
  reading: StoredReading;
  /** Unix seconds; undefined when settled by hand. */
  windowEnd: number | undefined;
  state: SettlementState;
  reason: string | undefined;
  tokensWh: bigint | undefined;
  debtWh: bigint | undefined;
  transactionHash: Hex | undefined;
  blockNumber: bigint | undefined;
  final: boolean;
  createdAt: number;
};

type Row = Parameters<typeof readingOf>[0] & {
  settlement_id: bigint;
  window_end: bigint | null;
  state: SettlementState;
  reason: string | null;
  tokens_wh: bigint | null;
  debt_wh: bigint | null;
  created_at: bigint;
  hash: Hex | null;
  block_number: bigint | null;
  transaction_state: string | null;
};

const SELECT = `SELECT ${readingColumns}, s.id AS settlement_id, s.window_end, s.state, s.reason, s.tokens_wh, s.debt_wh,
  s.created_at, t.hash, t.block_number, t.state AS transaction_state
  FROM settlements s JOIN readings r ON r.id = s.reading_id LEFT JOIN transactions t ON t.id = s.transaction_id`;

function settlementOf(row: Row): Settlement {
  return {
    id: row.settlement_id,
    reading: readingOf(row),
    windowEnd: row.window_end === null ? undefined : Number(row.window_end),
    state: row.state,
    reason: row.reason ?? undefined,
    tokensWh: row.tokens_wh ?? undefined,
    debtWh: row.debt_wh ?? undefined,
    transactionHash: row.hash ?? undefined,
    blockNumber: row.block_number ?? undefined,
    final: row.transaction_state === null ? row.state === "settled" : row.transaction_state === "final",
    createdAt: Number(row.created_at),
  };
}

/** Whether readings that nobody signed count for this meter. Those of meters with a key are only shown. */
export const countsUnsigned = (meter: Pick<Meter, "trust">): boolean => meter.trust === "C";

/** Whether the converter would count a report of this reading, as far as the registry tells. */
export function isReportable(meter: Meter, reading: StoredReading): boolean {
  return (
    meter.settles &&
    !meter.suspended &&
    (reading.signature !== undefined || countsUnsigned(meter)) &&
    reading.epoch === meter.epoch &&
    reading.timestamp > meter.epochDeclaredAt &&
    reading.timestamp >= meter.activeFrom
  );
}

export type Settlements = ReturnType<typeof makeSettlements>;

export function makeSettlements({ database, interval }: { database: Database; interval: number }) {
  const insert = database.prepare(
    `INSERT INTO settlements (reading_id, serial, epoch, window_end, state, created_at) VALUES (?, ?, ?, ?, 'pending', ?)
     ON CONFLICT DO NOTHING`,
  );
  const pendingRows = database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.state = 'pending' AND s.not_before <= ? ORDER BY s.id LIMIT ?`,
  );
  const pendingCount = database.prepare<unknown[], { count: bigint; next: bigint | null }>(
    "SELECT count(*) AS count, min(not_before) AS next FROM settlements WHERE state = 'pending'",
  );
  const ofReading = database.prepare<unknown[], Row>(`${SELECT} WHERE s.reading_id = ?`);
  const ofTransaction = database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.transaction_id = ? ORDER BY s.id`,
  );
  const page = database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.id < ? AND (? IS NULL OR s.serial = ?) ORDER BY s.id DESC LIMIT ?`,
  );
  const lastRow = database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.serial = ? AND r.timestamp <= ? AND r.signature IS NOT NULL ORDER BY s.id DESC LIMIT 1`,
  );
  const lastReported = database.prepare<unknown[], { timestamp: bigint }>(
    `SELECT r.timestamp FROM settlements s JOIN readings r ON r.id = s.reading_id
     WHERE s.serial = ? AND s.epoch = ? AND s.state <> 'skipped' ORDER BY s.id DESC LIMIT 1`,
  );
  const markSubmitted = database.prepare(
    "UPDATE settlements SET state = 'submitted', transaction_id = ?, tries = tries + 1 WHERE id = ?",
  );
  const markOutcome = database.prepare(
    "UPDATE settlements SET state = ?, reason = ?, tokens_wh = ?, debt_wh = ? WHERE id = ?",
  );
  const markAgain = database.prepare(
    "UPDATE settlements SET state = 'pending', transaction_id = NULL, not_before = ? + min(60000, 1000 << min(tries, 6)) WHERE transaction_id = ?",
  );
  const markUnmined = database.prepare(
    "UPDATE settlements SET state = 'submitted', reason = NULL, tokens_wh = NULL, debt_wh = NULL WHERE transaction_id = ?",
  );
  /** Meters whose next reading is settled at once. */
  const urgent = new Set<string>();

  /** Records that `reading` is to be reported, unless the converter would not take it so soon after the last one. */
  function add(meter: Meter, reading: StoredReading, windowEnd: number | undefined): boolean {
    if (!isReportable(meter, reading) || reading.timestamp < earliest(meter.serial, reading.epoch))
      return false;
    const { changes } = insert.run(reading.id, meter.serial, reading.epoch, windowEnd ?? null, Date.now());
    return changes === 1;
  }

  /** When the meter can be settled next, unix seconds. */
  function earliest(serial: string, epoch: number): number {
    const row = lastReported.get(serial, epoch);
    return row ? Number(row.timestamp) + SHORTEST_INTERVAL : 0;
  }

  /**
   * Records the windows that `current`, the meter's reading after `previous`, closes. Inside the transaction that stores
   * the reading.
   * @returns whether any window closed.
   */
  function close(meter: Meter, previous: StoredReading | undefined, current: StoredReading): boolean {
    let closed = false;
    for (const { reading, windowEnd } of closings(previous?.timestamp, current.timestamp, interval)) {
      closed = add(meter, reading === "previous" ? previous! : current, windowEnd) || closed;
    }
    // In a hurry, but not so late in a window that its end would come too soon afterwards.
    const untilEnd = windowEndOf(current.timestamp, interval) - current.timestamp;
    if (urgent.has(meter.serial) && untilEnd >= SHORTEST_INTERVAL && add(meter, current, undefined))
      closed = true;
    if (closed) urgent.delete(meter.serial);
    return closed;
  }

  /** Of the signed readings only: others can verify those. */
  function last(serial: string, cutoff = Number.MAX_SAFE_INTEGER): Settlement | undefined {
    const row = lastRow.get(serial, cutoff);
    return row && settlementOf(row);
  }

  return {
    close,
    /** Settles the next reading of `serial` that the converter will take, without waiting for its window's end. */
    hurry: (serial: string) => void urgent.add(serial),
    /**
     * Settles `reading` now, whether or not its window has closed.
     * @returns the settlement, an earlier one of the same reading included; or when the meter can be settled next.
     */
    byHand: (meter: Meter, reading: StoredReading): Settlement | { earliest: number } => {
      const find = () => ofReading.get(reading.id);
      const row = find() ?? (add(meter, reading, undefined) ? find() : undefined);
      return row ? settlementOf(row) : { earliest: earliest(meter.serial, reading.epoch) };
    },
    /** The oldest settlements that wait for a transaction. `now` in milliseconds. */
    pending: (limit: number, now: number) => pendingRows.all(now, limit).map(settlementOf),
    /** How many wait, and when the first of them may be tried (milliseconds). */
    waiting: () => {
      const { count, next } = pendingCount.get()!;
      return { count: Number(count), next: next === null ? undefined : Number(next) };
    },
    of: (transactionId: bigint) => ofTransaction.all(transactionId).map(settlementOf),
    submitted: (id: bigint, transactionId: bigint) => void markSubmitted.run(transactionId, id),
    settled: (id: bigint, tokensWh: bigint | undefined, debtWh: bigint | undefined, reason?: string) =>
      void markOutcome.run("settled", reason ?? null, tokensWh ?? null, debtWh ?? null, id),
    skipped: (id: bigint, reason: string) => void markOutcome.run("skipped", reason, null, null, id),
    /** The transaction moved nothing: its settlements wait again, longer each time. `now` in milliseconds. */
    again: (transactionId: bigint, now: number) => void markAgain.run(now, transactionId),
    /** The transaction's block left the chain: its outcome is open again. */
    unmined: (transactionId: bigint) => void markUnmined.run(transactionId),
    /** Settlements before `before` (an id), newest first, of one meter or all. */
    page: (serial: string | undefined, before: bigint, limit: number) =>
      page.all(before, serial ?? null, serial ?? null, limit).map(settlementOf),
    /** The meter's newest settlement whose reading is signed, and stamped at or before `cutoff`. */
    last,
  };
}
