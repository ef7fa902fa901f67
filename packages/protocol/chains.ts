import type { Chain } from "viem";

/** Chains that live in a developer's machine: keys and money are worthless there, and a restart begins a new chain. */
export const DEVELOPMENT_CHAINS = [31_337, 31_338] as const;

/** The one that `enerlink start` runs. */
export const LOCAL_CHAIN_ID: number = DEVELOPMENT_CHAINS[0];

/** It as viem describes chains: `viem/chains` would read seven hundred others beside it. */
export const hardhat = {
  id: LOCAL_CHAIN_ID,
  name: "Hardhat",
  nativeCurrency: { decimals: 18, name: "Ether", symbol: "ETH" },
  rpcUrls: { default: { http: ["http://127.0.0.1:8545"] } },
} as const satisfies Chain;

/** Hardhat's public words: whoever reads them holds the accounts of a development chain. */
export const DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk";

export const isDevelopmentChain = (chainId: number): boolean =>
  DEVELOPMENT_CHAINS.some((id) => id === chainId);

/**
 * Seconds of a settlement window where nothing else is set. On a network that everybody reads, a quarter hour's history
 * beside a place is a diary of who is at home.
 */
export const windowSeconds = (chainId: number): number => (isDevelopmentChain(chainId) ? 900 : 86_400);
