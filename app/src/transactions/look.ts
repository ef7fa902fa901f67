/** What became of what was handed out: questions to the network, and what their answers change. */
import { classifySendError, type SendFault } from "@enerlink/protocol";
import {
  type Address,
  type Hex,
  isAddressEqual,
  TransactionNotFoundError,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
  UnknownBundleIdError,
} from "viem";
import {
  call,
  getBlock,
  getBlockNumber,
  getCallsStatus,
  getTransaction,
  getTransactionCount,
  getTransactionReceipt,
} from "viem/actions";
import { getConnectorClient } from "wagmi/actions";
import { FINGERPRINT_CONNECTOR } from "../passkeys/connector.ts";
import type { System } from "../system/index.ts";
import { isRelayAway, problemOf } from "./decode.ts";
import { outcomeOf } from "./outcome.ts";
import type { Attempt, Change, Problem, Transaction } from "./store.ts";

type By<Who extends Attempt["by"]> = Extract<Attempt, { by: Who }>;
/** A transaction that was handed out. */
export type Attempted<Who extends Attempt["by"] = Attempt["by"]> = Who extends unknown
  ? Transaction & { attempt: By<Who> }
  : never;

/** How long bytes that no node has are sent again. Later they would surprise; whoever still wants it can ask anew. */
const PATIENCE_MILLISECONDS = 600_000;

const failure = (name: string): Change => ({
  stage: "failed",
  failedAt: "sending",
  doubt: undefined,
  problem: { name, values: {} },
});
const missing: Change = { stage: "sending", doubt: "missing" };
const there: Change = { stage: "sent", doubt: undefined };

const isBy = <Who extends Attempt["by"]>(who: Who, one: Attempted): one is Attempted<Who> =>
  one.attempt.by === who;

/**
 * One step on: what is now known of a transaction that was handed out.
 * @returns nothing new, or what changes
 * @throws when the network does not answer
 */
export async function step(system: System, one: Attempted): Promise<Change> {
  if (one.stage === "mined") return untilFinal(system, one);
  if (one.stage !== "sent" && isBy("page", one)) return resend(system, one);
  return look(system, one);
}

/** Gives signed bytes to a node. @returns why it does not take them; undefined when it does */
export async function broadcast({ client }: System, raw: Hex): Promise<SendFault | undefined> {
  try {
    // Whether they may be sent again is decided here, with what the first answer was.
    await client.request({ method: "eth_sendRawTransaction", params: [raw] }, { retryCount: 0 });
    return undefined;
  } catch (error) {
    return classifySendError(error);
  }
}

async function resend(system: System, one: Attempted<"page">): Promise<Change> {
  if (Date.now() - (one.attemptedAt ?? one.startedAt) > PATIENCE_MILLISECONDS) {
    const found = await look(system, one);
    return found.doubt === "missing" ? failure("Dropped") : found;
  }
  const fault = await broadcast(system, one.attempt.raw);
  if (fault === undefined) return there;
  const found = await look(system, one);
  if (found.doubt !== "missing") return found;
  switch (fault) {
    case "underpriced":
      return failure("Underpriced");
    case "funds":
      return failure("NoGas");
    case "refused":
      return failure("Refused");
    default:
      return missing;
  }
}

/** Where a transaction is, without doing anything about it. */
export async function look(system: System, one: Attempted): Promise<Change> {
  if (isBy("batch", one)) return lookAtBatch(system, one);
  const { attempt, account } = one;
  // Asked before the transaction itself: one that is mined in between is found by the second question.
  const used = await getTransactionCount(system.client, { address: account, blockTag: "latest" });
  const found = attempt.hash && (await byHash(system, one, attempt.hash));
  if (found) return found;
  if (isBy("page", one)) {
    const other = used > attempt.nonce && (await byNonce(system, one, attempt.nonce));
    return other && other.hash !== attempt.hash ? failure("Replaced") : missing;
  }
  return isBy("wallet", one) ? byContent(system, one, used) : missing;
}

/** The transaction of that hash, as the network knows it; undefined when it does not. */
async function byHash(system: System, one: Attempted, hash: Hex): Promise<Change | undefined> {
  const receipt = await orUndefined(getTransactionReceipt(system.client, { hash }));
  if (receipt) return ofReceipt(system, one, receipt);
  const pending = await orUndefined(getTransaction(system.client, { hash }));
  if (!pending) return undefined;
  if (!isBy("wallet", one) || one.attempt.seen) return there;
  return { ...there, attempt: { ...one.attempt, hash, nonce: pending.nonce, seen: true } };
}

async function orUndefined<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof TransactionNotFoundError || error instanceof TransactionReceiptNotFoundError)
      return undefined;
    throw error;
  }
}

async function ofReceipt(system: System, one: Transaction, receipt: TransactionReceipt): Promise<Change> {
  if (receipt.status !== "success")
    return { ...failure("Reverted"), failedAt: "sent", problem: await whyReverted(system, receipt) };
  return {
    stage: "mined",
    doubt: undefined,
    block: receipt.blockNumber,
    minedAt: Date.now(),
    outcome: outcomeOf(system, one, receipt),
  };
}

/** Runs the reverted transaction again on the state before its block. */
async function whyReverted({ client }: System, receipt: TransactionReceipt): Promise<Problem> {
  try {
    const { from, to, input } = await getTransaction(client, { hash: receipt.transactionHash });
    await call(client, { account: from, to, data: input, blockNumber: receipt.blockNumber - 1n });
    return { name: "Reverted", values: {} };
  } catch (error) {
    const problem = problemOf(error);
    return problem.name === "Unreachable" ? { name: "Reverted", values: {} } : problem;
  }
}

type Found = { hash: Hex; to: Address | null; input: Hex; block: bigint };

/** The account's mined transaction with `nonce`, which has been used since the attempt. */
async function byNonce(
  { client }: System,
  { account, attempt }: Attempted<"page" | "wallet">,
  nonce: number,
): Promise<Found | undefined> {
  // The first block after which the account has used the nonce.
  let before = attempt.after;
  let block = await getBlockNumber(client, { cacheTime: 0 });
  while (block - before > 1n) {
    const middle = (before + block) / 2n;
    const used = await getTransactionCount(client, { address: account, blockNumber: middle });
    if (used > nonce) block = middle;
    else before = middle;
  }
  const { transactions } = await getBlock(client, { blockNumber: block, includeTransactions: true });
  const mined = transactions.find((one) => isAddressEqual(one.from, account) && one.nonce === nonce);
  return mined && { hash: mined.hash, to: mined.to, input: mined.input, block };
}

/** What a wallet has sent since it was asked, known by what it was asked for: it may have named no hash, or repriced. */
async function byContent(system: System, one: Attempted<"wallet">, used: number): Promise<Change> {
  const { account, attempt } = one;
  const isIt = ({ to, input }: Pick<Found, "to" | "input">) =>
    to !== null && isAddressEqual(to, attempt.to) && input === attempt.data;
  let { nonce, after } = attempt;
  for (; nonce < used; nonce++) {
    const mined = await byNonce(system, one, nonce);
    if (!mined) return missing;
    if (isIt(mined)) return { ...there, attempt: { ...attempt, hash: mined.hash, nonce, seen: true } };
    // The nonce that a node has shown with our transaction now stands with another.
    if (attempt.seen) return failure("Replaced");
    after = mined.block;
  }
  const { transactions } = await getBlock(system.client, { blockTag: "pending", includeTransactions: true });
  const waiting = transactions.find((sent) => isAddressEqual(sent.from, account) && isIt(sent));
  if (waiting)
    return { ...there, attempt: { ...attempt, hash: waiting.hash, nonce: waiting.nonce, seen: true } };
  // What was looked through need not be looked through again.
  return nonce === attempt.nonce ? missing : { ...missing, attempt: { ...attempt, nonce, after } };
}

async function lookAtBatch(system: System, one: Attempted<"batch">): Promise<Change> {
  const { hash, batch } = one.attempt;
  // What is not there under the hash that it had may be there under another: a wallet may raise its fee.
  const found = hash && (await byHash(system, one, hash));
  if (found) return found;
  const wallet = await getConnectorClient(system.wagmi, { account: one.account });
  try {
    const { status, receipts = [] } = await getCallsStatus(wallet, { id: batch });
    const last = receipts.at(-1)?.transactionHash;
    if (last) return { ...there, attempt: { ...one.attempt, hash: last } };
    return status === "failure" ? failure("NotSent") : there;
  } catch (error) {
    if (error instanceof UnknownBundleIdError) return isOurs(system) ? failure("Interrupted") : missing;
    const problem = problemOf(error);
    if (isRelayAway(problem)) return { stage: "sending", doubt: "relay" };
    if (!["Unknown", "Unreachable"].includes(problem.name)) return { ...failure(problem.name), problem };
    throw error;
  }
}

/** What a fingerprint signs is kept in this browser before anybody is given it: what is not kept was never signed. */
const isOurs = ({ wagmi: { state } }: System) =>
  state.connections.get(state.current ?? "")?.connector.type === FINGERPRINT_CONNECTOR;

/** A block may still be replaced until the network has made it final; then the transaction waits again. */
async function untilFinal(system: System, one: Attempted): Promise<Change> {
  const { block, attempt } = one;
  if (attempt.hash === undefined) return missing;
  const again = await orUndefined(getTransactionReceipt(system.client, { hash: attempt.hash }));
  if (!again)
    return {
      ...{ ...missing, attemptedAt: Date.now() },
      ...{ block: undefined, minedAt: undefined, outcome: undefined },
    };
  if (again.blockNumber !== block) return ofReceipt(system, one, again);
  const { number } = await getBlock(system.client, { blockTag: "finalized" });
  return number >= block ? { stage: "final" } : {};
}
