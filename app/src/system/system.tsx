/** Everything the pages reach the outside through: the chain, its contracts, and where index and oracle are. */
import {
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  meterRegistryAbi,
  rupiahTokenAbi,
  slotPoolAbi,
} from "@enerlink/protocol";
import { createContext, useContext } from "react";
import {
  type Abi,
  type Address,
  type Client,
  createClient,
  defineChain,
  type GetContractReturnType,
  http,
} from "viem";
import { createConfig } from "wagmi";
import { browserConnector, useVault } from "../browser-wallet/index.ts";
import { fingerprintConnector, useFingerprints } from "../passkeys/index.ts";
import type { SystemConfig } from "./config.ts";
import { demoConnector } from "./demo-connector.ts";
import { readContract } from "./read.ts";

export function makeSystem(config: SystemConfig) {
  const { demoAccounts } = config;
  const { chainId, contracts, genesisHash } = config.deployment;
  const chain = defineChain({
    id: chainId,
    name: "EnerLink",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [config.rpcUrl] } },
  });
  const transport = http(config.rpcUrl, { batch: true, retryCount: 1 });
  // A bare client, its actions imported where they are used: the decorated one carries all of them into the first load.
  const client = createClient({ chain, transport, pollingInterval: 1_000 });
  return {
    config,
    demoAccounts,
    chain,
    client,
    /** Names this very chain: a restarted local chain is another one. */
    chainKey: `${chainId}:${genesisHash}:${contracts.energyMarket}`,
    wagmi: createConfig({
      chains: [chain],
      transports: { [chainId]: transport },
      connectors: [
        ...demoAccounts.map((account) => demoConnector(account, chain, config.rpcUrl)),
        ...useFingerprints.getState().fingerprints.map((one) => fingerprintConnector(one, chain, config)),
        ...useVault.getState().wallets.map(({ address }) => browserConnector(address, chain, config.rpcUrl)),
      ],
    }),
    market: readable(client, contracts.energyMarket, energyMarketAbi),
    energyToken: readable(client, contracts.energyToken, energyTokenAbi),
    rupiahToken: readable(client, contracts.rupiahToken, rupiahTokenAbi),
    registry: readable(client, contracts.meterRegistry, meterRegistryAbi),
    converter: readable(client, contracts.energyConverter, energyConverterAbi),
    pool: readable(client, contracts.slotPool, slotPoolAbi),
  };
}

/** A contract with its view functions as methods, as viem's `getContract` has them, and nothing else of it. */
function readable<const abi extends Abi>(client: Client, address: Address, abi: abi) {
  const read = new Proxy(
    {},
    {
      get:
        (_, functionName: string) =>
        (args: readonly unknown[] = []) =>
          readContract(client, { address, abi: abi as Abi, functionName, args }),
    },
  ) as GetContractReturnType<abi, Client> extends { read: infer read } ? read : never;
  return { address, abi, read };
}
export type System = ReturnType<typeof makeSystem>;

const SystemContext = createContext<System | null>(null);
export const SystemProvider = SystemContext.Provider;

export function useSystem(): System {
  const system = useContext(SystemContext);
  if (!system) throw new Error("useSystem needs a SystemProvider above it");
  return system;
}
