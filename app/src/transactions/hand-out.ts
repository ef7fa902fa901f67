/** Handing a transaction out: what it is found by again is kept first, so that no lost reply makes it unknown. */
import { type Hex, keccak256, type LocalAccount, toHex } from "viem";
import {
  getBlockNumber,
  getTransactionCount,
  prepareTransactionRequest,
  sendCalls,
  sendTransaction,
} from "viem/actions";
import type { System } from "../system/index.ts";
import { leavesOpen } from "./decode.ts";
import { broadcast, look } from "./look.ts";
import type { Ready, WalletClient } from "./prepare.ts";
import { type Attempt, type Change, freeNonce, keepAttempt, type Transaction } from "./store.ts";

type One = Extract<Ready, { to: unknown }>;
type Several = Extract<Ready, { calls: unknown }>;

/** How often bytes that were refused for their nonce or their fee are signed anew. */
const SIGNED_ANEW = 4;

/**
 * @returns what is known then; `sending` when nobody knows yet whether it arrived
 * @throws when it is sure that nothing was handed out
 */
export function handOut(
  system: System,
  wallet: WalletClient,
  transaction: Transaction,
  ready: Ready,
): Promise<Change> {
  if ("calls" in ready) return askForBatch(system, wallet, transaction, ready);
  const { account } = wallet;
  return account.type === "local"
    ? signHere(system, account, transaction, ready)
    : askWallet(system, wallet, transaction, ready);
}

/** Signs in this page: the bytes are kept, then sent, as often as it takes. */
async function signHere(
  system: System,
  account: LocalAccount,
  transaction: Transaction,
  { to, data, gas }: One,
): Promise<Change> {
  const { client, chain } = system;
  for (let signed = 1; ; signed++) {
    const after = await getBlockNumber(client, { cacheTime: 0 });
    const least = await getTransactionCount(client, { address: account.address, blockTag: "pending" });
    const nonce = await freeNonce(transaction, least);
    const request = await prepareTransactionRequest(client, {
      ...{ account, chain, to, data, gas, nonce },
      type: "eip1559",
      parameters: ["chainId", "fees"],
    });
    const raw = await account.signTransaction({ ...request, chainId: chain.id });
    const attempt = { by: "page", nonce, after, hash: keccak256(raw), raw } as const;
    await keepAttempt(transaction.id, attempt, "sending");
    const fault = await broadcast(system, raw);
    // Bytes that the only node they were shown to refuses for good are nowhere: others may take their place.
    const anew = fault === "nonce-used" || fault === "underpriced";
    if (!anew || signed >= SIGNED_ANEW) return fault === undefined ? sent : unsure;
    const found = await look(system, { ...transaction, attempt });
    if (found.doubt !== "missing" && found.problem?.name !== "Replaced") return found;
  }
}

const sent: Change = { stage: "sent" };
const unsure: Change = { stage: "sending" };

/** Lets the wallet sign and send. What it is asked for is kept first, and found again by what it would do. */
async function askWallet(
  { client, chain }: System,
  wallet: WalletClient,
  { id }: Transaction,
  { to, data, gas }: One,
): Promise<Change> {
  const { account } = wallet;
  const after = await getBlockNumber(client, { cacheTime: 0 });
  const nonce = await getTransactionCount(client, { address: account.address, blockTag: "latest" });
  const attempt: Attempt = { by: "wallet", nonce, after, to, data };
  await keepAttempt(id, attempt, "signing");
  try {
    const hash = await sendTransaction(wallet, { account, chain, to, data, gas });
    return { ...sent, attempt: { ...attempt, hash } };
  } catch (error) {
    if (leavesOpen(error)) return unsure;
    throw error;
  }
}

/** Approvals and the call at once, all or nothing (EIP-5792). */
async function askForBatch(
  { chain }: System,
  wallet: WalletClient,
  { id }: Transaction,
  { calls }: Several,
): Promise<Change> {
  const attempt = { by: "batch", batch: toHex(crypto.getRandomValues(new Uint8Array(32))) as Hex } as const;
  await keepAttempt(id, attempt, "signing");
  try {
    const answer = await sendCalls(wallet, {
      ...{ account: wallet.account, chain, calls },
      forceAtomic: true,
      id: attempt.batch,
    });
    // A wallet of the first edition of the standard chooses its own.
    return { ...sent, attempt: { ...attempt, batch: answer.id } };
  } catch (error) {
    if (leavesOpen(error)) return unsure;
    throw error;
  }
}
