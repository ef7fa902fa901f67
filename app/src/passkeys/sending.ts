/** Calls that one touch signs, all or none: brought to the chain by the relay, and found again whoever brought them. */
import { homeAccountAbi } from "@enerlink/protocol";
import {
  type Call,
  encodeCalls,
  executionTypedData,
  keyOfNonce,
  nonceKeyOf,
  nonceOf,
  signerIdOf,
  submissionOf,
} from "@enerlink/protocol/account";
import {
  encodeFunctionData,
  type Hex,
  hashTypedData,
  isAddressEqual,
  numberToHex,
  pad,
  type RpcTransactionReceipt,
} from "viem";
import { call, getBlock, getContractEvents, getTransaction, readContract } from "viem/actions";
import { inTurn, type Opened, refuse } from "./opened.ts";
import { isPassing, RelayProblem } from "./relay.ts";
import { findCalls, type KeptCalls, keepCalls, keptCalls } from "./signed.ts";

/** For so long after its block's time what was signed may be brought to the chain, seconds. */
const GOOD_FOR = 600n;
/** Lanes of nonces: calls on different ones do not wait for each other. */
const LANES = 256;
/** ERC-7821 without a signature: what the account may do by itself. */
const PLAIN_BATCH: Hex = pad("0x01", { dir: "right", size: 32 });

/** Codes of EIP-1193 and EIP-5792. */
const UNAUTHORIZED = 4100;
const UNKNOWN_CALLS = 5730;

const homeOf = ({ account }: Opened) => ({ address: account, abi: homeAccountAbi }) as const;

/** Under which the next calls run: on a lane where nothing that was signed here may still come. */
async function nextNonce(opened: Opened, there: boolean): Promise<bigint> {
  const { account, client, key } = opened;
  const signerId = signerIdOf(key);
  const waiting = keptCalls().filter((one) => !one.over && isAddressEqual(one.account, account));
  const taken = new Set(waiting.map(({ nonce }) => keyOfNonce(nonce)));
  const lanes = Array.from({ length: LANES }, (_, lane) => nonceKeyOf(signerId, lane));
  const lane = lanes.find((one) => !taken.has(one));
  if (lane === undefined) throw new RelayProblem("busy", "Too much waits to be recorded.");
  if (!there) return nonceOf(lane);
  return readContract(client, { ...homeOf(opened), functionName: "nonces", args: [account, lane] });
}

/** What would fail is told before anybody is asked for a touch. @throws what viem throws for a revert */
async function simulate(opened: Opened, calls: readonly Call[]): Promise<void> {
  const { account, client } = opened;
  const args = [PLAIN_BATCH, encodeCalls(calls)] as const;
  const data = encodeFunctionData({ abi: homeAccountAbi, functionName: "execute", args });
  await call(client, { account, to: account, data });
}

/**
 * Has `calls` signed, and brought to the chain.
 * @param id under which `statusOf` knows them
 * @throws an error with code 4001 when the touch was refused; what the contracts say where they would fail; RelayProblem
 *   where it will not pay for them
 */
export const send = (opened: Opened, id: string, calls: readonly Call[]): Promise<string> =>
  inTurn(async () => {
    const { account, chain, client, key, isFirst } = opened;
    const [there, block] = await Promise.all([opened.isThere(), getBlock(client)]);
    if (!there && !isFirst) throw refuse(UNAUTHORIZED, "The account is not there.");
    const nonce = await nextNonce(opened, there);
    if (there) await simulate(opened, calls);
    const deadline = Number(block.timestamp + GOOD_FOR);
    const hash = hashTypedData(executionTypedData(chain.id, account, calls, nonce, deadline));
    const signed: KeptCalls = {
      ...{ id, account, calls, nonce, deadline, after: block.number },
      signature: await opened.sign(hash),
      ...(there ? {} : { create: key }),
    };
    keepCalls(signed);
    try {
      await handOver(opened, signed);
    } catch (error) {
      // Whoever asks how they fared hears it again, and has them submitted when it has passed.
      if (!(error instanceof RelayProblem && isPassing(error))) throw error;
    }
    return id;
  });

/** @throws RelayProblem, or the revert that the relay found */
async function handOver(opened: Opened, signed: KeptCalls): Promise<void> {
  try {
    const { id } = await opened.relay.submit(signed);
    if (id !== null) keepCalls({ ...signed, relayed: id });
  } catch (error) {
    if (error instanceof RelayProblem && error.reason === "would-fail") await explain(opened, signed);
    throw error;
  }
}

/** Fails as the relay found that the calls would, with what the contracts say. */
async function explain({ client, factory }: Opened, signed: KeptCalls): Promise<void> {
  const { address: to, ...submission } = submissionOf(factory, signed);
  try {
    await call(client, { to, data: encodeFunctionData(submission as never) });
  } catch (error) {
    keepCalls({ ...signed, over: true });
    throw error;
  }
}

/** The transaction in which the calls ran, whoever sent it; `other` when others ran under their nonce. */
async function executed(opened: Opened, { nonce, after, signature }: KeptCalls) {
  const { client } = opened;
  const asked = { eventName: "Executed", args: { nonce }, fromBlock: after } as const;
  const [log] = await getContractEvents(client, { ...homeOf(opened), ...asked });
  if (!log) return undefined;
  const { input, hash } = await getTransaction(client, { hash: log.transactionHash });
  return input.includes(signature.slice(2)) ? hash : "other";
}

/**
 * How calls fared, as `wallet_getCallsStatus` says it.
 * @throws RelayProblem while nobody takes them, or the revert that the relay found
 */
export async function statusOf(opened: Opened, id: string) {
  const { chain, client, relay } = opened;
  const signed = findCalls(id);
  if (!signed) throw refuse(UNKNOWN_CALLS, "Unknown bundle id");
  const told = (status: number, receipts?: [RpcTransactionReceipt]) => ({
    ...{ version: "2.0.0", id, chainId: numberToHex(chain.id), atomic: true, status },
    ...(receipts ? { receipts } : {}),
  });
  const over = () => keepCalls({ ...signed, over: true });

  const hash = await executed(opened, signed);
  if (hash === "other") {
    over();
    return told(400);
  }
  if (hash !== undefined) {
    const receipt = await client.request({ method: "eth_getTransactionReceipt", params: [hash] });
    if (!receipt) return told(100);
    over();
    return told(200, [receipt]);
  }
  const { timestamp } = await getBlock(client);
  if (timestamp > signed.deadline) {
    over();
    return told(400);
  }
  if (signed.spare) return told(100);
  // Asked again with the same nonce, the relay does nothing twice.
  if (signed.relayed === undefined || (await relay.look(signed.relayed)).state === "failed")
    await handOver(opened, signed);
  return told(100);
}
