import type { Address } from "viem";
import { useConnection } from "wagmi";
import { demoConnectorId, useSystem } from "../system/index.ts";

export type Account = {
  address: Address;
  /** "home-01" of a demo account. */
  name: string | undefined;
  /** What a household calls it, such as "Rumah Menteng". */
  label: string | undefined;
  /** The wallet is on another chain. */
  wrongChain: boolean;
};

/** Who is connected. */
export function useAccount(): Account | undefined {
  const { demoAccounts, chain } = useSystem();
  const { address, connector, chainId } = useConnection();
  if (!address) return undefined;
  const demo = demoAccounts.find(({ name }) => demoConnectorId(name) === connector?.id);
  return { address, name: demo?.name, label: demo?.label || demo?.name, wrongChain: chainId !== chain.id };
}
