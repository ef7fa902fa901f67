import { useState } from "react";
import type { Abi, ContractFunctionName } from "viem";
import { getConnectorClient, switchChain } from "wagmi/actions";
import { unlock } from "../browser-wallet/index.ts";
import { FINGERPRINT_CONNECTOR } from "../passkeys/index.ts";
import { type System, useSystem } from "../system/index.ts";
import { isNotLoaded, whenOnline } from "../ui/index.ts";
import { alone, loadCode } from "./follow.ts";
import type { Call, Pull } from "./prepare.ts";
import {
  type Action,
  begin,
  type Change,
  isWaiting,
  type TokenName,
  type Transaction,
  update,
  useTransactions,
} from "./store.ts";

type Request<abi extends Abi = Abi, name extends ContractFunctionName<abi, "nonpayable"> = never> = {
  action: Action;
  /** What is called, or how to find that out from the network. */
  call: Call<abi, name> | (() => Promise<Call<abi, name>>);
  pulls?: Pull[];
  /** What goes before it in the same transaction, of an account that a fingerprint opens: it does all with one touch. */
  first?: Call[];
};

const DECIDED_POLL_MILLISECONDS = 300;

/** The token that an action takes, for when its contract says only how much of it is missing. */
const spends: Partial<Record<Action["kind"], TokenName>> = {
  placeAsk: "energy",
  depositEnergy: "energy",
  deliver: "energy",
  placeBid: "rupiah",
  depositMoney: "rupiah",
  requestTrade: "rupiah",
  requestWithdrawal: "rupiah",
};

/**
 * Runs a transaction from the connected wallet and shows it in the panel. A wish that is under way already is not begun
 * again: the panel shows the first one.
 * `transact` answers whether it is under way; it never throws, problems stand in the panel.
 */
export function useTransact() {
  const system = useSystem();
  const [busy, setBusy] = useState(false);

  async function transact<const abi extends Abi, name extends ContractFunctionName<abi, "nonpayable">>(
    request: Request<abi, name>,
  ): Promise<boolean> {
    const connection = system.wagmi.state.connections.get(system.wagmi.state.current ?? "");
    if (!connection) return false;
    const wanted: Transaction = {
      id: crypto.randomUUID(),
      chainKey: system.chainKey,
      account: connection.accounts[0],
      action: request.action,
      stage: "signing",
      asked: "nothing",
      startedAt: Date.now(),
    };
    setBusy(true);
    try {
      return await alone(wanted.id, () => run(system, wanted, request as unknown as Request));
    } finally {
      setBusy(false);
    }
  }
  return { transact, busy };
}

async function run(system: System, wanted: Transaction, request: Request): Promise<boolean> {
  const { show } = useTransactions.getState();
  let begun: Transaction;
  try {
    begun = await begin(wanted);
  } catch {
    // Without a record nothing may be handed out. Said in this tab alone.
    const refused: Transaction = { ...wanted, ...failedBefore({ name: "NotKept", values: {} }) };
    useTransactions.setState(({ transactions }) => ({ transactions: [refused, ...transactions] }));
    show(wanted.id);
    return false;
  }
  show(begun.id);
  if (begun.id !== wanted.id) return true;
  const changed = await attempted(system, begun, request);
  await update(begun.id, changed);
  return changed.stage !== "failed" && changed.stage !== "declined";
}

/** In this browser an account signs one thing after another, whatever the tab: what it signs is numbered. */
const inTurn = <T>({ chainKey, account }: Transaction, work: () => Promise<T>): Promise<T> =>
  navigator.locks.request(`enerlink.account.${chainKey}.${account}`, work) as Promise<T>;

async function untilDecided(one: Transaction): Promise<void> {
  if (!(await isWaiting(one))) return;
  await update(one.id, { asked: "earlier" });
  while (await isWaiting(one)) await whenOnline(DECIDED_POLL_MILLISECONDS);
  await update(one.id, { asked: "nothing" });
}

const failedBefore = (problem: Transaction["problem"]): Change => ({
  stage: "failed",
  failedAt: "signing",
  ...(problem ? { problem } : {}),
});

/** Up to the moment at which it is handed out; `follow.ts` takes over from there. */
async function attempted(
  system: System,
  one: Transaction,
  { call, pulls = [], first = [] }: Request,
): Promise<Change> {
  const { wagmi, chain } = system;
  let code: Awaited<ReturnType<typeof loadCode>>;
  try {
    code = await loadCode();
  } catch (error) {
    return failedBefore({ name: isNotLoaded(error) ? "NotLoaded" : "Unreachable", values: {} });
  }
  try {
    const connection = wagmi.state.connections.get(wagmi.state.current ?? "");
    if (connection && connection.chainId !== chain.id) await switchChain(wagmi, { chainId: chain.id });
    const wallet = await getConnectorClient(wagmi, { account: one.account });
    const isHere = wallet.account.type === "local";
    const byFingerprint = connection?.connector.type === FINGERPRINT_CONNECTOR;
    const asking = async (asked: Transaction["asked"]) => {
      if (!isHere) await update(one.id, { asked });
    };
    const work = async () => {
      const known = typeof call === "function" ? await call() : call;
      const wanted = { call: known, pulls, first, byFingerprint };
      const ready = await code.prepare(system, wallet, wanted, asking, () => untilDecided(one));
      await asking(byFingerprint ? "fingerprint" : "transaction");
      return code.handOut(system, wallet, one, ready);
    };
    if (!isHere) return await work();
    await unlock(one.account);
    return await inTurn(one, work);
  } catch (error) {
    if (code.isRejection(error)) return { stage: "declined" };
    return failedBefore(code.problemOf(error, pulls[0]?.token ?? spends[one.action.kind]));
  }
}
