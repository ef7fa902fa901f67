/**
 * Follows every open transaction to its end, after a reload too. One tab at a time does it for each, the one that began
 * it or, when that is closed, another: whoever holds the transaction's lock.
 */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useConnection } from "wagmi";
import { hurry, type System, useIdle, useSystem } from "../system/index.ts";
import { loadNow, whenOnline } from "../ui/index.ts";
import type { Attempted } from "./look.ts";
import {
  type Change,
  type Doubt,
  isOpen,
  kept,
  type Transaction,
  update,
  useTransactions,
  watchTabs,
} from "./store.ts";

const POLL_MILLISECONDS = 1_000;
const FINALITY_POLL_MILLISECONDS = 2_000;
/** A node that a wallet does not use hears of what it sent a little later. */
const SPREADING_MILLISECONDS = 15_000;

/** Does `work` while no other tab does anything about this transaction. */
export const alone = <T>(id: string, work: () => Promise<T>): Promise<T> =>
  navigator.locks.request(`enerlink.transaction.${id}`, work) as Promise<T>;

/** Keeps following every open transaction of this chain. Mounted once. */
export function useFollowTransactions(): void {
  const system = useSystem();
  const queries = useQueryClient();
  const transactions = useTransactions((view) => view.transactions);
  const followed = useRef(new Set<string>());
  useEffect(watchTabs, []);

  useEffect(() => {
    for (const one of transactions) {
      if (!isOpen(one) || one.chainKey !== system.chainKey || followed.current.has(one.id)) continue;
      followed.current.add(one.id);
      void alone(one.id, () => follow(system, queries, one.id)).finally(() =>
        followed.current.delete(one.id),
      );
    }
  }, [transactions, system, queries]);

  // What a signature needs is there before it is wanted: the network may be gone by then.
  const idle = useIdle(true);
  const { connector } = useConnection();
  useEffect(() => {
    if (!idle || !connector) return;
    void loadCode().catch(() => {});
    // Only an account whose key is in this browser has a client of its own.
    void connector.getClient?.({ chainId: system.chain.id }).catch(() => {});
  }, [idle, connector, system]);
}

/**
 * What sends and follows transactions: large, and not needed for a first look.
 * @throws when the dApp's host is away
 */
export async function loadCode() {
  loaded ??= await loadNow(() => import("./code.ts"));
  return loaded;
}
let loaded: typeof import("./code.ts") | undefined;

async function follow(system: System, queries: QueryClient, id: string): Promise<void> {
  for (;;) {
    const one = await kept(id);
    if (!one || !isOpen(one)) return;
    const changed = await next(system, one);
    if (Object.keys(changed).length > 0) {
      hurry();
      await update(id, changed);
      if (changed.stage === "mined" || changed.stage === "failed") {
        void queries.invalidateQueries();
        const { shown, show } = useTransactions.getState();
        // Whoever sent it may be gone: what went wrong is told here.
        if (changed.stage === "failed" && shown === undefined) show(id);
      }
    }
    await whenOnline(one.stage === "mined" ? FINALITY_POLL_MILLISECONDS : POLL_MILLISECONDS);
  }
}

async function next(system: System, one: Transaction): Promise<Change> {
  // Its tab was closed before anything was handed out.
  if (one.attempt === undefined)
    return { stage: "failed", failedAt: "signing", problem: { name: "Interrupted", values: {} } };
  const changed = await ask(system, one as Attempted);
  return isEarly(one, changed) ? {} : changesOf(one, changed);
}

async function ask(system: System, one: Attempted): Promise<Change> {
  const code = await loadCode().catch(() => undefined);
  if (!code) return unless(one, "unreachable");
  try {
    return await code.step(system, one);
  } catch (error) {
    return unless(one, code.problemOf(error).name === "Unreachable" ? "unreachable" : "missing");
  }
}

/** What is in a block is no matter of doubt; it only waits longer to be final. */
const unless = ({ stage }: Transaction, doubt: Doubt): Change => (stage === "mined" ? {} : { doubt });

const isEarly = ({ attempt, attemptedAt = 0 }: Transaction, { doubt }: Change) =>
  doubt === "missing" &&
  attempt?.by === "wallet" &&
  attempt.hash !== undefined &&
  Date.now() - attemptedAt < SPREADING_MILLISECONDS;

/** Only what is new: every change is told to all tabs. */
const changesOf = (one: Transaction, changed: Change): Change =>
  Object.fromEntries(
    Object.entries(changed).filter(([name, value]) => one[name as keyof Transaction] !== value),
  );
