/**
 * One question to a contract: viem's `readContract`, without what that carries for calls that this dApp never makes
 * (contracts that are not deployed yet, state that is made up, several in one). A revert is thrown as the node tells it.
 */
import {
  type Abi,
  type Address,
  type Client,
  type ContractFunctionArgs,
  type ContractFunctionName,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  type ReadContractParameters,
  type ReadContractReturnType,
} from "viem";

type EthCall = {
  Method: "eth_call";
  Parameters: readonly [{ to?: Address | undefined; data: Hex }, "latest"];
  ReturnType: Hex;
};

export async function readContract<
  const abi extends Abi,
  name extends ContractFunctionName<abi, "pure" | "view">,
  const args extends ContractFunctionArgs<abi, "pure" | "view", name>,
>(
  client: Client,
  { address, abi, functionName, args }: ReadContractParameters<abi, name, args>,
): Promise<ReadContractReturnType<abi, name, args>> {
  const call = { abi, functionName, args } as Parameters<typeof encodeFunctionData>[0];
  const asked = [{ to: address, data: encodeFunctionData(call) }, "latest"] as const;
  const data = await client.request<EthCall>({ method: "eth_call", params: asked });
  return decodeFunctionResult({ ...call, data } as Parameters<typeof decodeFunctionResult>[0]) as never;
}
