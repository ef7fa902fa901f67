/**
 * Calls that this device has signed, kept in this browser before anybody is given them, so that whoever is asked for what
 * became of them can tell, after a reload too.
 */
import type { Call, PublicKey, SignedCalls } from "@enerlink/protocol/account";
import type { Address, Hex } from "viem";

export type KeptCalls = SignedCalls & {
  /** By which the page knows them. */
  id: string;
  /** The chain's height when they were signed: they are in no block before. */
  after: bigint;
  /** How the relay knows them. */
  relayed?: number;
  /** Another wallet submits them. */
  spare?: boolean;
  /** It is known what became of them. */
  over?: boolean;
};

const NAME = "enerlink.signed";
/** Ended ones that are kept. */
const KEPT = 30;

type Stored = {
  id: string;
  account: Address;
  create?: PublicKey;
  calls: { to: Address; value: string; data: Hex }[];
  nonce: string;
  deadline: number;
  signature: Hex;
  after: string;
  relayed?: number;
  spare?: boolean;
  over?: boolean;
};

export const wireCalls = (calls: readonly Call[]) =>
  calls.map(({ to, value = 0n, data = "0x" }) => ({ to, value: String(value), data }));

const store = ({ calls, nonce, after, create, ...rest }: KeptCalls): Stored => ({
  ...rest,
  ...(create ? { create } : {}),
  calls: wireCalls(calls),
  nonce: String(nonce),
  after: String(after),
});
const restore = ({ calls, nonce, after, ...rest }: Stored): KeptCalls => ({
  ...rest,
  calls: calls.map(({ to, value, data }) => ({ to, value: BigInt(value), data })),
  nonce: BigInt(nonce),
  after: BigInt(after),
});

const read = (): Stored[] => JSON.parse(localStorage.getItem(NAME) ?? "[]");

export const keptCalls = (): KeptCalls[] => read().map(restore);
export const findCalls = (id: string): KeptCalls | undefined => keptCalls().find((one) => one.id === id);

/** Puts `calls` in the place of what is kept under their id. */
export function keepCalls(calls: KeptCalls): void {
  const others = read().filter(({ id }) => id !== calls.id);
  const over = others.filter((one) => one.over);
  const open = others.filter((one) => !one.over);
  localStorage.setItem(NAME, JSON.stringify([...over.slice(-KEPT), ...open, store(calls)]));
}
