/**
 * One account's sequence of nonces: transactions are numbered, signed and stored one after the other, and only then
 * sent. A nonce that nobody uses below those that are used here is filled.
 */

import type { Log } from "@enerlink/service/log";
import type { Address, Hex, PublicClient } from "viem";
import type { Head } from "../chain/follow.ts";
import type { Metrics } from "../metrics.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import type { Ledger, StoredTransaction, TransactionKind, TransactionRow } from "./ledger.ts";
import type { Attempt, Sender } from "./sender.ts";

export const TRANSFER_GAS = 21_000n;

export type Call = { kind: TransactionKind; to: Address; data: Hex; gas: bigint };

export type NumberingNeeds = {
  database: Database;
  ledger: Ledger;
  client: PublicClient;
  sender: Sender;
  head: () => Head;
  /** Milliseconds after which a nonce that nobody has used, below those that are used here, is filled. */
  patience: number;
  metrics: Metrics;
  log: Log;
};

export function makeNumbering({
  database,
  ledger,
  client,
  sender,
  head,
  patience,
  metrics,
  log,
}: NumberingNeeds) {
  const { address } = sender;
  let queue: Promise<unknown> = Promise.resolve();
  let chainNonce = 0;
  /** Since when it is seen, by the clock that nobody sets, milliseconds. */
  let gap: { nonce: number; since: number } | undefined;

  /** Writes down the bytes that were signed for a transaction. Inside a database transaction, before they are sent. */
  const noteAttempt = (id: bigint, { raw, hash, price }: Attempt) =>
    ledger.insertAttempt.run(hash, id, raw, price.maxFee, price.priorityFee, head().number);

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = queue.then(work);
    queue = done.catch(() => {});
    return done;
  }

  async function store(
    { kind, to, data, gas }: Call,
    nonce: bigint,
    bind: (transactionId: bigint) => void,
  ): Promise<StoredTransaction> {
    const attempt = await sender.sign({ target: to, data, gas, nonce });
    const { hash } = attempt;
    const id = database.transaction(() => {
      const row = ledger.insertTransaction.get(kind, address, nonce, to, data, gas, hash, time.now())!;
      noteAttempt(row.id, attempt);
      bind(row.id);
      return row.id;
    })();
    log.debug({ transaction: hash, nonce }, `stored ${kind}`);
    metrics.transactions.inc({ outcome: "sent" });
    await sender.sendNew(id, attempt.raw);
    return { id, kind, nonce: Number(nonce), hash };
  }

  /**
   * Stores a transaction with the next nonce and sends it. `bind` runs in the same database transaction, to tie what it
   * carries to its id. Resolves when the node has answered; nobody needs to wait for that to be safe.
   */
  const submit = (call: Call, bind: (transactionId: bigint) => void): Promise<StoredTransaction> =>
    inTurn(() => {
      const highest = ledger.highestNonce.get(address)!.nonce;
      const nonce = Math.max(chainNonce, highest === null ? 0 : Number(highest) + 1);
      return store(call, BigInt(nonce), bind);
    });

  /** Fills the lowest nonce that nobody uses although later ones wait here: nothing behind it would ever be mined. */
  async function fillGap(open: TransactionRow[]): Promise<void> {
    const used = new Set(open.map(({ nonce }) => Number(nonce)));
    const highest = Math.max(-1, ...used);
    let nonce = chainNonce;
    while (nonce < highest && used.has(nonce)) nonce++;
    if (nonce >= highest) {
      gap = undefined;
      return;
    }
    if (gap?.nonce !== nonce) gap = { nonce, since: time.elapsed() };
    if (time.elapsed() - gap.since < patience) return;
    // Somebody else's transaction with this nonce may wait in the pool.
    if ((await client.getTransactionCount({ address, blockTag: "pending" })) > nonce) return;
    gap = undefined;
    log.warn({ nonce, sender: address }, "a nonce is missing: filled with a transaction that does nothing");
    await inTurn(() =>
      store({ kind: "noop", to: address, data: "0x", gas: TRANSFER_GAS }, BigInt(nonce), () => {}),
    );
  }

  return {
    submit,
    fillGap,
    noteAttempt,
    /** Asks the chain how many nonces it has used. */
    ask: async (): Promise<number> => {
      chainNonce = await client.getTransactionCount({ address, blockTag: "latest" });
      return chainNonce;
    },
    /** Resolves when nothing is being stored or sent. */
    idle: () => queue,
  };
}

export type Numbering = ReturnType<typeof makeNumbering>;
