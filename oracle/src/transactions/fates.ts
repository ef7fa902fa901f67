/** What becomes of a stored transaction: mined, final, taken back, replaced or given up. Told to whoever sent it. */

import type { Log } from "@enerlink/service/log";
import { formatEther, type TransactionReceipt } from "viem";
import type { FinalBlock } from "../chain/follow.ts";
import type { Metrics } from "../metrics.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import {
  type AttemptRow,
  type Ledger,
  type StoredTransaction,
  storedOf,
  type TransactionKind,
  type TransactionRow,
} from "./ledger.ts";
import { type Numbering, TRANSFER_GAS } from "./numbering.ts";
import type { Sender } from "./sender.ts";

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

const nothing = () => {};
const noop: TransactionHandler = {
  mined: nothing,
  unmined: nothing,
  replaced: nothing,
  final: nothing,
  after: nothing,
};

export type FateNeeds = {
  database: Database;
  ledger: Ledger;
  sender: Sender;
  numbering: Pick<Numbering, "noteAttempt">;
  /** The last block that can no longer be undone. */
  final: () => FinalBlock | undefined;
  /** Milliseconds after which a nonce that the chain has used, without a receipt of ours, counts as taken by another. */
  patience: number;
  metrics: Metrics;
  log: Log;
};

/** Who is told what becomes of each kind. */
function makeHandlers() {
  const handlers = new Map<TransactionKind, TransactionHandler>([["noop", noop]]);
  return {
    handle: (kind: TransactionKind, handler: TransactionHandler) => void handlers.set(kind, handler),
    of: (kind: TransactionKind): TransactionHandler => {
      const handler = handlers.get(kind);
      if (!handler) throw new Error(`nothing handles ${kind} transactions`);
      return handler;
    },
  };
}
type HandlerOf = ReturnType<typeof makeHandlers>["of"];

/** What waits: sent again, with a higher fee, or given up. */
function makePush(
  { database, ledger, sender, numbering, metrics, log }: FateNeeds,
  handlerOf: HandlerOf,
  forget: (id: bigint) => void,
) {
  const { address } = sender;

  /** Its nonce goes to a transaction that does nothing, so that those behind it are mined; what it carried waits again. */
  async function giveUp(row: TransactionRow, latest: AttemptRow, why: string): Promise<void> {
    const instead = { target: address, data: "0x", gas: TRANSFER_GAS, nonce: row.nonce } as const;
    const attempt = await sender.signInstead(instead, latest);
    database.transaction(() => {
      ledger.becomeNoop.run(address, TRANSFER_GAS, attempt.hash, row.id);
      numbering.noteAttempt(row.id, attempt);
      handlerOf(row.kind).replaced(storedOf(row), true);
    })();
    forget(row.id);
    metrics.transactions.inc({ outcome: "given-up" });
    log.error(
      { transaction: row.hash, nonce: row.nonce, instead: attempt.hash },
      `${row.kind} is given up: ${why}`,
    );
    await sender.sendNew(row.id, attempt.raw);
    handlerOf(row.kind).after(true, storedOf(row));
  }

  /** Sends again what is not mined yet, with a higher fee when blocks go by without it. */
  return async function push(row: TransactionRow, latest: AttemptRow): Promise<void> {
    const advice = await sender.advise(row, latest, (id) => ledger.content.get(id)!);
    if (advice.do === "give up") await giveUp(row, latest, advice.why);
    if (advice.do !== "raise") return;
    const { attempt } = advice;
    database.transaction(() => {
      numbering.noteAttempt(row.id, attempt);
      ledger.setHash.run(attempt.hash, row.id);
    })();
    metrics.transactions.inc({ outcome: "bumped" });
    log.warn(
      { transaction: attempt.hash, before: row.hash, nonce: row.nonce },
      `${row.kind} waits: sent again with a higher fee`,
    );
    await sender.sendNew(row.id, attempt.raw);
  };
}

/** What the chain has: mined, still there, or gone again. */
function makeChainFates(
  { database, ledger, final, metrics, log }: FateNeeds,
  handlerOf: HandlerOf,
  forget: (id: bigint) => void,
) {
  function mined(row: TransactionRow, receipt: TransactionReceipt): void {
    const { transactionHash, blockNumber, blockHash, gasUsed } = receipt;
    const transaction = { ...storedOf(row), hash: transactionHash };
    const success = receipt.status === "success";
    database.transaction(() => {
      ledger.setMined.run(success ? 1 : 0, transactionHash, blockNumber, blockHash, row.id);
      handlerOf(row.kind).mined(transaction, receipt);
    })();
    forget(row.id);
    metrics.transactions.inc({ outcome: success ? "mined" : "reverted" });
    metrics.gas.inc(Number(gasUsed));
    metrics.gasCost.inc(Number(formatEther(gasUsed * receipt.effectiveGasPrice)));
    if (success) {
      log.info({ transaction: transactionHash, block: blockNumber, gas: gasUsed }, `${row.kind} is mined`);
    } else {
      log.error({ transaction: transactionHash, block: blockNumber }, `${row.kind} reverted`);
    }
    handlerOf(row.kind).after(!success, transaction);
  }

  /** It left the chain and goes back to be sent. */
  function reopen(row: TransactionRow): void {
    database.transaction(() => {
      ledger.setPending.run(row.id);
      handlerOf(row.kind).unmined(storedOf(row));
    })();
    log.warn({ transaction: row.hash }, `${row.kind} left the chain with a reorganisation`);
  }

  /** Whether what was mined still is, by its `receipt` now. */
  function confirm(row: TransactionRow, receipt: TransactionReceipt | undefined): void {
    if (receipt?.blockHash === row.block_hash) {
      if (row.block_number! > (final()?.number ?? -1n)) return;
      ledger.setState.run("final", row.id);
      handlerOf(row.kind).final(storedOf(row));
      return;
    }
    reopen(row);
    metrics.transactions.inc({ outcome: "reorganised" });
    if (receipt) mined(row, receipt);
  }

  return { mined, reopen, confirm };
}

export function makeFates(needs: FateNeeds) {
  const { database, ledger, sender, patience, metrics, log } = needs;
  const { handle, of: handlerOf } = makeHandlers();
  /** By the clock that nobody sets, milliseconds. */
  const nonceUsedSince = new Map<bigint, number>();

  function forget(id: bigint): void {
    nonceUsedSince.delete(id);
    sender.forget(id);
  }

  /** The nonce is used on chain and no attempt of ours has a receipt. Nodes may lag, so this is believed only after a while. */
  function nonceUsed(row: TransactionRow): void {
    const since = nonceUsedSince.get(row.id) ?? time.elapsed();
    nonceUsedSince.set(row.id, since);
    if (time.elapsed() - since < patience) return;
    forget(row.id);
    database.transaction(() => {
      ledger.setState.run("replaced", row.id);
      handlerOf(row.kind).replaced(storedOf(row), false);
    })();
    metrics.transactions.inc({ outcome: "replaced" });
    log.error(
      { transaction: row.hash, nonce: row.nonce, sender: sender.address },
      `the nonce of ${row.kind} was used by a transaction that is not this oracle's`,
    );
    handlerOf(row.kind).after(true, storedOf(row));
  }

  return {
    handle,
    nonceUsed,
    push: makePush(needs, handlerOf, forget),
    ...makeChainFates(needs, handlerOf, forget),
  };
}
