/**
 * Windows' roots: which this node has put its name to, and the readings of which they are; and what the chain has,
 * whoever brought it there.
 */
import { merkleTree, oracleCommitteeAbi, reportLeaf } from "@enerlink/protocol";
import type { Item } from "@enerlink/protocol/wire/committee";
import type { Log } from "@enerlink/service/log";
import { type Address, type Hex, isAddressEqual } from "viem";
import { type Logs, parseEventLogs } from "../chain/logs.ts";
import type { Metrics } from "../metrics.ts";
import { keccak } from "../seams/signatures.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import { readingColumns, readingOf } from "./readings.ts";
import { reportOf } from "./report.ts";

/** Milliseconds. */
const FORGETS_EVERY = 60_000;
/** Leaves that are let go at once. */
const PORTION = 1_000;

export type CommittedRoot = {
  /** Unix seconds. */
  windowEnd: number;
  root: Hex;
  configuration: number;
  transactionHash: Hex;
  blockNumber: bigint;
  final: boolean;
};
/** What a root says of a meter. */
export type Leaf = { item: Item; committed: CommittedRoot };

type CommittedRow = {
  window_end: bigint;
  root: Hex;
  configuration: bigint;
  hash: Hex;
  block_number: bigint;
  final: bigint;
};
type LeafRow = Parameters<typeof readingOf>[0] & { window_end: bigint };

const committedOf = (row: CommittedRow): CommittedRoot => ({
  windowEnd: Number(row.window_end),
  root: row.root,
  configuration: Number(row.configuration),
  transactionHash: row.hash,
  blockNumber: row.block_number,
  final: row.final === 1n,
});
function itemOf(row: LeafRow): Item {
  const { id: _, ...reading } = readingOf(row);
  return { windowEnd: Number(row.window_end), reading };
}

/** One leaf a meter, by serial. */
export const inOrder = (items: readonly Item[]): Item[] =>
  [...items].sort((a, b) => (a.reading.serial < b.reading.serial ? -1 : 1));

/** The tree over `items`, which are `inOrder`. */
export const treeOf = (items: readonly Item[]) =>
  merkleTree(
    items.map((item) => reportLeaf(reportOf(item), keccak)),
    keccak,
  );

const LEAF = readingColumns.replace("r.id", "0 AS id").replaceAll("r.", "l.");
/** Of a root that the chain has, and whose readings this node knows. */
const KNOWN = `root_leaves l JOIN signed_roots s ON s.window_end = l.window_end
  JOIN committed_roots c ON c.window_end = l.window_end AND c.root = s.root`;

export type RootLog = ReturnType<typeof makeRootLog>;

/** Those that are stored, as they are read. */
export function makeRootLog(database: Database) {
  const signedRow = database
    .prepare<unknown[], Hex>("SELECT root FROM signed_roots WHERE window_end = ?")
    .pluck();
  const committedRow = database.prepare<unknown[], CommittedRow>(
    "SELECT * FROM committed_roots WHERE window_end = ?",
  );
  const newestRow = database.prepare<unknown[], CommittedRow>(
    "SELECT * FROM committed_roots ORDER BY window_end DESC LIMIT 1",
  );
  const leafRows = database.prepare<unknown[], LeafRow>(
    `SELECT ${LEAF}, l.window_end FROM root_leaves l WHERE l.window_end = ? ORDER BY l.serial`,
  );
  const leafRow = database.prepare<unknown[], LeafRow>(
    `SELECT ${LEAF}, l.window_end FROM ${KNOWN} WHERE l.serial = ? AND l.window_end BETWEEN ? AND ?
     ORDER BY l.window_end DESC LIMIT 1`,
  );
  const settledRow = database
    .prepare<unknown[], bigint>(
      "SELECT 1 FROM chain_settlements WHERE serial = ? AND timestamp >= ? AND epoch >= ? LIMIT 1",
    )
    .pluck();
  const committed = (windowEnd: number): CommittedRoot | undefined => {
    const row = committedRow.get(windowEnd);
    return row && committedOf(row);
  };
  return {
    /** What this node has signed for the window that ended at `windowEnd`, unix seconds. */
    signed: (windowEnd: number): Hex | undefined => signedRow.get(windowEnd),
    committed,
    /** Of the latest window. */
    newest: (): CommittedRoot | undefined => {
      const row = newestRow.get();
      return row && committedOf(row);
    },
    /** Whether the chain has settled this report, or a later one. */
    isSettled: ({ reading: { serial, timestamp, epoch } }: Item): boolean =>
      settledRow.get(serial, timestamp, epoch) !== undefined,
    /** The readings of the root that this node has signed, in order. */
    items: (windowEnd: number): Item[] => leafRows.all(windowEnd).map(itemOf),
    /** The meter's newest leaf of windows that ended from `from` to `to` (unix seconds), of the roots that this node knows. */
    leaf: (serial: string, from: number, to: number): Leaf | undefined => {
      const row = leafRow.get(serial, from, to);
      const item = row && itemOf(row);
      return item && { item, committed: committed(item.windowEnd)! };
    },
  };
}

/** How the tables are changed. */
const makeWriting = (database: Database) => ({
  insertSigned: database.prepare("INSERT INTO signed_roots (window_end, root, signed_at) VALUES (?, ?, ?)"),
  insertLeaf: database.prepare(
    `INSERT INTO root_leaves (window_end, serial, epoch, sequence, timestamp, export_wh, import_wh, stored_wh, signature)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ),
  insertCommitted: database.prepare(
    `INSERT INTO committed_roots (window_end, root, configuration, hash, block_number) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET root = excluded.root, configuration = excluded.configuration, hash = excluded.hash,
       block_number = excluded.block_number
     WHERE hash <> excluded.hash OR block_number <> excluded.block_number`,
  ),
  forgetCommitted: database.prepare("DELETE FROM committed_roots WHERE block_number >= ?"),
  markFinal: database.prepare("UPDATE committed_roots SET final = 1 WHERE final = 0 AND block_number <= ?"),
  bindRow: database.prepare("INSERT INTO commitments (transaction_id, window_end) VALUES (?, ?)"),
  underWay: database
    .prepare<unknown[], bigint>(
      `SELECT 1 FROM commitments c JOIN transactions t ON t.id = c.transaction_id
       WHERE c.window_end = ? AND t.state = 'pending' AND t.kind <> 'noop'`,
    )
    .pluck(),
  forgetLeaves: database.prepare(
    `DELETE FROM root_leaves WHERE (window_end, serial) IN (SELECT l.window_end, l.serial FROM root_leaves l
       WHERE l.window_end <= (SELECT max(window_end) FROM signed_roots WHERE signed_at < ?) LIMIT ${PORTION})`,
  ),
});

export type Roots = ReturnType<typeof makeRoots>;

export function makeRoots({
  database,
  committee,
  kept,
  metrics,
  log,
  now = time.now,
}: {
  database: Database;
  /** The contract. */
  committee: Address;
  /** Milliseconds for which the readings of a root are kept. */
  kept: number;
  metrics: Metrics;
  log: Log;
  /** Milliseconds. */
  now?: () => number;
}) {
  const read = makeRootLog(database);
  const {
    insertSigned,
    insertLeaf,
    insertCommitted,
    forgetCommitted,
    markFinal,
    bindRow,
    underWay,
    forgetLeaves,
  } = makeWriting(database);
  let forgetsAt = 0;

  const note = database.transaction((logs: Logs): boolean => {
    const own = logs.filter(({ address }) => isAddressEqual(address, committee));
    const found = parseEventLogs({ abi: oracleCommitteeAbi, eventName: "RootCommitted", logs: own });
    for (const { args, transactionHash, blockNumber } of found) {
      const { windowEnd, root, configuration } = args;
      const { changes } = insertCommitted.run(windowEnd, root, configuration, transactionHash, blockNumber);
      if (changes === 0) continue;
      metrics.roots.inc({ outcome: "committed" });
      log.info({ windowEnd, root, transaction: transactionHash, block: blockNumber }, "root committed");
    }
    return found.length > 0;
  });

  return {
    ...read,
    /**
     * Notes that this node signs `root` over `items` (in order) for a window: on disk before the signature leaves.
     * @returns false where it has signed another: then it signs nothing.
     */
    sign: database.transaction((windowEnd: number, root: Hex, items: readonly Item[]): boolean => {
      const before = read.signed(windowEnd);
      if (before !== undefined) return before === root;
      insertSigned.run(windowEnd, root, now());
      for (const { reading } of items) {
        const { serial, epoch, sequence, timestamp, exportWh, importWh, storedWh, signature } = reading;
        const registers = [exportWh, importWh, storedWh, signature ? Buffer.from(signature) : null];
        insertLeaf.run(windowEnd, serial, epoch, sequence, timestamp, ...registers);
      }
      return true;
    }),
    /** Notes which window's root a transaction commits. In the database transaction that stores it. */
    bind: (transactionId: bigint, windowEnd: number): void => void bindRow.run(transactionId, windowEnd),
    /** Whether a transaction of this node that commits it waits. */
    isUnderWay: (windowEnd: number): boolean => underWay.get(windowEnd) !== undefined,
    /** Notes what was committed. @returns whether anything was. */
    onLogs: (logs: Logs): boolean => note(logs),
    /** Blocks up to `upTo` cannot be undone. */
    finalUpTo: (upTo: bigint): void => void markFinal.run(upTo),
    /** Blocks from `from` on were replaced by others. */
    reorganised: (from: bigint): void => void forgetCommitted.run(from),
    /** Lets some of the oldest readings go. Call it every second or so. */
    check: (): void => {
      if (now() < forgetsAt) return;
      const { changes } = forgetLeaves.run(now() - kept);
      if (changes < PORTION) forgetsAt = now() + FORGETS_EVERY;
    },
  };
}
