/** Turns a wish into a transaction that the sender's own wallet signs, if the contract would accept it now. */
import {
  type Abi,
  type Address,
  decodeFunctionResult,
  encodeFunctionData,
  getAddress,
  type Hex,
  isAddressEqual,
} from "viem";
import { chainId, client, energyTokenAbi } from "../chain.ts";
import { checkPermit, type Permit, permitCall, type Token, tokenOf } from "./permit.ts";
import { asRefusal, failsToPull } from "./refusal.ts";

type Wish = {
  from: Address;
  to: Address;
  abi: Abi;
  functionName: string;
  args: readonly unknown[];
  /** Handed in before the call, in one transaction: its permission to pull a token. The market's calls only. */
  permit?: Permit | undefined;
  /** What the call may pull: a permit is for one of them. */
  pulls?: readonly Token[];
  /** Whose wallet it pulls them from; the sender's unless given. */
  seller?: Address;
  /** What it will do, in words, given what the contract would return. */
  effect: (result: unknown) => string;
  /** What it would return, by name. */
  result?: (result: unknown) => Record<string, string>;
};

/**
 * @throws Problem 400 for a permit that is of no use, 422 for one that does not count or with the contract's own error
 * when it would refuse, 502 when the node does not answer
 */
export async function prepare({ from, to, abi, effect, result: named, pulls = [], seller, ...wish }: Wish) {
  if (wish.permit) await checkPermit(from, wish.permit, pulls);
  const { functionName, args, returned } = callOf(abi, wish);
  const data: Hex = encodeFunctionData({ abi, functionName, args });
  const call = { address: to, abi, functionName, args, account: from };
  try {
    const [simulated, gas] = await Promise.all([
      client.simulateContract(call),
      client.estimateContractGas(call),
    ]);
    const result = returned(simulated.result);
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
    const [token, another] = pulls;
    if (token === undefined || another !== undefined || !failsToPull(error)) throw asRefusal(error);
    const other = seller && !isAddressEqual(seller, from) ? getAddress(seller) : undefined;
    const held = { token, value: await heldBy(other ?? from, token) };
    throw asRefusal(error, { permitted: wish.permit?.token, seller: other, held });
  }
}

const heldBy = (owner: Address, token: Token) =>
  client.readContract({
    address: tokenOf(token),
    abi: energyTokenAbi,
    functionName: "balanceOf",
    args: [owner],
  });

type Call = Pick<Wish, "functionName" | "args" | "permit">;

/** What is called: the wish itself, or several calls of the market's with the wish as the last of them. */
function callOf(abi: Abi, { functionName, args, permit }: Call) {
  if (!permit) return { functionName, args, returned: (result: unknown) => result };
  const calls = [permitCall(permit), encodeFunctionData({ abi, functionName, args })];
  return {
    functionName: "multicall",
    args: [calls],
    returned: (results: unknown) =>
      decodeFunctionResult({ abi, functionName, data: (results as Hex[]).at(-1)! }),
  };
}
