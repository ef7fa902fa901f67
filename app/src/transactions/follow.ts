/** Follows what was sent until it is final, after a reload too. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Hex } from "viem";
import { useSystem } from "../system/index.ts";
import { useTransactions } from "./store.ts";

const FINALITY_POLL_MILLISECONDS = 2_000;

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
        const { isFinal, mined } = await import("./receipt.ts");
        const { outcome, block } = await mined(system, hash);
        update(id, outcome);
        void queries.invalidateQueries();
        if (outcome.stage !== "mined" || block === undefined) return;
        while (!(await isFinal(system, block)))
          await new Promise((done) => setTimeout(done, FINALITY_POLL_MILLISECONDS));
        update(id, { stage: "final" });
      } catch {
        // The node is away: try again until it is back.
        setTimeout(() => void follow(id, hash), FINALITY_POLL_MILLISECONDS);
      }
    }
  }, [transactions, system, queries, update]);
}
