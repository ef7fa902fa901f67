import type { Address } from "viem";

/** The EIP-712 domain of everything that is signed for EnerLink: it counts on one chain, for one contract. */
export const typedDomain = (chainId: number, verifyingContract: Address) =>
  ({ name: "EnerLink", version: "1", chainId, verifyingContract }) as const;
