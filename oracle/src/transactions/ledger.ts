/** The outbox's tables: transactions, and for each the bytes that were signed for it. */
import type { Address, Hex } from "viem";
import type { Database } from "../store/database.ts";

/** `noop`: fills a nonce that would hold up those behind it. */
export type TransactionKind = "settle" | "clear" | "deliver" | "relay" | "noop";

export type StoredTransaction = { id: bigint; kind: TransactionKind; nonce: number; hash: Hex };

export type TransactionRow = {
  id: bigint;
  kind: TransactionKind;
  nonce: bigint;
  target: Address;
  data: Hex;
  gas: bigint;
  state: "pending" | "mined" | "final" | "replaced";
  success: bigint | null;
  hash: Hex;
  block_number: bigint | null;
  block_hash: Hex | null;
};

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

export function makeLedger(database: Database) {
  const insertTransaction = database.prepare<unknown[], { id: bigint }>(
    `INSERT INTO transactions (kind, sender, nonce, target, data, gas, state, hash, created_at)
     VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?) RETURNING id`,
  );
  const insertAttempt = database.prepare(
    "INSERT INTO attempts (hash, transaction_id, raw, max_fee, priority_fee, created_block) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const highestNonce = database.prepare<unknown[], { nonce: bigint | null }>(
    "SELECT max(nonce) AS nonce FROM transactions WHERE sender = ? AND state <> 'replaced'",
  );
  const openRows = database.prepare<unknown[], TransactionRow>(
    "SELECT * FROM transactions WHERE state IN ('pending', 'mined') AND sender = ? ORDER BY nonce",
  );
  const goneRows = database.prepare<unknown[], TransactionRow>(
    "SELECT * FROM transactions WHERE state = 'final' AND sender = ? AND nonce >= ? ORDER BY nonce",
  );
  const attemptRows = database.prepare<unknown[], AttemptRow>(
    "SELECT * FROM attempts WHERE transaction_id = ? ORDER BY max_fee DESC, rowid DESC",
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
    openRows,
    goneRows,
    attemptRows,
    setMined,
    setPending,
    setState,
    becomeNoop,
    setHash,
  };
}

export type Ledger = ReturnType<typeof makeLedger>;
