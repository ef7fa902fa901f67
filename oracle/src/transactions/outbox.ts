/**
 * The outbox: one account, one sequence of nonces, several transactions in flight. Nonce and signed bytes are on disk
 * before they are sent (`numbering.ts`), so that a crash at any point ends with the same bytes sent again. What became
 * of a transaction (`fates.ts`) is read from the chain, never assumed.
 */
import { type PublicClient, type TransactionReceipt, TransactionReceiptNotFoundError } from "viem";
import { hashAt } from "../chain/finality.ts";
import { type FateNeeds, makeFates, type TransactionHandler } from "./fates.ts";
import {
  type AttemptRow,
  makeLedger,
  type StoredTransaction,
  type TransactionKind,
  type TransactionRow,
} from "./ledger.ts";
import { makeNumbering, type NumberingNeeds } from "./numbering.ts";

/** Unmined transactions of one account that nodes are sure to keep. */
const MOST_IN_FLIGHT = 16;

export type { StoredTransaction, TransactionHandler, TransactionKind };

export type Outbox = ReturnType<typeof makeOutbox>;

type Needs = Omit<NumberingNeeds & FateNeeds, "ledger" | "numbering"> & {
  /** Whether the chain cannot be trusted now, so that nothing is sent. */
  halted: () => boolean;
};

export function makeOutbox(needs: Needs) {
  const { database, client, sender, final, halted, log } = needs;
  const { address } = sender;
  const ledger = makeLedger(database);
  const numbering = makeNumbering({ ...needs, ledger });
  const fates = makeFates({ ...needs, ledger, numbering });
  let reconciling: Promise<void> = Promise.resolve();
  /** How often blocks were replaced, and after how many of these times a look was carried through: it may fail. */
  let [reorganisations, accountedFor] = [0, 0];

  async function finalStands(): Promise<boolean> {
    const block = final();
    return block === undefined || (await hashAt(client, block.number)) === block.hash;
  }

  async function lookAtMined(row: TransactionRow, reorganised: boolean): Promise<void> {
    const deep = row.block_number! <= (final()?.number ?? -1n);
    if (!deep && !reorganised) return;
    const receipt = await findReceipt(client, ledger.attemptRows.all(row.id));
    // A block that was replaced before whoever follows the chain had seen it; or the chain has taken back what was final,
    // which is found out in a moment, and nothing is sent into a chain that cannot be trusted.
    if (!reorganised && receipt?.blockHash !== row.block_hash && !(await finalStands())) return;
    fates.confirm(row, receipt);
  }

  async function lookAtPending(row: TransactionRow, chainNonce: number): Promise<void> {
    const attempts = ledger.attemptRows.all(row.id);
    if (row.nonce >= chainNonce) return fates.push(row, attempts[0]!);
    const receipt = await findReceipt(client, attempts);
    if (receipt) fates.mined(row, receipt);
    else fates.nonceUsed(row);
  }

  async function look(): Promise<void> {
    if (halted()) return;
    const upTo = reorganisations;
    const reorganised = upTo > accountedFor;
    // The node may have dropped from its pool what stood on the blocks that are gone.
    if (reorganised) sender.resendAll();
    if (!reorganised && ledger.anyOpen.get(address) === undefined) return;
    const chainNonce = await numbering.ask();
    // A final transaction whose nonce is free again stood in blocks that the operator gave up.
    if (reorganised) for (const row of ledger.goneRows.all(address, chainNonce)) fates.reopen(row);
    const open = ledger.openRows.all(address);
    await numbering.fillGap(open);
    for (const row of open) {
      if (row.state === "mined") await lookAtMined(row, reorganised);
      else await lookAtPending(row, chainNonce);
    }
    accountedFor = upTo;
  }

  /** Brings every open transaction up to date with the chain. */
  function reconcile(): Promise<void> {
    const work = reconciling.then(look);
    reconciling = work.catch(() => {});
    return work;
  }

  /** Sends what is not mined again, as it is on disk, and reads what became of the rest: blocks may have been replaced. */
  async function start(): Promise<void> {
    await numbering.ask();
    const pending = Number(ledger.countPending.get(address));
    if (pending > 0) log.info(`${pending} transactions were under way`);
    reorganisations++;
    await reconcile();
  }

  return {
    handle: fates.handle,
    submit: numbering.submit,
    reconcile,
    /** Blocks were replaced: what stood in them is looked for from the next `reconcile` on. */
    reorganised: (): void => void reorganisations++,
    start,
    sender: address,
    /** Why what waits cannot be sent, if so. */
    obstacle: sender.obstacle,
    /** Whether so many transactions wait to be mined that no more should be added. */
    full: () => Number(ledger.countPending.get(address)) >= MOST_IN_FLIGHT,
    stop: async () => {
      await numbering.idle();
      await reconciling;
    },
  };
}

/** The receipt of whichever attempt was mined. */
async function findReceipt(
  client: PublicClient,
  attempts: AttemptRow[],
): Promise<TransactionReceipt | undefined> {
  for (const { hash } of attempts) {
    try {
      return await client.getTransactionReceipt({ hash });
    } catch (error) {
      if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
    }
  }
  return undefined;
}
