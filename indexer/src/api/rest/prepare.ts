/** Turns a wish into a transaction that the sender's own wallet signs, if the contract would accept it now. */
import { Problem } from "@enerlink/edge";
import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  encodeFunctionData,
  getAddress,
  type Hex,
} from "viem";
import { chainId, client } from "../chain.ts";
import { refusalOf } from "./refusal.ts";

type Wish = {
  from: Address;
  to: Address;
  abi: Abi;
  functionName: string;
  args: readonly unknown[];
  /** What it will do, in words, given what the contract would return. */
  effect: (result: unknown) => string;
  /** What it would return, by name. */
  result?: (result: unknown) => Record<string, string>;
};

/** @throws Problem 422 with the contract's own error when it would refuse, 502 when the node does not answer */
export async function prepare({ from, to, abi, functionName, args, effect, result: named }: Wish) {
  const data: Hex = encodeFunctionData({ abi, functionName, args });
  const call = { address: to, abi, functionName, args, account: from };
  try {
    const [{ result }, gas] = await Promise.all([
      client.simulateContract(call),
      client.estimateContractGas(call),
    ]);
    return {
      transaction: {
        from: getAddress(from),
        to: getAddress(to),
        data,
        value: "0",
        chainId,
        gas: String(gas),
      },
      effect: effect(result),
      result: named?.(result) ?? {},
    };
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error: unknown): Problem {
  if (!(error instanceof BaseError)) throw error;
  const reverted = error.walk((inner) => inner instanceof ContractFunctionRevertedError);
  if (!(reverted instanceof ContractFunctionRevertedError)) {
    return new Problem(502, "The chain does not answer", error.shortMessage);
  }
  return reverted.data
    ? refusalOf(reverted.data)
    : new Problem(422, "The contract refuses", reverted.reason ?? "It reverts without a reason");
}
