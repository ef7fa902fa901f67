/** A wallet whose account signs in this page, as wagmi sees it. */
import { type Address, type Chain, createClient, http, type LocalAccount } from "viem";
import { createConnector } from "wagmi";

/**
 * @param address Known before its key is: who is connected shows without the signing code, which is large and slow
 * @param makeAccount Called when something is first signed, once
 * @returns a connector that stands for this one account, so that wagmi remembers which one was picked
 */
export function localConnector(
  { id, name, type }: { id: string; name: string; type: string },
  address: Address,
  makeAccount: () => Promise<LocalAccount>,
  chain: Chain,
  rpcUrl: string,
) {
  const makeClient = async () =>
    createClient({ account: await makeAccount(), chain, transport: http(rpcUrl), pollingInterval: 1_000 });
  let client: ReturnType<typeof makeClient> | undefined;
  const getClient = () => {
    client ??= makeClient();
    // What could not be fetched this time may be the next.
    client.catch(() => {
      client = undefined;
    });
    return client;
  };
  // wagmi asks every connector for its provider whenever a page opens: no reason to make an account.
  const provider = {
    request: async (request: { method: string; params?: unknown }) =>
      (await getClient()).request(request as never),
  };

  return createConnector<typeof provider>((config) => ({
    id,
    name,
    type,
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
      return provider;
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
