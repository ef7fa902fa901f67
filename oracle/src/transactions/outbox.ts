/**
 * The outbox: one account, one sequence of nonces, several transactions in flight. Nonce and signed bytes are on disk
 * before they are sent, so that a crash at any point ends with the same bytes sent again. What became of a transaction
 * is read from the chain, never assumed.
 */
import {
  type Address,
  type Hex,
  type PublicClient,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from "viem";
import type { FinalBlock, Head } from "../chain/follow.ts";
import type { Events } from "../events.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Database } from "../store/database.ts";
import {
  type AttemptRow,
  makeLedger,
  type StoredTransaction,
  storedOf,
  type TransactionKind,
  type TransactionRow,
} from "./ledger.ts";
import type { Attempt, Sender } from "./sender.ts";

/** Unmined transactions of one account that nodes are sure to keep. */
const MOST_IN_FLIGHT = 16;
const TRANSFER_GAS = 21_000n;

export type { StoredTransaction, TransactionKind };

/** What a part does when its transactions move on; the first four inside a database transaction, so without awaiting. */
export type TransactionHandler = {
  mined: (transaction: StoredTransaction, receipt: TransactionReceipt) => void;
  /** A reorganisation took it out of the chain; the outbox sends it again. */
  unmined: (transaction: StoredTransaction) => void;
  /** Its nonce went to another transaction: it will never be mined. `hopeless`: because it could not be, as it was. */
  replaced: (transaction: StoredTransaction, hopeless: boolean) => void;
  final: (transaction: StoredTransaction) => void;
  /** Once `mined` or `replaced` is committed. `failed`: nothing was done on chain. */
  after: (failed: boolean, transaction: StoredTransaction) => void;
};

export type Outbox = ReturnType<typeof makeOutbox>;

export function makeOutbox({
  database,
  client,
  sender,
  head,
  final,
  patience,
  halted,
  events,
  metrics,
  log,
}: {
  database: Database;
  client: PublicClient;
  sender: Sender;
  head: () => Head;
  /** The last block that can no longer be undone. */
  final: () => FinalBlock | undefined;
  /**
   * Milliseconds after which a nonce that the chain has used, without a receipt of ours, counts as taken by another, and
   * one that nobody has used, below those that are used here, is filled.
   */
  patience: number;
  /** Whether the chain cannot be trusted now, so that nothing is sent. */
  halted: () => boolean;
  events: Events;
  metrics: Metrics;
  log: Log;
}) {
  const { address } = sender;
  const handlers = new Map<TransactionKind, TransactionHandler>();
  const nonceUsedSince = new Map<bigint, number>();
  let gap: { nonce: number; since: number } | undefined;
  /** Transactions are numbered, signed and stored one after the other. */
  let queue: Promise<unknown> = Promise.resolve();
  let reconciling: Promise<void> = Promise.resolve();
  let chainNonce = 0;

  const ledger = makeLedger(database);

  function handlerOf(kind: TransactionKind): TransactionHandler {
    const handler = handlers.get(kind);
    if (!handler) throw new Error(`nothing handles ${kind} transactions`);
    return handler;
  }

  type Call = { kind: TransactionKind; to: Address; data: Hex; gas: bigint };

  const noteAttempt = (id: bigint, { raw, hash, price }: Attempt) =>
    ledger.insertAttempt.run(hash, id, raw, price.maxFee, price.priorityFee, head().number);

  /** Signs and stores a transaction, then sends it. `bind` runs in the same database transaction. */
  async function store(
    { kind, to, data, gas }: Call,
    nonce: bigint,
    bind: (transactionId: bigint) => void,
  ): Promise<StoredTransaction> {
    const attempt = await sender.sign({ target: to, data, gas, nonce });
    const { hash } = attempt;
    const id = database.transaction(() => {
      const row = ledger.insertTransaction.get(kind, address, nonce, to, data, gas, hash, Date.now())!;
      noteAttempt(row.id, attempt);
      bind(row.id);
      return row.id;
    })();
    log.debug(`stored ${kind} with nonce ${nonce} as ${hash}`);
    metrics.transactions.inc({ outcome: "sent" });
    await sender.sendNew(id, attempt.raw);
    return { id, kind, nonce: Number(nonce), hash };
  }

  /**
   * Stores a transaction with the next nonce and sends it. `bind` runs in the same database transaction, to tie what it
   * carries to its id. Resolves when the node has answered; nobody needs to wait for that to be safe.
   */
  function submit(call: Call, bind: (transactionId: bigint) => void): Promise<StoredTransaction> {
    const work = queue.then(() => {
      const highest = ledger.highestNonce.get(address)!.nonce;
      const nonce = Math.max(chainNonce, highest === null ? 0 : Number(highest) + 1);
      return store(call, BigInt(nonce), bind);
    });
    queue = work.catch(() => {});
    return work;
  }

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
    if (gap?.nonce !== nonce) gap = { nonce, since: Date.now() };
    if (Date.now() - gap.since < patience) return;
    // Somebody else's transaction with this nonce may wait in the pool.
    if ((await client.getTransactionCount({ address, blockTag: "pending" })) > nonce) return;
    gap = undefined;
    log.warn(`nonce ${nonce} of ${address} is missing: filled with a transaction that does nothing`);
    const work = queue.then(() =>
      store({ kind: "noop", to: address, data: "0x", gas: TRANSFER_GAS }, BigInt(nonce), () => {}),
    );
    queue = work.catch(() => {});
    await work;
  }

  async function findReceipt(attempts: AttemptRow[]): Promise<TransactionReceipt | undefined> {
    for (const { hash } of attempts) {
      try {
        return await client.getTransactionReceipt({ hash });
      } catch (error) {
        if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
      }
    }
    return undefined;
  }

  function forget(id: bigint): void {
    nonceUsedSince.delete(id);
    sender.forget(id);
  }

  function noteMined(row: TransactionRow, receipt: TransactionReceipt): void {
    const transaction = { ...storedOf(row), hash: receipt.transactionHash };
    const success = receipt.status === "success";
    database.transaction(() => {
      const { transactionHash, blockNumber, blockHash } = receipt;
      ledger.setMined.run(success ? 1 : 0, transactionHash, blockNumber, blockHash, row.id);
      handlerOf(row.kind).mined(transaction, receipt);
    })();
    forget(row.id);
    metrics.transactions.inc({ outcome: success ? "mined" : "reverted" });
    if (success) {
      events.emit("transaction_success", {
        kind: row.kind,
        transactionHash: receipt.transactionHash,
        blockNumber: receipt.blockNumber.toString(),
        gasUsed: receipt.gasUsed.toString(),
      });
      log.info(
        `${row.kind} ${receipt.transactionHash} is in block ${receipt.blockNumber}, ${receipt.gasUsed} gas`,
      );
    } else {
      log.error(`${row.kind} ${receipt.transactionHash} reverted in block ${receipt.blockNumber}`);
    }
    handlerOf(row.kind).after(!success, transaction);
  }

  /** The nonce is used on chain and no attempt of ours has a receipt. Nodes may lag, so this is believed only after a while. */
  function noteNonceUsed(row: TransactionRow): void {
    const since = nonceUsedSince.get(row.id) ?? Date.now();
    nonceUsedSince.set(row.id, since);
    if (Date.now() - since < patience) return;
    forget(row.id);
    database.transaction(() => {
      ledger.setState.run("replaced", row.id);
      handlerOf(row.kind).replaced(storedOf(row), false);
    })();
    metrics.transactions.inc({ outcome: "replaced" });
    log.error(`nonce ${row.nonce} of ${address} was used by a transaction that is not this oracle's`);
    handlerOf(row.kind).after(true, storedOf(row));
  }

  /** Its nonce goes to a transaction that does nothing, so that those behind it are mined; what it carried waits again. */
  async function giveUp(row: TransactionRow, latest: AttemptRow, why: string): Promise<void> {
    const instead = { target: address, data: "0x", gas: TRANSFER_GAS, nonce: row.nonce } as const;
    const attempt = await sender.signInstead(instead, latest);
    database.transaction(() => {
      ledger.becomeNoop.run(address, TRANSFER_GAS, attempt.hash, row.id);
      noteAttempt(row.id, attempt);
      handlerOf(row.kind).replaced(storedOf(row), true);
    })();
    forget(row.id);
    metrics.transactions.inc({ outcome: "given-up" });
    log.error(`${row.kind} with nonce ${row.nonce} is given up: ${why}`);
    await sender.sendNew(row.id, attempt.raw);
    handlerOf(row.kind).after(true, storedOf(row));
  }

  /** Sends again what is not mined yet, with a higher fee when blocks go by without it. */
  async function push(row: TransactionRow, [latest]: AttemptRow[]): Promise<void> {
    const advice = await sender.advise(row, latest!);
    if (advice.do === "give up") await giveUp(row, latest!, advice.why);
    if (advice.do !== "raise") return;
    const { attempt } = advice;
    database.transaction(() => {
      noteAttempt(row.id, attempt);
      ledger.setHash.run(attempt.hash, row.id);
    })();
    metrics.transactions.inc({ outcome: "bumped" });
    log.warn(`${row.kind} with nonce ${row.nonce} waits: sent again as ${attempt.hash} with a higher fee`);
    await sender.sendNew(row.id, attempt.raw);
  }

  async function checkFinality(row: TransactionRow, reorganised: boolean): Promise<void> {
    const deep = row.block_number! <= (final()?.number ?? -1n);
    if (!deep && !reorganised) return;
    const receipt = await findReceipt(ledger.attemptRows.all(row.id));
    if (receipt?.blockHash === row.block_hash) {
      if (!deep) return;
      ledger.setState.run("final", row.id);
      handlerOf(row.kind).final(storedOf(row));
    } else {
      database.transaction(() => {
        ledger.setPending.run(row.id);
        handlerOf(row.kind).unmined(storedOf(row));
      })();
      metrics.transactions.inc({ outcome: "reorganised" });
      log.warn(`${row.kind} ${row.hash} left the chain with a reorganisation`);
      if (receipt) noteMined(row, receipt);
    }
  }

  /** A final transaction whose nonce is free again stood in blocks that the operator gave up: it goes back to be sent. */
  function reopenGone(): void {
    for (const row of ledger.goneRows.all(address, chainNonce)) {
      database.transaction(() => {
        ledger.setPending.run(row.id);
        handlerOf(row.kind).unmined(storedOf(row));
      })();
      log.warn(`${row.kind} ${row.hash} is no longer in the chain`);
    }
  }

  async function look(reorganised: boolean): Promise<void> {
    if (halted()) return;
    // The node may have dropped from its pool what stood on the blocks that are gone.
    if (reorganised) sender.resendAll();
    if (!reorganised && ledger.openRows.all(address).length === 0) return;
    chainNonce = await client.getTransactionCount({ address, blockTag: "latest" });
    if (reorganised) reopenGone();
    const open = ledger.openRows.all(address);
    await fillGap(open);
    for (const row of open) {
      if (row.state === "mined") {
        await checkFinality(row, reorganised);
        continue;
      }
      const attempts = ledger.attemptRows.all(row.id);
      if (row.nonce >= chainNonce) {
        await push(row, attempts);
        continue;
      }
      const receipt = await findReceipt(attempts);
      if (receipt) noteMined(row, receipt);
      else noteNonceUsed(row);
    }
  }

  /** Brings every open transaction up to date with the chain. */
  function reconcile(reorganised = false): Promise<void> {
    const work = reconciling.then(() => look(reorganised));
    reconciling = work.catch(() => {});
    return work;
  }

  handlers.set("noop", {
    mined: () => {},
    unmined: () => {},
    replaced: () => {},
    final: () => {},
    after: () => {},
  });

  return {
    handle: (kind: TransactionKind, handler: TransactionHandler) => void handlers.set(kind, handler),
    submit,
    reconcile,
    /** Sends every unmined transaction's latest bytes again, as they are on disk, and reads what became of the others. */
    start: async () => {
      chainNonce = await client.getTransactionCount({ address, blockTag: "latest" });
      const open = halted() ? [] : ledger.openRows.all(address).filter(({ state }) => state === "pending");
      for (const row of open) {
        if (row.nonce >= chainNonce) await sender.send(row.id, ledger.attemptRows.all(row.id)[0]!.raw);
      }
      if (open.length > 0) log.info(`${open.length} transactions were under way`);
      await reconcile(true);
    },
    sender: address,
    /** Why what waits cannot be sent, if so. */
    obstacle: sender.obstacle,
    /** Whether so many transactions wait to be mined that no more should be added. */
    full: () =>
      ledger.openRows.all(address).filter(({ state }) => state === "pending").length >= MOST_IN_FLIGHT,
    stop: async () => {
      await queue;
      await reconciling;
    },
  };
}
