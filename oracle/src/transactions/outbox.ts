/**
 * The outbox: one account, one sequence of nonces, several transactions in flight. Nonce and signed bytes are on disk
 * before they are sent, so that a crash at any point ends with the same bytes sent again. What became of a transaction
 * is read from the chain, never assumed.
 */
import {
  type Address,
  type Hex,
  keccak256,
  type LocalAccount,
  type PublicClient,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from "viem";
import type { Head } from "../chain/follow.ts";
import type { Events } from "../events.ts";
import { type Log, messageOf } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Database } from "../store/database.ts";
import { classifySendError } from "./errors.ts";
import { type Fees, makeFees } from "./fees.ts";
import {
  type AttemptRow,
  makeLedger,
  type StoredTransaction,
  storedOf,
  type TransactionKind,
  type TransactionRow,
} from "./ledger.ts";

/** Blocks, and milliseconds, that may pass without a transaction before its fee is raised. */
const BUMP_AFTER_BLOCKS = 3n;
const BUMP_AFTER = 10_000;
/** Unmined transactions of one account that nodes are sure to keep. */
const MOST_IN_FLIGHT = 16;
/** A nonce that the chain has used, without a receipt of ours, counts as taken by another after so many milliseconds. */
const REPLACED_AFTER = 5_000;
/** A nonce that nobody has used, below one that is used here, is filled after so many milliseconds. */
const GAP_AFTER = 5_000;
const TRANSFER_GAS = 21_000n;

export type { StoredTransaction, TransactionKind };

/** What a part does when its transactions move on; the first three inside a database transaction, so without awaiting. */
export type TransactionHandler = {
  mined: (transaction: StoredTransaction, receipt: TransactionReceipt) => void;
  /** A reorganisation took it out of the chain; the outbox sends it again. */
  unmined: (transaction: StoredTransaction) => void;
  /** Its nonce went to another transaction: it will never be mined. */
  replaced: (transaction: StoredTransaction) => void;
  final: (transaction: StoredTransaction) => void;
  /** Once `mined` or `replaced` is committed. `failed`: nothing was done on chain. */
  after: (failed: boolean, transaction: StoredTransaction) => void;
};

export type Outbox = ReturnType<typeof makeOutbox>;

export function makeOutbox({
  database,
  client,
  account,
  chainId,
  head,
  finalityBlocks,
  broadcast,
  maxFee: highest,
  resendAfter,
  halted,
  events,
  metrics,
  log,
}: {
  database: Database;
  client: PublicClient;
  account: LocalAccount;
  chainId: number;
  head: () => Head;
  finalityBlocks: number;
  /** Sends signed bytes to every node that is known; rejects when none takes them. */
  broadcast: (raw: Hex) => Promise<unknown>;
  /** Wei for each gas that are never exceeded; undefined: five times what is fair. */
  maxFee: bigint | undefined;
  /** The same bytes are sent again after so many milliseconds without a sign of the transaction. */
  resendAfter: number;
  /** Whether the chain cannot be trusted now, so that nothing is sent. */
  halted: () => boolean;
  events: Events;
  metrics: Metrics;
  log: Log;
}) {
  const sender = account.address;
  const handlers = new Map<TransactionKind, TransactionHandler>();
  const lastSent = new Map<bigint, number>();
  /** When a transaction's present fee was chosen, milliseconds; those of an earlier run count from this one's start. */
  const pricedAt = new Map<bigint, number>();
  const startedAt = Date.now();
  const nonceUsedSince = new Map<bigint, number>();
  const capped = new Set<bigint>();
  const obstacles = new Map<bigint, string>();
  let gap: { nonce: number; since: number } | undefined;
  /** Transactions are numbered, signed and stored one after the other. */
  let queue: Promise<unknown> = Promise.resolve();
  let reconciling: Promise<void> = Promise.resolve();
  let chainNonce = 0;

  const {
    insertTransaction,
    insertAttempt,
    highestNonce,
    openRows,
    goneRows,
    attemptRows,
    setMined,
    setPending,
    setState,
    setHash,
  } = makeLedger(database);
  const fees = makeFees({ baseFee: () => head().baseFeePerGas ?? 0n, highest });

  function handlerOf(kind: TransactionKind): TransactionHandler {
    const handler = handlers.get(kind);
    if (!handler) throw new Error(`nothing handles ${kind} transactions`);
    return handler;
  }

  async function sign(
    row: Pick<TransactionRow, "target" | "data" | "gas" | "nonce">,
    { maxFee, priorityFee }: Fees,
  ) {
    const raw = await account.signTransaction({
      type: "eip1559",
      chainId,
      nonce: Number(row.nonce),
      to: row.target,
      data: row.data,
      gas: row.gas,
      maxFeePerGas: maxFee,
      maxPriorityFeePerGas: priorityFee,
    });
    return { raw, hash: keccak256(raw) };
  }

  /** Sends stored bytes. Whatever the node answers, the transaction stays in the outbox until the chain has decided. */
  async function send(id: bigint, raw: Hex): Promise<void> {
    lastSent.set(id, Date.now());
    try {
      await broadcast(raw);
      if (!capped.has(id)) obstacles.delete(id);
    } catch (error) {
      const fault = classifySendError(error);
      if (fault === "known" || fault === "nonce-used") {
        if (!capped.has(id)) obstacles.delete(id);
        return;
      }
      if (fault === "funds") obstacles.set(id, `${sender} cannot pay the gas of its transactions`);
      if (fault === "refused") obstacles.set(id, `a transaction is refused: ${messageOf(error)}`);
      // An unanswered one is sent again as soon as the node may be back.
      if (fault === "transport") lastSent.set(id, Date.now() - resendAfter + 1_000);
      log.warn(`a transaction was not taken (${fault}): ${messageOf(error)}; it will be sent again`);
    }
  }

  type Call = { kind: TransactionKind; to: Address; data: Hex; gas: bigint };

  /** Signs and stores a transaction, then sends it. `bind` runs in the same database transaction. */
  async function store(
    call: Call,
    nonce: bigint,
    bind: (transactionId: bigint) => void,
  ): Promise<StoredTransaction> {
    const { kind, to, data, gas } = call;
    const price = fees.fair();
    const { raw, hash } = await sign({ target: to, data, gas, nonce }, price);
    const id = database.transaction(() => {
      const row = insertTransaction.get(kind, sender, nonce, to, data, gas, hash, Date.now())!;
      insertAttempt.run(hash, row.id, raw, price.maxFee, price.priorityFee, head().number);
      bind(row.id);
      return row.id;
    })();
    pricedAt.set(id, Date.now());
    log.debug(`stored ${kind} with nonce ${nonce} as ${hash}`);
    metrics.transactions.inc({ outcome: "sent" });
    await send(id, raw);
    return { id, kind, nonce: Number(nonce), hash };
  }

  /**
   * Stores a transaction with the next nonce and sends it. `bind` runs in the same database transaction, to tie what it
   * carries to its id. Resolves when the node has answered; nobody needs to wait for that to be safe.
   */
  function submit(call: Call, bind: (transactionId: bigint) => void): Promise<StoredTransaction> {
    const work = queue.then(() => {
      const highest = highestNonce.get(sender)!.nonce;
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
    if (Date.now() - gap.since < GAP_AFTER) return;
    // Somebody else's transaction with this nonce may wait in the pool.
    if ((await client.getTransactionCount({ address: sender, blockTag: "pending" })) > nonce) return;
    gap = undefined;
    log.warn(`nonce ${nonce} of ${sender} is missing: filled with a transaction that does nothing`);
    const work = queue.then(() =>
      store({ kind: "noop", to: sender, data: "0x", gas: TRANSFER_GAS }, BigInt(nonce), () => {}),
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

  function noteMined(row: TransactionRow, receipt: TransactionReceipt): void {
    const transaction = { ...storedOf(row), hash: receipt.transactionHash };
    const success = receipt.status === "success";
    database.transaction(() => {
      setMined.run(success ? 1 : 0, receipt.transactionHash, receipt.blockNumber, receipt.blockHash, row.id);
      handlerOf(row.kind).mined(transaction, receipt);
    })();
    for (const memory of [nonceUsedSince, lastSent, pricedAt, capped, obstacles]) memory.delete(row.id);
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
    if (Date.now() - since < REPLACED_AFTER) return;
    for (const memory of [nonceUsedSince, lastSent, pricedAt, capped, obstacles]) memory.delete(row.id);
    database.transaction(() => {
      setState.run("replaced", row.id);
      handlerOf(row.kind).replaced(storedOf(row));
    })();
    metrics.transactions.inc({ outcome: "replaced" });
    log.error(`nonce ${row.nonce} of ${sender} was used by a transaction that is not this oracle's`);
    handlerOf(row.kind).after(true, storedOf(row));
  }

  /** Sends again what is not mined yet, with a higher fee when blocks go by without it. */
  async function push(row: TransactionRow, attempts: AttemptRow[]): Promise<void> {
    const [latest] = attempts as [AttemptRow];
    const silence = Date.now() - (lastSent.get(row.id) ?? 0);
    const waited = Date.now() - (pricedAt.get(row.id) ?? startedAt);
    const stalled = head().number - latest.created_block >= BUMP_AFTER_BLOCKS && waited >= BUMP_AFTER;
    const raised = fees.raised({ maxFee: latest.max_fee, priorityFee: latest.priority_fee });
    if (stalled && !raised && !capped.has(row.id)) {
      capped.add(row.id);
      obstacles.set(row.id, `a transaction waits at the highest fee that ${sender} may pay`);
      metrics.transactions.inc({ outcome: "capped" });
      log.error(
        `${row.kind} with nonce ${row.nonce} waits at the highest fee that it may pay, ${latest.max_fee} wei`,
      );
    }
    if (stalled && raised) {
      const { raw, hash } = await sign(row, raised);
      database.transaction(() => {
        insertAttempt.run(hash, row.id, raw, raised.maxFee, raised.priorityFee, head().number);
        setHash.run(hash, row.id);
      })();
      pricedAt.set(row.id, Date.now());
      metrics.transactions.inc({ outcome: "bumped" });
      log.warn(`${row.kind} with nonce ${row.nonce} waits: sent again as ${hash} with a higher fee`);
      await send(row.id, raw);
    } else if (silence >= resendAfter) {
      await send(row.id, latest.raw);
    }
  }

  async function checkFinality(row: TransactionRow, reorganised: boolean): Promise<void> {
    const deep = head().number - row.block_number! >= BigInt(finalityBlocks);
    if (!deep && !reorganised) return;
    const receipt = await findReceipt(attemptRows.all(row.id));
    if (receipt?.blockHash === row.block_hash) {
      if (!deep) return;
      setState.run("final", row.id);
      handlerOf(row.kind).final(storedOf(row));
    } else {
      database.transaction(() => {
        setPending.run(row.id);
        handlerOf(row.kind).unmined(storedOf(row));
      })();
      metrics.transactions.inc({ outcome: "reorganised" });
      log.warn(`${row.kind} ${row.hash} left the chain with a reorganisation`);
      if (receipt) noteMined(row, receipt);
    }
  }

  /** A final transaction whose nonce is free again stood in blocks that the operator gave up: it goes back to be sent. */
  function reopenGone(): void {
    for (const row of goneRows.all(sender, chainNonce)) {
      database.transaction(() => {
        setPending.run(row.id);
        handlerOf(row.kind).unmined(storedOf(row));
      })();
      log.warn(`${row.kind} ${row.hash} is no longer in the chain`);
    }
  }

  async function look(reorganised: boolean): Promise<void> {
    if (halted()) return;
    // The node may have dropped from its pool what stood on the blocks that are gone.
    if (reorganised) lastSent.clear();
    if (!reorganised && openRows.all(sender).length === 0) return;
    chainNonce = await client.getTransactionCount({ address: sender, blockTag: "latest" });
    if (reorganised) reopenGone();
    const open = openRows.all(sender);
    await fillGap(open);
    for (const row of open) {
      if (row.state === "mined") {
        await checkFinality(row, reorganised);
        continue;
      }
      const attempts = attemptRows.all(row.id);
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
      chainNonce = await client.getTransactionCount({ address: sender, blockTag: "latest" });
      const open = halted() ? [] : openRows.all(sender).filter(({ state }) => state === "pending");
      for (const row of open) {
        if (row.nonce >= chainNonce) await send(row.id, attemptRows.all(row.id)[0]!.raw);
      }
      if (open.length > 0) log.info(`${open.length} transactions were under way`);
      await reconcile(true);
    },
    sender,
    /** Why what waits cannot be sent, if so. */
    obstacle: (): string | undefined => obstacles.values().next().value,
    /** Whether so many transactions wait to be mined that no more should be added. */
    full: () => openRows.all(sender).filter(({ state }) => state === "pending").length >= MOST_IN_FLIGHT,
    stop: async () => {
      await queue;
      await reconciling;
    },
  };
}
