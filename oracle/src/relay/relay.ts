/**
 * Pays for what members' households sign: anyone may submit a household's signed calls, and this is who does where a
 * household has no ether. It holds no right over any account. What it does not pay for can be sent by any other wallet.
 */
import { homeAccountAbi, revertOf } from "@enerlink/protocol";
import { isAccountCode, submissionOf } from "@enerlink/protocol/account";
import type { Deployment } from "@enerlink/protocol/deployment";
import { type Log, messageOf } from "@enerlink/service/log";
import {
  type Abi,
  type Address,
  encodeFunctionData,
  type Hex,
  keccak256,
  numberToHex,
  type PublicClient,
} from "viem";
import type { Metrics } from "../metrics.ts";
import { time } from "../seams/time.ts";
import type { Outbox } from "../transactions/outbox.ts";
import type { Relayed, RelayLedger } from "./ledger.ts";
import { checkRecovery, checkRequest, type RecoveryRequest, Refusal, type RelayRequest } from "./policy.ts";

/** What a household may cost. */
export type RelayBudget = {
  /** Gas of one transaction. */
  most: bigint;
  /** Gas of a household's in a day (UTC). */
  daily: bigint;
  /** Gas of all in a day (UTC). */
  dailyTotal: bigint;
};

const DAY = 86_400_000;
/** Percent of what a transaction is estimated at that it may use: the state may have changed by then. */
const ROOM = 120n;

/** Taken on, or already done; or why not. Plain data: it goes from one thread to another. */
export type RelayAnswer =
  | { relayed: Relayed; refusal?: never }
  | { done: { hash: Hex }; refusal?: never }
  | { refusal: { reason: Refusal["reason"]; detail: string } };

type Needs = {
  client: PublicClient;
  deployment: Deployment;
  outbox: Pick<Outbox, "submit" | "sender" | "full" | "obstacle" | "handle">;
  ledger: RelayLedger;
  budget: RelayBudget;
  isMember: (account: Address) => boolean;
  metrics: Metrics;
  log: Log;
};

export type Relay = ReturnType<typeof makeRelay>;

/** Whether an address has the code of a household's account. */
const makeIsHousehold =
  ({ client, deployment }: Needs) =>
  async (address: Address) =>
    isAccountCode(deployment.contracts.homeAccount, await client.getCode({ address }));

/** What is called, as viem takes it. */
type Write = { address: Address; abi: Abi; functionName: string; args: readonly unknown[] };

/** Gas that a transaction may use. @throws Refusal when it would fail, or costs too much */
function makeGasOf({ client, outbox, budget }: Needs) {
  return async function gasOf(write: Write): Promise<bigint> {
    let estimate: bigint;
    try {
      estimate = await client.estimateContractGas({ ...write, account: outbox.sender });
    } catch (error) {
      const reverted = revertOf(error);
      if (!reverted) throw error;
      const { errorName, args } = reverted.data ?? {};
      throw new Refusal(
        "would-fail",
        errorName ? `${errorName}(${(args ?? []).map(String).join(", ")})` : messageOf(reverted),
        { cause: error },
      );
    }
    const gas = (estimate * ROOM) / 100n;
    if (gas > budget.most)
      throw new Refusal("too-dear", `it may use ${gas} gas, and one transaction at most ${budget.most}`);
    return gas;
  };
}

/** Which of the contracts' errors a transaction would fail with. */
const failure = (error: unknown) =>
  error instanceof Refusal ? revertOf(error.cause)?.data?.errorName : undefined;

/** The transaction in which an account's nonce was used, and with it the calls ran. */
async function executedIn({ client, deployment }: Needs, account: Address, nonce: bigint) {
  const [log] = await client.getContractEvents({
    address: account,
    abi: homeAccountAbi,
    eventName: "Executed",
    args: { nonce },
    fromBlock: BigInt(deployment.startBlock),
  });
  return log?.transactionHash;
}

/** @throws Refusal when what is taken on now would only wait */
function checkFree({ outbox }: Needs): void {
  const obstacle = outbox.obstacle();
  if (obstacle !== undefined) throw new Refusal("busy", `nothing gets through now: ${obstacle}`);
  if (outbox.full()) throw new Refusal("busy", "too many transactions wait to be mined: again in a moment");
}

/**
 * @param paidFor the household out of whose gas it is paid
 * @throws Refusal when the day's budget does not reach for `gas` more
 */
function checkBudget(
  { ledger, budget }: Needs,
  { account, paidFor }: { account: Address; paidFor: Address },
  gas: bigint,
  now: number,
): void {
  const today = now - (now % DAY);
  const own = ledger.spentSince(today, paidFor) + gas;
  const all = ledger.spentSince(today) + gas;
  const until = new Date(today + DAY).toISOString();
  if (own > budget.daily)
    throw new Refusal("budget", `the account's ${budget.daily} gas of this day are used up until ${until}`);
  // The other half is the household's own, so that whatever a guardian proposes, it can refuse.
  const guardians = budget.daily / 2n;
  if (account !== paidFor && ledger.spentByGuardians(today, paidFor) + gas > guardians)
    throw new Refusal("budget", `its guardian's ${guardians} gas of this day are used up until ${until}`);
  if (all > budget.dailyTotal)
    throw new Refusal(
      "budget",
      `everybody's ${budget.dailyTotal} gas of this day are used up until ${until}`,
    );
}

/** The transaction in which a signer was given an account by its guardian; undefined when it does not sign for it now. */
async function recoveredIn({ client, deployment }: Needs, { account, signer }: RecoveryRequest) {
  const home = { address: account, abi: homeAccountAbi } as const;
  const signerId = keccak256(signer);
  if (!(await client.readContract({ ...home, functionName: "isSigner", args: [signerId] }))) return undefined;
  const logs = await client.getContractEvents({
    ...home,
    eventName: "Recovered",
    args: { signerId },
    fromBlock: BigInt(deployment.startBlock),
  });
  return logs.at(-1)?.transactionHash;
}

/** Has the outbox bring something to the chain, within the budgets, and keeps the record of it. */
function makeSend(needs: Needs) {
  const { outbox, ledger, metrics, log } = needs;
  /** @param taken its calls are for the record */
  return async function send(
    taken: { account: Address; paidFor: Address; nonce: bigint; calls: { to: Address; data: Hex }[] },
    { address: to, ...call }: Write,
    gas: bigint,
  ): Promise<RelayAnswer> {
    const { account, paidFor, nonce, calls } = taken;
    const data = encodeFunctionData(call);
    let id = 0;
    // Budget and nonce are looked at where the transaction is stored: of two requests at once one is too many.
    await outbox.submit({ kind: "relay", to, data, gas }, (transactionId) => {
      const at = time.now();
      if ((ledger.ofNonce(account, nonce)?.state ?? "failed") !== "failed")
        throw new Refusal(
          "nonce-in-use",
          `${nonce < 0n ? "its recovery" : `nonce ${numberToHex(nonce)}`} is under way`,
        );
      checkBudget(needs, taken, gas, at);
      const called = calls.map(({ to, data }) => ({ to, selector: data.slice(0, 10) as Hex }));
      id = ledger.insert({ account, nonce, paidFor, calls: called, gas, at, transactionId });
    });
    metrics.relayed.inc({ outcome: "sent" });
    log.info({ account, relayed: id, calls: calls.length, gas }, "relaying for a household");
    return { relayed: ledger.find(id)! };
  };
}

export function makeRelay(needs: Needs) {
  const { client, deployment, outbox, ledger, budget, isMember, metrics, log } = needs;
  const isHousehold = makeIsHousehold(needs);
  const guardianOf = (address: Address) =>
    client.readContract({ address, abi: homeAccountAbi, functionName: "guardian" });
  const gasOf = makeGasOf(needs);
  const send = makeSend(needs);

  async function take(request: RelayRequest): Promise<RelayAnswer> {
    const { account, nonce } = request;
    const paidFor = await checkRequest(request, { deployment, isMember, isHousehold, guardianOf });
    const before = ledger.ofNonce(account, nonce);
    if (before && before.state !== "failed") return { relayed: before };
    checkFree(needs);
    const write = submissionOf(deployment.contracts.homeAccountFactory, request) as unknown as Write;
    const gas = await gasOf(write).catch(async (error: unknown) => {
      const used = failure(error) === "InvalidAccountNonce";
      const hash = used ? await executedIn(needs, account, nonce) : undefined;
      if (hash === undefined) throw error;
      return hash;
    });
    return typeof gas === "string" ? { done: { hash: gas } } : send({ ...request, paidFor }, write, gas);
  }

  /** Nobody signs a recovery that is due: it is known by the recoveries before it, below every nonce that is signed. */
  async function recover(request: RecoveryRequest): Promise<RelayAnswer> {
    const { account, signer } = request;
    await checkRecovery(request, { isMember, isHousehold });
    const home = { address: account, abi: homeAccountAbi } as const;
    const nonce = -1n - BigInt(await client.readContract({ ...home, functionName: "epoch" }));
    const before = ledger.ofNonce(account, nonce);
    if (before && before.state !== "failed") return { relayed: before };
    checkFree(needs);
    const write: Write = { ...home, abi: homeAccountAbi as Abi, functionName: "recover", args: [signer] };
    const gas = await gasOf(write).catch(async (error: unknown) => {
      const hash = failure(error) === "NotAnnounced" ? await recoveredIn(needs, request) : undefined;
      if (hash === undefined) throw error;
      return hash;
    });
    if (typeof gas === "string") return { done: { hash: gas } };
    const calls = [{ to: account, data: encodeFunctionData(write) }];
    return send({ account, paidFor: account, nonce, calls }, write, gas);
  }

  /** What is refused is an answer. */
  async function answered(account: Address, work: Promise<RelayAnswer>): Promise<RelayAnswer> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      metrics.relayed.inc({ outcome: error.reason });
      log.info({ account, reason: error.reason }, `not relayed: ${error.message}`);
      return { refusal: { reason: error.reason, detail: error.message } };
    }
  }

  outbox.handle("relay", {
    mined: ({ id }, { gasUsed, status }) => {
      ledger.spend(id, gasUsed);
      metrics.relayed.inc({ outcome: status === "success" ? "mined" : "reverted" });
      metrics.relayedGas.inc(Number(gasUsed));
    },
    unmined: () => {},
    replaced: () => metrics.relayed.inc({ outcome: "given-up" }),
    final: () => {},
    after: () => {},
  });

  return {
    /** Who pays. */
    payer: outbox.sender,
    budget,
    take: (request: RelayRequest) => answered(request.account, take(request)),
    /** Completes a recovery whose time has come, which anyone may: who lost all devices has nobody to sign with. */
    recover: (request: RecoveryRequest) => answered(request.account, recover(request)),
  };
}
