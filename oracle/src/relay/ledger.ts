/** What this node's relay took on: for its budgets, for whoever asks again, and as the record of what it paid for. */
import type { Address, Hex } from "viem";
import type { Database } from "../store/database.ts";

export type Relayed = {
  id: number;
  account: Address;
  nonce: bigint;
  /** `pending`: sent or to be sent; `failed`: it reverted, or never could be mined. */
  state: "pending" | "mined" | "failed";
  /** The transaction's present hash; another one when its fee had to be raised. */
  hash: Hex;
  /** Milliseconds. */
  at: number;
};

type Row = {
  id: bigint;
  account: Address;
  nonce: string;
  kind: string;
  state: string;
  success: bigint | null;
  hash: Hex;
  at: bigint;
};

const SELECT = `SELECT relayed.id, relayed.account, relayed.nonce, relayed.at, kind, state, success, hash
  FROM relayed JOIN transactions ON transactions.id = relayed.transaction_id`;

/** A nonce whose transaction was given up is filled with one that does nothing. */
const stateOf = ({ kind, state, success }: Row): Relayed["state"] => {
  if (kind !== "relay" || state === "replaced" || success === 0n) return "failed";
  return state === "pending" ? "pending" : "mined";
};
const relayedOf = (row: Row): Relayed => ({
  id: Number(row.id),
  account: row.account,
  nonce: BigInt(row.nonce),
  state: stateOf(row),
  hash: row.hash,
  at: Number(row.at),
});

export type RelayLedger = ReturnType<typeof makeRelayLedger>;

export function makeRelayLedger(database: Database) {
  const insert = database.prepare<unknown[], { id: bigint }>(
    `INSERT INTO relayed (account, nonce, paid_for, calls, gas, at, transaction_id) VALUES (?, ?, ?, ?, ?, ?, ?)
     RETURNING id`,
  );
  const byId = database.prepare<unknown[], Row>(`${SELECT} WHERE relayed.id = ?`);
  const byNonce = database.prepare<unknown[], Row>(
    `${SELECT} WHERE relayed.account = ? AND relayed.nonce = ? ORDER BY relayed.id DESC LIMIT 1`,
  );
  const setGas = database.prepare("UPDATE relayed SET gas = ? WHERE transaction_id = ?");
  const spentBy = database.prepare<unknown[], { gas: bigint }>(
    "SELECT coalesce(sum(gas), 0) AS gas FROM relayed WHERE paid_for = ? AND at >= ?",
  );
  const spentByOthers = database.prepare<unknown[], { gas: bigint }>(
    "SELECT coalesce(sum(gas), 0) AS gas FROM relayed WHERE paid_for = ? AND at >= ? AND account <> paid_for",
  );
  const spent = database.prepare<unknown[], { gas: bigint }>(
    "SELECT coalesce(sum(gas), 0) AS gas FROM relayed WHERE at >= ?",
  );
  const one = (row: Row | undefined) => (row ? relayedOf(row) : undefined);
  return {
    /** @param calls What was called, for the record: contract and function of each */
    insert: (taken: {
      account: Address;
      nonce: bigint;
      /** The household out of whose gas of the day it is paid: `account`, or the one whose guardian that is. */
      paidFor: Address;
      calls: { to: Address; selector: Hex }[];
      gas: bigint;
      at: number;
      transactionId: bigint;
    }): number => {
      const { account, nonce, paidFor, calls, gas, at, transactionId } = taken;
      const called = JSON.stringify(calls);
      const row = insert.get(account, nonce.toString(), paidFor, called, gas, at, transactionId)!;
      return Number(row.id);
    },
    find: (id: number) => one(byId.get(id)),
    /** The last that was taken on with a nonce of an account. */
    ofNonce: (account: Address, nonce: bigint) => one(byNonce.get(account, nonce.toString())),
    /** What a transaction really cost, in the place of what it was allowed to. */
    spend: (transactionId: bigint, gas: bigint) => void setGas.run(gas, transactionId),
    /** Gas of a household's, and of all, since `from` (milliseconds). */
    spentSince: (from: number, household?: Address): bigint =>
      (household === undefined ? spent.get(from) : spentBy.get(household, from))!.gas,
    /** Gas of a household's that guardians of it have spent since `from`. */
    spentByGuardians: (from: number, household: Address): bigint => spentByOthers.get(household, from)!.gas,
  };
}
