import { useState } from "react";
import type { Abi, ContractFunctionName } from "viem";
import { getConnectorClient, switchChain } from "wagmi/actions";
import { useSystem } from "../system/index.ts";
import type { TokenName } from "./problem.ts";
import type { Call, Pull } from "./run.ts";
import { type Action, type Transaction, useTransactions } from "./store.ts";

type Request<abi extends Abi, name extends ContractFunctionName<abi, "nonpayable">> = {
  action: Action;
  call: Call<abi, name>;
  pulls?: Pull[];
};

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
 * Runs a transaction from the connected wallet and shows it in the panel.
 * `transact` answers whether it was sent; it never throws, problems stand in the panel.
 */
export function useTransact() {
  const system = useSystem();
  const { add, update } = useTransactions();
  const [busy, setBusy] = useState(false);

  async function transact<const abi extends Abi, name extends ContractFunctionName<abi, "nonpayable">>({
    action,
    call,
    pulls = [],
  }: Request<abi, name>): Promise<boolean> {
    const connection = system.wagmi.state.connections.get(system.wagmi.state.current ?? "");
    if (!connection) return false;
    const id = crypto.randomUUID();
    let asked: Transaction["asked"] = "transaction";
    setBusy(true);
    add({
      id,
      chainKey: system.chainKey,
      account: connection.accounts[0],
      action,
      stage: "signing",
      asked,
      startedAt: Date.now(),
    });
    try {
      if (connection.chainId !== system.chain.id)
        await switchChain(system.wagmi, { chainId: system.chain.id });
      const { sendCall } = await import("./run.ts");
      const wallet = await getConnectorClient(system.wagmi);
      const hash = await sendCall(system, wallet, call as unknown as Call, pulls, (next) => {
        asked = next;
        update(id, { asked });
      });
      update(id, { stage: "sent", hash });
      return true;
    } catch (error) {
      const { isRejection, problemOf } = await import("./decode.ts");
      if (isRejection(error)) update(id, { stage: "declined" });
      else
        update(id, {
          stage: "failed",
          failedAt: "signing",
          problem: problemOf(error, pulls[0]?.token ?? spends[action.kind]),
        });
      return false;
    } finally {
      setBusy(false);
    }
  }
  return { transact, busy };
}
