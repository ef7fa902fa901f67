/** The chain, its deployment and the operator's account, from the environment. */

import { argumentsOf, gasLimitFor, revertOf } from "@enerlink/protocol";
import { isDevelopmentChain } from "@enerlink/protocol/chains";
import { readDeployment } from "@enerlink/protocol/deployment";
import { developmentAccount } from "@enerlink/protocol/development";
import { readSettings } from "@enerlink/service/settings";
import { BaseError, createPublicClient, createWalletClient, defineChain, type Hex, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import { acting } from "../contracts/parameters.ts";
import { UsageError } from "./options.ts";

export type Chain = Awaited<ReturnType<typeof openChain>>;

/** A chain may take its time, and a connection break: what reads is asked once more, what sends is not. */
const PATIENCE = { timeout: 30_000, retryCount: 1 };

/** @throws UsageError when no chain answers, or it has no deployment, or no key is given where one is needed. */
export async function openChain(environment: Record<string, string | undefined> = process.env) {
  const { RPC_URL: nodes, PRIVATE_KEY: key } = readSettings(z.object(acting), environment);
  const rpcUrl = nodes[0]!;
  const transport = http(rpcUrl, PATIENCE);
  const chainId = await createPublicClient({ transport })
    .getChainId()
    .catch(() => {
      throw new UsageError(`RPC_URL ${rpcUrl}: no chain answers there`);
    });
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const client = createPublicClient({ chain, transport, pollingInterval: 200 });
  const { contracts } = readDeployment(chainId, environment);

  function account() {
    if (key) return privateKeyToAccount(key);
    if (isDevelopmentChain(chainId)) return developmentAccount(0);
    throw new UsageError(`PRIVATE_KEY is needed on chain ${chainId}: 0x and 64 hexadecimal digits`);
  }

  /** @throws what the contract would refuse of `request` */
  async function simulate(request: Parameters<typeof client.simulateContract>[0]): Promise<void> {
    await client.simulateContract({ ...request, account: account() });
  }

  /** Sends `request` once a simulation succeeded, and waits until it is mined. @returns the transaction's hash */
  async function write(request: Parameters<typeof client.simulateContract>[0]): Promise<Hex> {
    const sender = account();
    const wallet = createWalletClient({ chain, transport, account: sender });
    await simulate(request);
    const gas = request.gas ?? gasLimitFor(await client.estimateContractGas({ ...request, account: sender }));
    const given = { ...request, gas } as Parameters<typeof wallet.writeContract>[0];
    const hash = await wallet.writeContract(given);
    const receipt = await client.waitForTransactionReceipt({ hash });
    if (receipt.status === "reverted")
      throw new Error(`The transaction ${hash} was reverted in block ${receipt.blockNumber}`);
    return hash;
  }

  return { chainId, client, contracts, account, simulate, write };
}

/** What went wrong in one line; of a contract's refusal also its name and values, as it names them. */
export type Problem = { message: string; name?: string; values?: Record<string, string> };

export function explain(error: unknown): Problem {
  if (!(error instanceof BaseError))
    return { message: error instanceof Error ? error.message : String(error) };
  const refusal = revertOf(error)?.data;
  if (!refusal) return { message: error.shortMessage };
  const { errorName: name, args = [] } = refusal;
  const told = argumentsOf(refusal);
  const values = Object.fromEntries(told.map((one) => [one.name, one.text]));
  if (name === "AccessManagedUnauthorized")
    return { message: `${args[0]} does not hold the role that may do this`, name, values };
  const words = told.length > 0 ? ` (${told.map((one) => `${one.name} ${one.text}`).join(", ")})` : "";
  return { message: `The contract refuses: ${name}${words}`, name, values };
}
