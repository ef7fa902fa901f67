/** What was sent and how far it got. Kept in the browser, so that a reload loses nothing that is under way. */
import type { Hex } from "viem";
import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { MessageKey } from "../i18n/index.ts";
import type { Problem } from "./problem.ts";

type ActionKind = MessageKey extends infer K ? (K extends `action.${infer Kind}` ? Kind : never) : never;

/** What a transaction does, in words: message `action.<kind>` with raw values, so that it can change its language. */
export type Action = { kind: ActionKind; values: Record<string, string> };

/**
 * signing: the wallet is asked; sent: waits for a block; mined: in a block that may still be replaced; final: done.
 * declined: the user said no, which is nobody's failure.
 */
export type Stage = "signing" | "sent" | "mined" | "final" | "declined" | "failed";

export type Transaction = {
  id: string;
  chainKey: string;
  account: string;
  action: Action;
  stage: Stage;
  /** What the wallet is being asked for while `stage` is signing. */
  asked: "permit" | "approval" | "transaction";
  /** The stage that did not work out. */
  failedAt?: Exclude<Stage, "declined" | "failed">;
  hash?: Hex;
  problem?: Problem;
  /** Unix milliseconds of the start, and of the block. */
  startedAt: number;
  minedAt?: number;
};

const KEPT = 30;

type TransactionStore = {
  transactions: Transaction[];
  /** Shown in the panel; an id, or none while it is minimised. */
  shown: string | undefined;
  add: (transaction: Transaction) => void;
  update: (id: string, change: Partial<Transaction>) => void;
  show: (id: string | undefined) => void;
};

export const useTransactions = create<TransactionStore>()(
  persist(
    (set) => ({
      transactions: [],
      shown: undefined,
      add: (transaction) =>
        set(({ transactions }) => ({
          transactions: [transaction, ...transactions].slice(0, KEPT),
          shown: transaction.id,
        })),
      update: (id, change) =>
        set(({ transactions }) => ({
          transactions: transactions.map((one) => (one.id === id ? { ...one, ...change } : one)),
        })),
      show: (shown) => set({ shown }),
    }),
    {
      name: "enerlink.transactions",
      version: 1,
      // A signature that was being asked for did not survive the reload; what was sent did.
      merge: (stored, initial) => {
        const { transactions = [], shown } = (stored ?? {}) as Partial<TransactionStore>;
        return { ...initial, shown, transactions: transactions.filter(({ stage }) => stage !== "signing") };
      },
    },
  ),
);
