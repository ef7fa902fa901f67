/**
 * A wallet for the local chain: signs in the browser with a key that everybody knows. One connector an account, so that
 * picking an account is picking a connector, and wagmi remembers which one.
 */
import { type Chain, createClient, type Hex, http, type LocalAccount } from "viem";
import { createConnector } from "wagmi";
import type { DemoAccount } from "./config.ts";

/** The test mnemonic of every Hardhat node. */
const MNEMONIC = "test test test test test test test test test test test junk";

export const DEMO_CONNECTOR = "demo";
export const demoConnectorId = (name: string) => `${DEMO_CONNECTOR}:${name}`;

async function accountOf({ name, privateKey, mnemonicIndex }: DemoAccount): Promise<LocalAccount> {
  const { mnemonicToAccount, privateKeyToAccount } = await import("viem/accounts");
  if (privateKey) return privateKeyToAccount(privateKey as Hex);
  if (mnemonicIndex !== undefined) return mnemonicToAccount(MNEMONIC, { addressIndex: mnemonicIndex });
  throw new Error(`/config.json: ${name} has neither privateKey nor mnemonicIndex`);
}

export function demoConnector(demo: DemoAccount, chain: Chain, rpcUrl: string) {
  const id = demoConnectorId(demo.name);
  const makeClient = async () =>
    createClient({
      account: await accountOf(demo),
      chain,
      transport: http(rpcUrl),
      pollingInterval: 1_000,
    });
  let client: ReturnType<typeof makeClient> | undefined;
  const getClient = () => {
    client ??= makeClient();
    return client;
  };

  return createConnector((config) => ({
    id,
    name: demo.name,
    type: DEMO_CONNECTOR,
    // The signature must hold with and without capabilities, of which a local key has none.
    async connect() {
      const { account } = await getClient();
      return { accounts: [account.address] as never, chainId: chain.id };
    },
    async disconnect() {},
    async getAccounts() {
      return [(await getClient()).account.address];
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
