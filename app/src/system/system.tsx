/** Everything the pages reach the outside through: the chain, its contracts, and where index and oracle are. */
import {
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  meterRegistryAbi,
  rupiahTokenAbi,
} from "@enerlink/contracts";
import { createContext, useContext } from "react";
import { createPublicClient, defineChain, getContract, http } from "viem";
import { createConfig } from "wagmi";
import type { DemoAccount, SystemConfig } from "./config.ts";
import { demoConnector } from "./demo-connector.ts";

export function makeSystem(config: SystemConfig, demoAccounts: DemoAccount[]) {
  const { chainId, contracts, genesisHash } = config.deployment;
  const chain = defineChain({
    id: chainId,
    name: "EnerLink",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [config.rpcUrl] } },
  });
  const transport = http(config.rpcUrl, { batch: true, retryCount: 1 });
  const client = createPublicClient({ chain, transport, pollingInterval: 1_000 });
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
      connectors: demoAccounts.map((account) => demoConnector(account, chain, config.rpcUrl)),
    }),
    market: getContract({ address: contracts.energyMarket, abi: energyMarketAbi, client }),
    energyToken: getContract({ address: contracts.energyToken, abi: energyTokenAbi, client }),
    rupiahToken: getContract({ address: contracts.rupiahToken, abi: rupiahTokenAbi, client }),
    registry: getContract({ address: contracts.meterRegistry, abi: meterRegistryAbi, client }),
    converter: getContract({ address: contracts.energyConverter, abi: energyConverterAbi, client }),
  };
}
export type System = ReturnType<typeof makeSystem>;

const SystemContext = createContext<System | null>(null);
export const SystemProvider = SystemContext.Provider;

export function useSystem(): System {
  const system = useContext(SystemContext);
  if (!system) throw new Error("useSystem needs a SystemProvider above it");
  return system;
}
