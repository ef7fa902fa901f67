/**
 * What was asked for and how far it got: one list for all tabs of this browser, in IndexedDB, whose transactions no two
 * tabs can have at once. What stands here was kept before anything was handed out, so that a lost reply, a reload or a
 * second tab forgets nothing.
 */
import type { Unit } from "@enerlink/protocol";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Address, Hex } from "viem";
import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";
import type { ToldKey } from "../i18n/index.ts";

export type TokenName = "energy" | "rupiah";

/**
 * `name` is the contract's error, or one of ours: Unreachable, Dropped, Replaced, Unknown and the like. `units` are of
 * those of its values that have one.
 */
export type Problem = {
  name: string;
  values: Record<string, string>;
  units?: Record<string, Unit>;
  token?: TokenName;
};

type ActionKind = ToldKey extends infer K ? (K extends `action.${infer Kind}` ? Kind : never) : never;

/**
 * What a transaction does: message `action.<kind>` with raw values, so that it can change its language. Two actions of
 * one account with the same kind and values are the same wish, so what tells them apart (an offer's id) is among them.
 */
export type Action = { kind: ActionKind; values: Record<string, string> };

/**
 * signing: being prepared, or the wallet is asked; sending: handed out, and not yet known whether it arrived; sent: a
 * node has it; mined: in a block that may still be replaced; final: done; declined: the reader said no, which is
 * nobody's failure; failed: it is sure that nothing came of it, or the reader let it go.
 */
export type Stage = "signing" | "sending" | "sent" | "mined" | "final" | "declined" | "failed";

/** What was handed out, with all that is needed to find out what became of it. */
export type Attempt =
  /** Signed in this page: the same bytes can be sent any number of times and count once. */
  | { by: "page"; nonce: number; after: bigint; hash: Hex; raw: Hex }
  /** A wallet signs and sends: `nonce` is the least that it can have, and is its own once a node has shown it. */
  | { by: "wallet"; nonce: number; after: bigint; to: Address; data: Hex; hash?: Hex; seen?: boolean }
  /** Several calls as one (EIP-5792), which the wallet knows by our id. */
  | { by: "batch"; batch: string; hash?: Hex };

/**
 * Why it is not known how it stands: the network does not answer, or answers that it has no such transaction; or the relay
 * does not take what a fingerprint signed, and is asked again.
 */
export type Doubt = "unreachable" | "missing" | "relay";

export type Transaction = {
  id: string;
  chainKey: string;
  account: Address;
  action: Action;
  stage: Stage;
  /**
   * What is waited for while `stage` is signing: what the account has sent before, or the wallet, which is asked for
   * something. Nothing where the key is in this page.
   */
  asked: "nothing" | "earlier" | "permit" | "approval" | "transaction" | "fingerprint";
  attempt?: Attempt;
  doubt?: Doubt | undefined;
  /** The stage that did not work out. */
  failedAt?: "signing" | "sending" | "sent";
  problem?: Problem;
  /** What came of it, told by the block: message `done.<name>`. */
  outcome?: { name: string; values: Record<string, string> } | undefined;
  /** Unix milliseconds of the start, of handing out, and of the block. */
  startedAt: number;
  attemptedAt?: number;
  minedAt?: number | undefined;
  block?: bigint | undefined;
};

export type Change = Partial<Omit<Transaction, "id">>;

const open: readonly Stage[] = ["signing", "sending", "sent", "mined"];
/** Whether there is still something to follow. */
export const isOpen = ({ stage }: Transaction) => open.includes(stage);
/** Whether the same wish again would be a second one by mistake: nobody knows yet how the first ends. */
export const isUnresolved = ({ stage }: Transaction) => stage !== "mined" && open.includes(stage);

/** Ended ones that are kept. */
const KEPT = 30;
const NAME = "enerlink.transactions";
const STORE = "transactions";

interface Schema extends DBSchema {
  [STORE]: { key: string; value: Transaction };
}
let database: Promise<IDBPDatabase<Schema>> | undefined;
function opened(): Promise<IDBPDatabase<Schema>> {
  database ??= openDB<Schema>(NAME, 1, {
    upgrade: (created) => void created.createObjectStore(STORE, { keyPath: "id" }),
    terminated: () => {
      database = undefined;
    },
  });
  database.catch(() => {
    database = undefined;
  });
  return database;
}

const others = new BroadcastChannel(NAME);

type View = {
  /** All that is kept, newest first. */
  transactions: readonly Transaction[];
  /** The one in this tab's panel; none while it is minimised. */
  shown: string | undefined;
  show: (id: string | undefined) => void;
};

export const useTransactions = create<View>()(
  persist((set) => ({ transactions: [], shown: undefined, show: (shown) => set({ shown }) }), {
    name: NAME,
    version: 2,
    storage: createJSONStorage(() => sessionStorage),
    partialize: ({ shown }) => ({ shown }),
  }),
);

async function read(): Promise<void> {
  const all = await (await opened()).getAll(STORE);
  useTransactions.setState({ transactions: all.sort((a, b) => b.startedAt - a.startedAt) });
}

/**
 * Reads and writes as one step that no other tab comes between, on disk when it resolves.
 * @throws when this browser keeps nothing: then nothing may be handed out either
 */
async function change<T>(
  edit: (all: Transaction[], put: (one: Transaction) => void, remove: (one: Transaction) => void) => T,
): Promise<T> {
  const step = (await opened()).transaction(STORE, "readwrite", { durability: "strict" });
  const all = await step.store.getAll();
  const answer = edit(
    all,
    (one) => void step.store.put(one),
    ({ id }) => void step.store.delete(id),
  );
  await step.done;
  await read();
  others.postMessage(undefined);
  return answer;
}

const sameWish = (a: Transaction, b: Transaction) =>
  a.chainKey === b.chainKey &&
  a.account === b.account &&
  a.action.kind === b.action.kind &&
  JSON.stringify(Object.entries(a.action.values).sort()) ===
    JSON.stringify(Object.entries(b.action.values).sort());

/**
 * Keeps a new transaction, unless the same wish of the same account is not decided yet.
 * @returns the one that stands for the wish: `wanted`, or the earlier one
 */
export const begin = (wanted: Transaction): Promise<Transaction> =>
  change((all, put, remove) => {
    const earlier = all.find((one) => isUnresolved(one) && sameWish(one, wanted));
    if (earlier) return earlier;
    put(wanted);
    const ended = all.filter((one) => !isOpen(one) || one.chainKey !== wanted.chainKey);
    for (const one of ended.sort((a, b) => b.startedAt - a.startedAt).slice(KEPT)) remove(one);
    return wanted;
  });

/** @returns the transaction as it is then; undefined when it is not kept any more */
export const update = (id: string, changed: Change): Promise<Transaction | undefined> =>
  change((all, put) => {
    const one = all.find((candidate) => candidate.id === id);
    if (!one) return undefined;
    const next = { ...one, ...changed };
    put(next);
    return next;
  });

export const kept = async (id: string): Promise<Transaction | undefined> => (await opened()).get(STORE, id);

/** What else of the account was handed out and is not decided. */
async function earlier({ id, chainKey, account }: Transaction): Promise<Transaction[]> {
  const all = await (await opened()).getAll(STORE);
  return all.filter(
    (one) =>
      one.id !== id &&
      one.chainKey === chainKey &&
      one.account === account &&
      (one.stage === "sent" || (one.stage === "sending" && one.attempt?.by === "page")),
  );
}

/** Whether the account's next block may still change what it has permitted: a permit would be signed in vain. */
export const isWaiting = async (one: Transaction): Promise<boolean> => (await earlier(one)).length > 0;

/** The nonce for what is signed next in this browser. @param least What the network says */
export async function freeNonce(one: Transaction, least: number): Promise<number> {
  const taken = (await earlier(one)).flatMap(({ attempt }) => (attempt?.by === "page" ? attempt.nonce : []));
  return Math.max(least, ...taken.map((nonce) => nonce + 1));
}

/**
 * Keeps what is about to be handed out.
 * @throws when its transaction is not kept any more, since the reader has cleared what the browser keeps
 */
export const keepAttempt = (id: string, attempt: Attempt, stage: "signing" | "sending"): Promise<void> =>
  change((all, put) => {
    const one = all.find((candidate) => candidate.id === id);
    if (!one) throw new Error("The record of this transaction is gone: what this browser keeps was cleared.");
    put({ ...one, attempt, stage, attemptedAt: one.attemptedAt ?? Date.now() });
  });

/** Shows what is kept, and what other tabs add to it. Called once. */
export function watchTabs(): void {
  const again = () => void read().catch(() => {});
  others.onmessage = again;
  // A page that comes back from the browser's cache has missed what was said meanwhile.
  addEventListener("pageshow", ({ persisted }) => persisted && again());
  again();
}
