/** A wallet whose account signs in this page, as wagmi sees it. */
import { type Chain, createClient, http, type LocalAccount } from "viem";
import { createConnector } from "wagmi";

/**
 * @param makeAccount Called when the account is first needed, once
 * @returns a connector that stands for this one account, so that wagmi remembers which one was picked
 */
export function localConnector(
  { id, name, type }: { id: string; name: string; type: string },
  makeAccount: () => Promise<LocalAccount>,
  chain: Chain,
  rpcUrl: string,
) {
  const makeClient = async () =>
    createClient({ account: await makeAccount(), chain, transport: http(rpcUrl), pollingInterval: 1_000 });
  let client: ReturnType<typeof makeClient> | undefined;
  const getClient = () => {
    client ??= makeClient();
    return client;
  };
  const getAccounts = async () => [(await getClient()).account.address];

  return createConnector((config) => ({
    id,
    name,
    type,
    // The signature must hold with and without capabilities, of which a local key has none.
    async connect() {
      return { accounts: (await getAccounts()) as never, chainId: chain.id };
    },
    async disconnect() {},
    getAccounts,
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
