/**
 * Which readings are to be reported, and what became of each: the settlement table. A report is settled when the chain
 * says so, whichever member brought it there.
 */

import { constants } from "@enerlink/protocol";
import type { Hex } from "viem";
import type { Meter } from "../chain/mirror.ts";
import { closings, windowEnd as windowEndOf } from "../rules/windows.ts";
import type { Database } from "../store/database.ts";
import type { NewReading } from "../wire/reading.ts";
import { readingColumns, readingOf, type StoredReading } from "./readings.ts";

/** The converter settles a meter at most once in so many seconds. */
export const SHORTEST_INTERVAL = Number(constants.EnergyConverter.MINIMUM_INTERVAL);

export type SettlementState = "pending" | "submitted" | "settled" | "skipped";

export type Settlement = {
  id: bigint;
  reading: StoredReading;
  /** Unix seconds; undefined when settled by hand. */
  windowEnd: number | undefined;
  state: SettlementState;
  reason: string | undefined;
  /** Whether this node was asked for it, so that the other members know nothing of it. */
  asked: boolean;
  tokensWh: bigint | undefined;
  debtWh: bigint | undefined;
  transactionHash: Hex | undefined;
  blockNumber: bigint | undefined;
  final: boolean;
  /** How often it was put off, or sent in vain. */
  tries: number;
  createdAt: number;
};

type Row = Parameters<typeof readingOf>[0] & {
  settlement_id: bigint;
  window_end: bigint | null;
  asked: bigint;
  state: SettlementState;
  reason: string | null;
  tries: bigint;
  tokens_wh: bigint | null;
  debt_wh: bigint | null;
  created_at: bigint;
  hash: Hex | null;
  block_number: bigint | null;
  chain_final: bigint | null;
  transaction_state: string | null;
};

/** What the chain settled: an event of the converter. */
export type ChainSettlement = {
  serial: string;
  epoch: number;
  timestamp: number;
  tokensWh: bigint;
  debtWh: bigint;
  /** Its registers, Wh. */
  exportWh: bigint;
  importWh: bigint;
  storedWh: bigint;
  hash: Hex;
  blockNumber: bigint;
};

const SELECT = `SELECT ${readingColumns}, s.id AS settlement_id, s.window_end, s.asked, s.state, s.reason, s.tries, c.tokens_wh,
  c.debt_wh, s.created_at, coalesce(c.hash, t.hash) AS hash, coalesce(c.block_number, t.block_number) AS block_number,
  c.final AS chain_final, t.state AS transaction_state
  FROM settlements s JOIN readings r ON r.id = s.reading_id LEFT JOIN transactions t ON t.id = s.transaction_id
  LEFT JOIN chain_settlements c ON c.serial = s.serial AND c.epoch = s.epoch AND c.timestamp = s.timestamp`;

function settlementOf(row: Row): Settlement {
  return {
    id: row.settlement_id,
    reading: readingOf(row),
    windowEnd: row.window_end === null ? undefined : Number(row.window_end),
    asked: row.asked === 1n,
    state: row.state,
    reason: row.reason ?? undefined,
    tokensWh: row.tokens_wh ?? undefined,
    debtWh: row.debt_wh ?? undefined,
    transactionHash: row.hash ?? undefined,
    blockNumber: row.block_number ?? undefined,
    final:
      row.state === "settled"
        ? row.chain_final !== 0n
        : row.state === "skipped" && (row.transaction_state ?? "final") === "final",
    tries: Number(row.tries),
    createdAt: Number(row.created_at),
  };
}

/** Whether readings that nobody signed count for this meter. Those of meters with a key are only shown. */
export const countsUnsigned = (meter: Pick<Meter, "trust">): boolean => meter.trust === "C";

/** Whether the converter would count a report of this reading, as far as the registry tells. */
export function isReportable(meter: Meter, reading: NewReading): boolean {
  return (
    meter.settles &&
    !meter.suspended &&
    (reading.signature !== undefined || countsUnsigned(meter)) &&
    reading.epoch === meter.epoch &&
    reading.timestamp > meter.epochDeclaredAt &&
    reading.timestamp >= meter.activeFrom
  );
}

const isBlank = ({ signature, exportWh, importWh }: NewReading) =>
  signature === undefined && exportWh === 0n && importWh === 0n;

export type Settlements = ReturnType<typeof makeSettlements>;

export function makeSettlements({ database, interval }: { database: Database; interval: number }) {
  const insert = database.prepare(
    `INSERT INTO settlements (reading_id, serial, epoch, timestamp, window_end, asked, state, created_at)
     VALUES (?, ?, ?, ?, ?, ?, 'pending', ?) ON CONFLICT DO NOTHING`,
  );
  const pendingRows = database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.state = 'pending' AND s.not_before <= ? ORDER BY s.asked DESC, s.id LIMIT ?`,
  );
  const pendingCount = database.prepare<unknown[], { count: bigint; next: bigint | null }>(
    "SELECT count(*) AS count, min(not_before) AS next FROM settlements WHERE state = 'pending'",
  );
  const ofReading = database.prepare<unknown[], Row>(`${SELECT} WHERE s.reading_id = ?`);
  const ofTransaction = database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.transaction_id = ? ORDER BY s.id`,
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
  const markOutcome = database.prepare("UPDATE settlements SET state = ?, reason = ? WHERE id = ?");
  const markPostponed = database.prepare(
    "UPDATE settlements SET tries = tries + 1, not_before = ? + min(60000, 1000 << min(tries, 6)) WHERE id = ?",
  );
  const markAgain = database.prepare(
    "UPDATE settlements SET state = 'pending', transaction_id = NULL, not_before = ? + min(60000, 1000 << min(tries, 6)) WHERE transaction_id = ?",
  );
  const closing = database.prepare(
    "SELECT 1 FROM settlements WHERE serial = ? AND epoch = ? AND window_end = ?",
  );
  const untouched = database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.serial = ? AND s.epoch = ? AND s.timestamp = ? AND s.state = 'pending' AND s.asked = 0 AND s.not_before = 0`,
  );
  const leaveTo = database.prepare("UPDATE settlements SET not_before = ? WHERE id = ?");
  const markUnmined = database.prepare(
    "UPDATE settlements SET state = 'submitted', reason = NULL WHERE transaction_id = ? AND state = 'skipped'",
  );
  const insertChain = database.prepare(
    `INSERT INTO chain_settlements (serial, epoch, timestamp, tokens_wh, debt_wh, export_wh, import_wh, stored_wh, hash, block_number)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET tokens_wh = excluded.tokens_wh, debt_wh = excluded.debt_wh,
       export_wh = excluded.export_wh, import_wh = excluded.import_wh, stored_wh = excluded.stored_wh,
       hash = excluded.hash, block_number = excluded.block_number`,
  );
  const markChainSettled = database.prepare(
    "UPDATE settlements SET state = 'settled', reason = NULL WHERE serial = ? AND epoch = ? AND timestamp = ? AND state <> 'settled'",
  );
  const reopen = database.prepare(
    `UPDATE settlements SET state = iif(transaction_id IS NULL, 'pending', 'submitted')
     WHERE state = 'settled' AND (serial, epoch, timestamp) IN
       (SELECT serial, epoch, timestamp FROM chain_settlements WHERE block_number >= ?)`,
  );
  const forgetChain = database.prepare("DELETE FROM chain_settlements WHERE block_number >= ?");
  const markFinal = database.prepare(
    "UPDATE chain_settlements SET final = 1 WHERE final = 0 AND block_number <= ?",
  );
  const onChain = database.prepare<unknown[], { hash: Hex }>(
    "SELECT hash FROM chain_settlements WHERE serial = ? AND epoch = ? AND timestamp = ?",
  );
  /** Meters whose next reading is settled at once. */
  const urgent = new Set<string>();

  /** Records that `reading` is to be reported, unless the converter would not take it so soon after the last one. */
  function add(meter: Meter, reading: StoredReading, windowEnd: number | undefined, asked = false): boolean {
    const { serial } = meter;
    const { id, epoch, timestamp } = reading;
    if (!isReportable(meter, reading) || timestamp < earliest(serial, epoch)) return false;
    const { changes } = insert.run(
      id,
      serial,
      epoch,
      timestamp,
      windowEnd ?? null,
      asked ? 1 : 0,
      Date.now(),
    );
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
      const closing = reading === "previous" ? previous! : current;
      // Registers that stand at 0 unsigned may not be known yet: what follows says whether they count from there.
      if (isBlank(closing) && isBlank(current)) continue;
      closed = add(meter, closing, windowEnd) || closed;
    }
    // In a hurry, but not so late in a window that its end would come too soon afterwards.
    const untilEnd = windowEndOf(current.timestamp, interval) - current.timestamp;
    if (urgent.has(meter.serial) && untilEnd >= SHORTEST_INTERVAL && add(meter, current, undefined))
      closed = true;
    if (closed) urgent.delete(meter.serial);
    return closed;
  }

  /**
   * Records the window of `previous` when something of the meter at `timestamp` (unix seconds) shows that it is over,
   * though that does not count. @returns whether it closed.
   */
  function closeOver(meter: Meter, previous: StoredReading, timestamp: number): boolean {
    const closing = closings(previous.timestamp, timestamp, interval).find(
      ({ reading }) => reading === "previous",
    );
    return closing !== undefined && !isBlank(previous) && add(meter, previous, closing.windowEnd);
  }

  /** Of the signed readings only: others can verify those. */
  function last(serial: string, cutoff = Number.MAX_SAFE_INTEGER): Settlement | undefined {
    const row = lastRow.get(serial, cutoff);
    return row && settlementOf(row);
  }

  return {
    close,
    closeOver,
    /** Whether this window of the meter is over by what this node has heard. */
    isClosed: (serial: string, epoch: number, windowEnd: number): boolean =>
      closing.get(serial, epoch, windowEnd) !== undefined,
    /** Whether a reading of this epoch was to be reported. */
    isReported: (serial: string, epoch: number): boolean => lastReported.get(serial, epoch) !== undefined,
    /** Settles the next reading of `serial` that the converter will take, without waiting for its window's end. */
    hurry: (serial: string) => void urgent.add(serial),
    /**
     * Settles `reading` now, whether or not its window has closed.
     * @returns the settlement, an earlier one of the same reading included; or when the meter can be settled next.
     */
    byHand: (meter: Meter, reading: StoredReading): Settlement | { earliest: number } => {
      const find = () => ofReading.get(reading.id);
      const row = find() ?? (add(meter, reading, undefined, true) ? find() : undefined);
      return row ? settlementOf(row) : { earliest: earliest(meter.serial, reading.epoch) };
    },
    /** Those asked for here, then the oldest settlements that wait for a transaction. `now` in milliseconds. */
    pending: (limit: number, now: number) => pendingRows.all(now, limit).map(settlementOf),
    /** How many wait, and when the first of them may be tried (milliseconds). */
    waiting: () => {
      const { count, next } = pendingCount.get()!;
      return { count: Number(count), next: next === null ? undefined : Number(next) };
    },
    of: (transactionId: bigint) => ofTransaction.all(transactionId).map(settlementOf),
    submitted: (id: bigint, transactionId: bigint) => void markSubmitted.run(transactionId, id),
    /** The chain stands where the report would take it, or beyond. */
    overtaken: ({ id, reading: { serial, epoch, timestamp } }: Settlement) => {
      const settled = onChain.get(serial, epoch, timestamp);
      markOutcome.run("settled", settled ? null : "the chain was already ahead", id);
    },
    skipped: (id: bigint, reason: string) => void markOutcome.run("skipped", reason, id),
    /** The members did not agree on it: it waits, longer each time. `now` in milliseconds. */
    postpone: (id: bigint, now: number) => void markPostponed.run(now, id),
    /** The settlement of a reading that waits, and was neither put off nor left to another member yet. */
    untouched: ({ serial, epoch, timestamp }: NewReading): Settlement | undefined => {
      const row = untouched.get(serial, epoch, timestamp);
      return row && settlementOf(row);
    },
    /** Another member sees to it, and has until `until` (milliseconds). */
    leave: (id: bigint, until: number) => void leaveTo.run(until, id),
    /** The transaction moved nothing: its settlements wait again, longer each time. `now` in milliseconds. */
    again: (transactionId: bigint, now: number) => void markAgain.run(now, transactionId),
    /** The transaction's block left the chain: what it did not settle is open again. */
    unmined: (transactionId: bigint) => void markUnmined.run(transactionId),
    /** The chain settled a report. @returns whether a settlement here was waiting for it. */
    chainSettled: (settled: ChainSettlement) => {
      const { serial, epoch, timestamp, tokensWh, debtWh, exportWh, importWh, storedWh } = settled;
      const registers = [exportWh, importWh, storedWh];
      const { hash, blockNumber } = settled;
      insertChain.run(serial, epoch, timestamp, tokensWh, debtWh, ...registers, hash, blockNumber);
      return markChainSettled.run(serial, epoch, timestamp).changes > 0;
    },
    /** Blocks from `from` on were replaced: what they settled is open again until it is read again. */
    chainReorganised: (from: bigint) => {
      reopen.run(from);
      forgetChain.run(from);
    },
    /** Blocks up to `upTo` cannot be undone. */
    chainFinal: (upTo: bigint): void => void markFinal.run(upTo),
    /** The meter's newest settlement whose reading is signed, and stamped at or before `cutoff`. */
    last,
  };
}
