/** What became of a transaction that was sent. Loaded when one is under way. */
import { type Hex, WaitForTransactionReceiptTimeoutError } from "viem";
import { call, getBlock, getTransaction, waitForTransactionReceipt } from "viem/actions";
import type { System } from "../system/index.ts";
import { problemOf } from "./decode.ts";
import type { Problem } from "./problem.ts";
import type { Transaction } from "./store.ts";

/** How long a transaction may wait for a block before it counts as lost. */
const PATIENCE_MILLISECONDS = 600_000;

type Outcome = Partial<Transaction>;

const failure = (problem: Problem): Outcome => ({ stage: "failed", failedAt: "sent", problem });

/**
 * Waits until `hash` is in a block.
 * @returns what that changes, and the block, undefined when none took it for ten minutes
 * @throws when the node is away
 */
export async function mined(
  system: System,
  hash: Hex,
): Promise<{ outcome: Outcome; block: bigint | undefined }> {
  let replacedBy: string | undefined;
  try {
    const receipt = await waitForTransactionReceipt(system.client, {
      hash,
      timeout: PATIENCE_MILLISECONDS,
      onReplaced: ({ reason }) => {
        if (reason !== "repriced") replacedBy = reason;
      },
    });
    const block = receipt.blockNumber;
    const base = { hash: receipt.transactionHash };
    if (replacedBy) return { block, outcome: { ...base, ...failure({ name: "Replaced", values: {} }) } };
    if (receipt.status === "success")
      return { block, outcome: { ...base, stage: "mined", minedAt: Date.now() } };
    return { block, outcome: { ...base, ...failure(await whyReverted(system, receipt.transactionHash)) } };
  } catch (error) {
    if (!(error instanceof WaitForTransactionReceiptTimeoutError)) throw error;
    return { block: undefined, outcome: failure({ name: "Dropped", values: {} }) };
  }
}

/** Runs the reverted transaction again on the state before its block. */
async function whyReverted({ client }: System, hash: Hex): Promise<Problem> {
  try {
    const { from, to, input, blockNumber } = await getTransaction(client, { hash });
    await call(client, { account: from, to, data: input, blockNumber: blockNumber! - 1n });
    return { name: "Reverted", values: {} };
  } catch (error) {
    return problemOf(error);
  }
}

export async function isFinal({ client }: System, block: bigint): Promise<boolean> {
  const finalized = await getBlock(client, { blockTag: "finalized" });
  return finalized.number >= block;
}
