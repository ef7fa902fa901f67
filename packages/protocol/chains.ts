/** Chains that live in a developer's machine: keys and money are worthless there, and a restart begins a new chain. */
export const DEVELOPMENT_CHAINS: readonly number[] = [31_337, 31_338];

export const isDevelopmentChain = (chainId: number): boolean => DEVELOPMENT_CHAINS.includes(chainId);

/**
 * Seconds of a settlement window where nothing else is set. On a network that everybody reads, a quarter hour's history
 * beside a place is a diary of who is at home.
 */
export const windowSeconds = (chainId: number): number => (isDevelopmentChain(chainId) ? 900 : 86_400);
