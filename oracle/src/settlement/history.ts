/**
 * Settlements as people are told of them: the reports that this node knows, and what the chain settled without its
 * knowing, newest reading first. The chain's word goes before the node's own.
 */
import type { Hex } from "viem";
import { settlementIdOf } from "../events/chain-events.ts";
import type { SettlementState } from "../ledger/settlements.ts";
import type { Database } from "../store/database.ts";

export type PastSettlement = {
  /** The same at every node. */
  id: string;
  serial: string;
  epoch: number;
  /** Of the reading, unix seconds. */
  timestamp: number;
  /** Unix seconds; undefined when settled by hand, or reported by somebody else. */
  windowEnd: number | undefined;
  exportWh: bigint;
  importWh: bigint;
  storedWh: bigint;
  /** Since the settlement before, once it is on the chain; 0 of an epoch's first. */
  exportedWh: bigint | undefined;
  importedWh: bigint | undefined;
  /** Whether the meter signed it; undefined when this node has not seen the reading. */
  signed: boolean | undefined;
  /** `committed`: it stands in a window's root that the chain has, and waits for its settlement. */
  state: SettlementState | "committed";
  reason: string | undefined;
  tokensWh: bigint | undefined;
  debtWh: bigint | undefined;
  transactionHash: Hex | undefined;
  blockNumber: bigint | undefined;
  final: boolean;
  /** Milliseconds; undefined when this node did not know the report before it was settled. */
  createdAt: number | undefined;
};

/** Where a page begins: before this settlement, in the order of time, serial and epoch. */
export type Position = { timestamp: number; serial: string; epoch: number };

/** Unix seconds: `from` included, `to` not. */
export type Span = { from: number; to: number };

/** Later than any. */
const NEWEST: Position = { timestamp: 2 ** 50, serial: "", epoch: 0 };

/** The settlement before which a page ends. @returns undefined when `id` is none's. */
export function positionOf(id: string): Position | undefined {
  const [, serial, epoch, timestamp] = /^([A-Za-z0-9-]{1,32})-(\d{1,10})-(\d{1,13})$/.exec(id) ?? [];
  return serial === undefined ? undefined : { serial, epoch: Number(epoch), timestamp: Number(timestamp) };
}

type Row = {
  serial: string;
  epoch: bigint;
  timestamp: bigint;
  window_end: bigint | null;
  export_wh: bigint | null;
  import_wh: bigint | null;
  stored_wh: bigint | null;
  exported_wh: bigint | null;
  imported_wh: bigint | null;
  reading_id: bigint | null;
  is_signed: bigint | null;
  state: SettlementState | null;
  reason: string | null;
  created_at: bigint | null;
  tokens_wh: bigint | null;
  debt_wh: bigint | null;
  chain_hash: Hex | null;
  chain_block: bigint | null;
  chain_final: bigint | null;
  own_hash: Hex | null;
  own_block: bigint | null;
  own_state: string | null;
  root_hash: Hex | null;
  root_block: bigint | null;
};

function pastOf(row: Row): PastSettlement {
  const onChain = row.chain_hash !== null;
  const isCommitted = !onChain && row.state === "pending" && row.root_hash !== null;
  const state = onChain ? "settled" : isCommitted ? "committed" : row.state!;
  const key = { serial: row.serial, epoch: Number(row.epoch), timestamp: Number(row.timestamp) };
  return {
    id: settlementIdOf(key),
    ...key,
    windowEnd: row.window_end === null ? undefined : Number(row.window_end),
    exportWh: row.export_wh!,
    importWh: row.import_wh!,
    storedWh: row.stored_wh!,
    exportedWh: row.exported_wh ?? undefined,
    importedWh: row.imported_wh ?? undefined,
    signed: row.is_signed === null ? undefined : row.is_signed === 1n,
    state,
    reason: onChain ? undefined : (row.reason ?? undefined),
    tokensWh: row.tokens_wh ?? undefined,
    debtWh: row.debt_wh ?? undefined,
    transactionHash: row.chain_hash ?? row.own_hash ?? row.root_hash ?? undefined,
    blockNumber: row.chain_block ?? row.own_block ?? row.root_block ?? undefined,
    final: onChain
      ? row.chain_final === 1n
      : state === "settled" || (state === "skipped" && (row.own_state ?? "final") === "final"),
    createdAt: row.created_at === null ? undefined : Number(row.created_at),
  };
}

const KEY = "timestamp, serial, epoch";
const DETAILS = `SELECT k.serial, k.epoch, k.timestamp, s.window_end, s.reading_id, s.state, s.reason, s.created_at,
    coalesce(c.export_wh, r.export_wh) AS export_wh, coalesce(c.import_wh, r.import_wh) AS import_wh,
    coalesce(c.stored_wh, r.stored_wh) AS stored_wh, iif(r.id IS NULL, NULL, r.signature IS NOT NULL) AS is_signed,
    c.export_wh - coalesce(b.export_wh, c.export_wh) AS exported_wh,
    c.import_wh - coalesce(b.import_wh, c.import_wh) AS imported_wh,
    c.tokens_wh, c.debt_wh, c.hash AS chain_hash, c.block_number AS chain_block, c.final AS chain_final,
    t.hash AS own_hash, t.block_number AS own_block, t.state AS own_state,
    cr.hash AS root_hash, cr.block_number AS root_block
  FROM k LEFT JOIN settlements s ON s.serial = k.serial AND s.timestamp = k.timestamp AND s.epoch = k.epoch
  LEFT JOIN readings r ON r.id = s.reading_id LEFT JOIN transactions t ON t.id = s.transaction_id
  LEFT JOIN chain_settlements c ON c.serial = k.serial AND c.epoch = k.epoch AND c.timestamp = k.timestamp
  LEFT JOIN chain_settlements b ON b.serial = k.serial AND b.epoch = k.epoch AND b.timestamp =
    (SELECT max(timestamp) FROM chain_settlements WHERE serial = k.serial AND epoch = k.epoch AND timestamp < k.timestamp)
  LEFT JOIN root_leaves l ON s.route = 'root' AND l.window_end = s.window_end AND l.serial = s.serial AND l.epoch = s.epoch
  LEFT JOIN signed_roots sr ON sr.window_end = l.window_end
  LEFT JOIN committed_roots cr ON cr.window_end = l.window_end AND cr.root = sr.root
  WHERE coalesce(c.export_wh, r.export_wh) IS NOT NULL
  ORDER BY k.timestamp DESC, k.serial DESC, k.epoch DESC`;

export type History = ReturnType<typeof makeHistory>;

export function makeHistory(database: Database) {
  /** Both tables are walked in the order of an index each, no further than the page needs. */
  const pageOf = (condition: string) =>
    database.prepare<unknown[], Row>(
      `WITH k AS (
         SELECT ${KEY} FROM settlements WHERE ${condition} AND (${KEY}) < (:timestamp, :serial, :epoch) AND timestamp >= :from
           AND (:whole OR route = 'batch')
         UNION
         SELECT ${KEY} FROM chain_settlements WHERE ${condition} AND (${KEY}) < (:timestamp, :serial, :epoch) AND timestamp >= :from
         ORDER BY timestamp DESC, serial DESC, epoch DESC LIMIT :limit)
       ${DETAILS}`,
    );
  const ofAll = pageOf("1");
  const ofMeter = pageOf("serial = :meter");

  return {
    /**
     * Settlements before `before`, newest reading first, of one meter or all; of readings within `span`.
     * @param whole With what stands in roots and the chain does not show: what a meter counted in each window
     */
    page: (
      meter: string | undefined,
      { from, to }: Span,
      before: Position | undefined,
      limit: number,
      whole = false,
    ): PastSettlement[] => {
      const end = { ...NEWEST, timestamp: to };
      const start = before && before.timestamp < to ? before : end;
      const values = { ...start, from, limit, whole: whole ? 1 : 0 };
      return (meter === undefined ? ofAll.all(values) : ofMeter.all({ ...values, meter })).map(pastOf);
    },
  };
}
