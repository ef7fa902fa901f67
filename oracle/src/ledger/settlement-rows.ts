/** The settlement table, and what the chain settled beside it, as they are asked and changed. */
import type { Hex } from "viem";
import type { Database } from "../store/database.ts";
import { TEXT, WHOLE } from "../store/parameters.ts";
import { readingColumns, readingOf, type StoredReading } from "./readings.ts";

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

/** Where the chain settled a report. */
export type ChainPlace = {
  serial: string;
  epoch: bigint;
  timestamp: bigint;
  hash: Hex;
  block_number: bigint;
};

/** A report that is on its way to the chain: `submitted` once a transaction of this node carries it. */
export type UnderWay = Pick<Settlement, "windowEnd"> & {
  serial: string;
  timestamp: number;
  state: "pending" | "submitted";
};

/** Each with its reading, its transaction and what the chain settled of it. */
const SELECT = `SELECT ${readingColumns}, s.id AS settlement_id, s.window_end, s.asked, s.state, s.reason, s.tries, c.tokens_wh,
  c.debt_wh, s.created_at, coalesce(c.hash, t.hash) AS hash, coalesce(c.block_number, t.block_number) AS block_number,
  c.final AS chain_final, t.state AS transaction_state
  FROM settlements s JOIN readings r ON r.id = s.reading_id LEFT JOIN transactions t ON t.id = s.transaction_id
  LEFT JOIN chain_settlements c ON c.serial = s.serial AND c.epoch = s.epoch AND c.timestamp = s.timestamp`;

export const windowEndOf = ({ window_end }: Pick<Row, "window_end">) =>
  window_end === null ? undefined : Number(window_end);

export function settlementOf(row: Row): Settlement {
  return {
    id: row.settlement_id,
    reading: readingOf(row),
    windowEnd: windowEndOf(row),
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

/** What the chain says of reports, whoever brought them there. */
const makeChainRows = (database: Database) => ({
  insertChain: database.prepare(
    `INSERT INTO chain_settlements (serial, epoch, timestamp, tokens_wh, debt_wh, export_wh, import_wh, stored_wh, hash, block_number)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET tokens_wh = excluded.tokens_wh, debt_wh = excluded.debt_wh,
       export_wh = excluded.export_wh, import_wh = excluded.import_wh, stored_wh = excluded.stored_wh,
       hash = excluded.hash, block_number = excluded.block_number`,
  ),
  markChainSettled: database.prepare(
    "UPDATE settlements SET state = 'settled', reason = NULL WHERE serial = ? AND epoch = ? AND timestamp = ? AND state <> 'settled'",
  ),
  markChainSkipped: database.prepare(
    "UPDATE settlements SET state = 'skipped', reason = ? WHERE serial = ? AND timestamp = ? AND state = 'pending'",
  ),
  /** Of which it was told here that they are settled. */
  settledFrom: database.prepare<unknown[], ChainPlace>(
    `SELECT serial, epoch, timestamp, hash, block_number FROM chain_settlements JOIN settlements
     USING (serial, epoch, timestamp) WHERE block_number >= ? AND state = 'settled'`,
  ),
  reopen: database.prepare(
    `UPDATE settlements SET state = iif(transaction_id IS NULL, 'pending', 'submitted')
     WHERE state = 'settled' AND (serial, epoch, timestamp) IN
       (SELECT serial, epoch, timestamp FROM chain_settlements WHERE block_number >= ?)`,
  ),
  forgetChain: database.prepare("DELETE FROM chain_settlements WHERE block_number >= ?"),
  markFinal: database.prepare("UPDATE chain_settlements SET final = 1 WHERE final = 0 AND block_number <= ?"),
  onChain: database.prepare<unknown[], { hash: Hex }>(
    "SELECT hash FROM chain_settlements WHERE serial = ? AND epoch = ? AND timestamp = ?",
  ),
});

export type SettlementRows = ReturnType<typeof makeSettlementRows>;

export const makeSettlementRows = (database: Database) => ({
  ...makeChainRows(database),
  insert: database.prepare(
    `INSERT INTO settlements (reading_id, serial, epoch, timestamp, window_end, asked, state, route, created_at)
     VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?) ON CONFLICT DO NOTHING`,
  ),
  pendingRows: database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.state = 'pending' AND s.not_before <= ? AND s.route = 'batch' ORDER BY s.asked DESC, s.id LIMIT ${WHOLE}`,
  ),
  pendingCount: database.prepare<unknown[], { count: bigint; next: bigint | null }>(
    "SELECT count(*) AS count, min(not_before) AS next FROM settlements WHERE state = 'pending' AND route = 'batch'",
  ),
  ofReading: database.prepare<unknown[], Row>(`${SELECT} WHERE s.reading_id = ${WHOLE}`),
  ofTransaction: database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.transaction_id = ${WHOLE} ORDER BY s.id`,
  ),
  lastRow: database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.serial = ${TEXT} AND r.timestamp <= ? AND r.signature IS NOT NULL
       AND NOT (s.route = 'root' AND s.state = 'pending') ORDER BY s.id DESC LIMIT 1`,
  ),
  lastReported: database.prepare<
    unknown[],
    { reading_id: bigint; timestamp: bigint; window_end: bigint | null }
  >(
    `SELECT s.reading_id, r.timestamp, s.window_end FROM settlements s JOIN readings r ON r.id = s.reading_id
     WHERE s.serial = ${TEXT} AND s.epoch = ${WHOLE} AND s.state <> 'skipped' AND NOT (s.state = 'pending' AND s.tries >= ?)
     ORDER BY s.id DESC LIMIT 1`,
  ),
  newest: database.prepare<unknown[], Row>(`${SELECT} WHERE s.serial = ${TEXT} ORDER BY s.id DESC LIMIT 1`),
  earlier: database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.serial = ${TEXT} AND s.epoch = ${WHOLE} AND s.timestamp > ? AND s.timestamp < ? AND s.route = 'batch'
       AND (s.state = 'submitted' OR (s.state = 'pending' AND s.tries < ?)) ORDER BY s.timestamp DESC LIMIT 1`,
  ),
  wasHeard: database.prepare(
    "SELECT 1 FROM readings WHERE serial = ? AND id > ? AND epoch = ? AND timestamp BETWEEN ? AND ? LIMIT 1",
  ),
  everReported: database.prepare(
    "SELECT 1 FROM settlements WHERE serial = ? AND epoch = ? AND state <> 'skipped'",
  ),
  markSubmitted: database.prepare(
    "UPDATE settlements SET state = 'submitted', transaction_id = ?, tries = tries + 1 WHERE id = ?",
  ),
  markOutcome: database.prepare("UPDATE settlements SET state = ?, reason = ? WHERE id = ?"),
  markPostponed: database.prepare(
    "UPDATE settlements SET tries = tries + 1, not_before = ? + min(60000, 1000 << min(tries, 6)) WHERE id = ?",
  ),
  markAgain: database.prepare(
    "UPDATE settlements SET state = 'pending', transaction_id = NULL, not_before = ? + min(60000, 1000 << min(tries, 6)) WHERE transaction_id = ?",
  ),
  closing: database.prepare("SELECT 1 FROM settlements WHERE serial = ? AND epoch = ? AND window_end = ?"),
  untouched: database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.serial = ${TEXT} AND s.epoch = ${WHOLE} AND s.timestamp = ${WHOLE} AND s.state = 'pending' AND s.route = 'batch' AND s.asked = 0 AND s.not_before = 0`,
  ),
  underWay: database.prepare<
    unknown[],
    Pick<UnderWay, "serial" | "state"> & { timestamp: bigint; window_end: bigint | null }
  >(
    `SELECT s.serial, s.timestamp, s.window_end, s.state FROM json_each(?) m JOIN settlements s ON s.serial = m.value
     WHERE s.timestamp BETWEEN ? AND ? AND (s.state = 'submitted' OR (s.state = 'pending' AND s.tries < ?))`,
  ),
  recall: database.prepare(
    "UPDATE settlements SET not_before = 0 WHERE state = 'pending' AND tries = 0 AND serial IN (SELECT value FROM json_each(?))",
  ),
  leaveTo: database.prepare("UPDATE settlements SET not_before = ? WHERE id = ?"),
  markUnmined: database.prepare(
    "UPDATE settlements SET state = 'submitted', reason = NULL WHERE transaction_id = ? AND state = 'skipped'",
  ),
});

export type RootedRows = ReturnType<typeof makeRootedRows>;

/** Of those that go to the chain within roots. */
export const makeRootedRows = (database: Database) => ({
  ofRoot: database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.window_end = ${WHOLE} AND s.route = 'root' AND s.state = 'pending' ORDER BY s.serial`,
  ),
  toBatch: database.prepare("UPDATE settlements SET route = 'batch', not_before = 0 WHERE id = ?"),
  allToBatches: database.prepare(
    "UPDATE settlements SET route = 'batch', not_before = 0 WHERE serial = ? AND route = 'root' AND state = 'pending'",
  ),
  dropEpochs: database.prepare(
    `UPDATE settlements SET state = 'skipped', reason = 'the registry no longer lets it count'
     WHERE serial = ? AND epoch < ? AND route = 'root' AND state = 'pending'`,
  ),
  passed: database.prepare(
    `UPDATE settlements SET state = 'settled', reason = 'the chain was already ahead'
     WHERE serial = ? AND epoch = ? AND window_end <= ? AND route = 'root' AND state = 'pending'`,
  ),
  newestOfRoots: database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.id IN (SELECT id FROM (SELECT id, max(window_end) FROM settlements
       WHERE route = 'root' AND state = 'pending' AND window_end <= ? GROUP BY serial))`,
  ),
  atWindow: database.prepare<unknown[], Row>(
    `${SELECT} WHERE s.serial = ${TEXT} AND s.epoch = ${WHOLE} AND s.window_end = ${WHOLE}`,
  ),
  openWindows: database.prepare<unknown[], { window_end: bigint; first: bigint; count: bigint }>(
    `SELECT window_end, min(created_at) AS first, count(*) AS count FROM settlements
     WHERE route = 'root' AND window_end > ? GROUP BY window_end ORDER BY window_end`,
  ),
});
