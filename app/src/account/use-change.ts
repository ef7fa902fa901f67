import { homeAccountAbi } from "@enerlink/protocol";
import type { Address, Hex } from "viem";
import { type Call, type Transaction, useTransact } from "../transactions/index.ts";

type Change =
  | { name: "addSigner" | "recover"; args: readonly [Hex] }
  | { name: "removeSigner" | "keepSigner" | "completeRemoval" | "proposeRecovery"; args: readonly [Hex] }
  | { name: "setGuardian"; args: readonly [Address] }
  | { name: "keepGuardian" | "completeGuardian" | "refuseRecovery"; args: readonly [] };

/** Changes of who may act for a household's account. */
export function useChange() {
  const { transact, busy } = useTransact();
  /** @param account whose, its own or one that is looked after */
  const change = (account: Address, { name, args }: Change): Promise<boolean> =>
    transact({
      // What tells two of a kind apart stands in the values.
      action: { kind: name, values: { account, subject: args[0] ?? "" } } as Transaction["action"],
      call: { address: account, abi: homeAccountAbi, functionName: name, args } as Call,
    });
  return { change, busy };
}
