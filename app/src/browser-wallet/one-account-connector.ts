/** A wallet that is one account and is always there, as wagmi sees it. */
import type { Address, Chain, Client, EIP1193RequestFn } from "viem";
import { createConnector } from "wagmi";

/** What signs and sends. */
export type OneAccount = {
  request: EIP1193RequestFn;
  /** Where it signs in this page itself. */
  getClient?: () => Promise<Client>;
};

/**
 * @param address Known before anything that signs is loaded: who is connected shows without it
 * @returns a connector that stands for this one account, so that wagmi remembers which one was picked
 */
export function oneAccountConnector(
  { id, name, type }: { id: string; name: string; type: string },
  address: Address,
  chain: Chain,
  { request, getClient }: OneAccount,
) {
  const provider = { request };
  return createConnector<typeof provider>((config) => ({
    id,
    name,
    type,
    // The signature must hold with and without capabilities: they are asked for when something is sent.
    async connect() {
      return { accounts: [address] as never, chainId: chain.id };
    },
    async disconnect() {},
    async getAccounts() {
      return [address];
    },
    async getChainId() {
      return chain.id;
    },
    async getProvider() {
      return provider;
    },
    ...(getClient ? { getClient: getClient as never } : {}),
    async isAuthorized() {
      return (await config.storage?.getItem("recentConnectorId")) === id;
    },
    onAccountsChanged() {},
    onChainChanged() {},
    onDisconnect() {},
  }));
}
