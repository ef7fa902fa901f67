/** A wallet that this browser keeps: there without its password, which only a signature asks for. */
import type { Address, Chain } from "viem";
import { localConnector } from "./local-connector.ts";
import { unlockedAccount } from "./vault.ts";

export const BROWSER_CONNECTOR = "browser";
export const browserConnectorId = (address: Address) => `${BROWSER_CONNECTOR}:${address}`;

async function accountOf(address: Address) {
  const { toAccount } = await import("viem/accounts");
  return toAccount({
    address,
    signMessage: async (request) => (await unlockedAccount(address)).signMessage(request),
    signTransaction: async (transaction, options) =>
      (await unlockedAccount(address)).signTransaction(transaction, options),
    signTypedData: async (request) => (await unlockedAccount(address)).signTypedData(request),
  });
}

export function browserConnector(address: Address, chain: Chain, rpcUrl: string) {
  const shown = { id: browserConnectorId(address), name: address, type: BROWSER_CONNECTOR };
  return localConnector(shown, address, () => accountOf(address), chain, rpcUrl);
}
