/** A wallet that this browser keeps, as wagmi sees it: there without its password, which only a signature asks for. */
import { type Address, type Chain, createClient, http } from "viem";
import { createConnector } from "wagmi";
import { unlockedAccount } from "./vault.ts";

export const BROWSER_CONNECTOR = "browser";
export const browserConnectorId = (address: Address) => `${BROWSER_CONNECTOR}:${address}`;

export function browserConnector(address: Address, chain: Chain, rpcUrl: string) {
  const id = browserConnectorId(address);
  const makeClient = async () => {
    const { toAccount } = await import("viem/accounts");
    const account = toAccount({
      address,
      signMessage: async (request) => (await unlockedAccount(address)).signMessage(request),
      signTransaction: async (transaction, options) =>
        (await unlockedAccount(address)).signTransaction(transaction, options),
      signTypedData: async (request) => (await unlockedAccount(address)).signTypedData(request),
    });
    return createClient({ account, chain, transport: http(rpcUrl), pollingInterval: 1_000 });
  };
  let client: ReturnType<typeof makeClient> | undefined;
  const getClient = () => {
    client ??= makeClient();
    return client;
  };

  return createConnector((config) => ({
    id,
    name: address,
    type: BROWSER_CONNECTOR,
    // The signature must hold with and without capabilities, of which a local key has none.
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
      return getClient();
    },
    getClient,
    async isAuthorized() {
      return (await config.storage?.getItem("recentConnectorId")) === id;
    },
    onAccountsChanged() {},
    onChainChanged() {},
    onDisconnect() {},
  }));
}
