/** Follows what was sent until it is final, after a reload too. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { type Hex, WaitForTransactionReceiptTimeoutError } from "viem";
import { type System, useSystem } from "../system/index.ts";
import type { Problem } from "./problem.ts";
import { type Transaction, useTransactions } from "./store.ts";

const FINALITY_POLL_MILLISECONDS = 2_000;
/** How long a transaction may wait for a block before it counts as lost. */
const PATIENCE_MILLISECONDS = 600_000;

type Outcome = Partial<Transaction>;

async function mined(system: System, hash: Hex): Promise<{ outcome: Outcome; block: bigint }> {
  let replacedBy: string | undefined;
  const receipt = await system.client.waitForTransactionReceipt({
    hash,
    timeout: PATIENCE_MILLISECONDS,
    onReplaced: ({ reason }) => {
      if (reason !== "repriced") replacedBy = reason;
    },
  });
  const block = receipt.blockNumber;
  const base = { hash: receipt.transactionHash };
  if (replacedBy) return { block, outcome: { ...base, ...failure({ name: "Replaced", values: {} }) } };
  if (receipt.status === "success") return { block, outcome: { ...base, stage: "mined" } };
  return { block, outcome: { ...base, ...failure(await whyReverted(system, receipt.transactionHash)) } };

  function failure(problem: Problem): Outcome {
    return { stage: "failed", failedAt: "sent", problem };
  }
}

/** Runs the reverted transaction again on the state before its block. */
async function whyReverted({ client }: System, hash: Hex): Promise<Problem> {
  const { problemOf } = await import("./decode.ts");
  try {
    const { from, to, input, blockNumber } = await client.getTransaction({ hash });
    await client.call({ account: from, to, data: input, blockNumber: blockNumber! - 1n });
    return { name: "Reverted", values: {} };
  } catch (error) {
    return problemOf(error);
  }
}

async function isFinal({ client }: System, block: bigint): Promise<boolean> {
  const finalized = await client.getBlock({ blockTag: "finalized" });
  return finalized.number >= block;
}

/** Keeps following every open transaction of this chain. Mounted once. */
export function useFollowTransactions(): void {
  const system = useSystem();
  const queries = useQueryClient();
  const { transactions, update } = useTransactions();
  const followed = useRef(new Set<string>());

  useEffect(() => {
    for (const { id, chainKey, stage, hash } of transactions) {
      const open = stage === "sent" || stage === "mined";
      if (!open || !hash || chainKey !== system.chainKey || followed.current.has(id)) continue;
      followed.current.add(id);
      void follow(id, hash);
    }

    async function follow(id: string, hash: Hex) {
      try {
        const { outcome, block } = await mined(system, hash);
        update(id, outcome);
        void queries.invalidateQueries();
        if (outcome.stage !== "mined") return;
        while (!(await isFinal(system, block)))
          await new Promise((done) => setTimeout(done, FINALITY_POLL_MILLISECONDS));
        update(id, { stage: "final" });
      } catch (error) {
        if (error instanceof WaitForTransactionReceiptTimeoutError) {
          update(id, { stage: "failed", failedAt: "sent", problem: { name: "Dropped", values: {} } });
        } else {
          // The node is away: try again with the next change or reload.
          setTimeout(() => void follow(id, hash), FINALITY_POLL_MILLISECONDS);
        }
      }
    }
  }, [transactions, system, queries, update]);
}
