/** The outbox's tables: transactions, and for each the bytes that were signed for it. */
import type { Address, Hex } from "viem";
import type { Database } from "../store/database.ts";
import { TEXT, WHOLE } from "../store/parameters.ts";

/** `noop`: fills a nonce that would hold up those behind it. */
export type TransactionKind = "settle" | "root" | "clear" | "deliver" | "relay" | "noop";

export type StoredTransaction = { id: bigint; kind: TransactionKind; nonce: number; hash: Hex };

export type TransactionRow = {
  id: bigint;
  kind: TransactionKind;
  nonce: bigint;
  state: "pending" | "mined" | "final" | "replaced";
  success: bigint | null;
  hash: Hex;
  block_number: bigint | null;
  block_hash: Hex | null;
};

/** What it does: kilobytes, read only where it is signed or tried out again. */
export type Content = { target: Address; data: Hex; gas: bigint };

export type AttemptRow = {
  hash: Hex;
  raw: Hex;
  max_fee: bigint;
  priority_fee: bigint;
  created_block: bigint;
};

export const storedOf = ({ id, kind, nonce, hash }: TransactionRow): StoredTransaction => ({
  id,
  kind,
  nonce: Number(nonce),
  hash,
});

const COLUMNS = "id, kind, nonce, state, success, hash, block_number, block_hash";

export function makeLedger(database: Database) {
  const insertTransaction = database.prepare<unknown[], { id: bigint }>(
    `INSERT INTO transactions (kind, sender, nonce, target, data, gas, state, hash, created_at)
     VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?) RETURNING id`,
  );
  const insertAttempt = database.prepare(
    "INSERT INTO attempts (hash, transaction_id, raw, max_fee, priority_fee, created_block) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const highestNonce = database.prepare<unknown[], { nonce: bigint | null }>(
    `SELECT max(nonce) AS nonce FROM transactions WHERE sender = ${TEXT} AND state <> 'replaced'`,
  );
  const anyOpen = database
    .prepare<unknown[], 1n>(
      `SELECT 1 FROM transactions WHERE state IN ('pending', 'mined') AND sender = ${TEXT} LIMIT 1`,
    )
    .pluck();
  const openRows = database.prepare<unknown[], TransactionRow>(
    `SELECT ${COLUMNS} FROM transactions WHERE state IN ('pending', 'mined') AND sender = ${TEXT} ORDER BY nonce`,
  );
  const countPending = database
    .prepare<unknown[], bigint>(
      `SELECT count(*) FROM transactions WHERE state = 'pending' AND sender = ${TEXT}`,
    )
    .pluck();
  const goneRows = database.prepare<unknown[], TransactionRow>(
    `SELECT ${COLUMNS} FROM transactions WHERE state = 'final' AND sender = ${TEXT} AND nonce >= ? ORDER BY nonce`,
  );
  const content = database.prepare<unknown[], Content>(
    "SELECT target, data, gas FROM transactions WHERE id = ?",
  );
  const attemptRows = database.prepare<unknown[], AttemptRow>(
    `SELECT * FROM attempts WHERE transaction_id = ${WHOLE} ORDER BY max_fee DESC, rowid DESC`,
  );
  const setMined = database.prepare(
    "UPDATE transactions SET state = 'mined', success = ?, hash = ?, block_number = ?, block_hash = ? WHERE id = ?",
  );
  const setPending = database.prepare(
    "UPDATE transactions SET state = 'pending', success = NULL, block_number = NULL, block_hash = NULL WHERE id = ?",
  );
  const setState = database.prepare("UPDATE transactions SET state = ? WHERE id = ?");
  const becomeNoop = database.prepare(
    "UPDATE transactions SET kind = 'noop', target = ?, data = '0x', gas = ?, hash = ? WHERE id = ?",
  );
  const setHash = database.prepare("UPDATE transactions SET hash = ? WHERE id = ?");
  return {
    insertTransaction,
    insertAttempt,
    highestNonce,
    anyOpen,
    openRows,
    countPending,
    goneRows,
    content,
    attemptRows,
    setMined,
    setPending,
    setState,
    becomeNoop,
    setHash,
  };
}

export type Ledger = ReturnType<typeof makeLedger>;
