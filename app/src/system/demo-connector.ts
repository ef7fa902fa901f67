/** A wallet for the local chain: signs in the browser with a key that everybody knows. */
import type { Chain, Hex, LocalAccount } from "viem";
import type { DemoAccount } from "./config.ts";
import { localConnector } from "./local-connector.ts";

/** The test mnemonic of every Hardhat node. */
const MNEMONIC = "test test test test test test test test test test test junk";

export const DEMO_CONNECTOR = "demo";
export const demoConnectorId = (name: string) => `${DEMO_CONNECTOR}:${name}`;

async function accountOf({ privateKey, mnemonicIndex }: DemoAccount): Promise<LocalAccount> {
  const { mnemonicToAccount, privateKeyToAccount } = await import("viem/accounts");
  return privateKey
    ? privateKeyToAccount(privateKey as Hex)
    : mnemonicToAccount(MNEMONIC, { addressIndex: mnemonicIndex! });
}

export function demoConnector(demo: DemoAccount, chain: Chain, rpcUrl: string) {
  const shown = { id: demoConnectorId(demo.name), name: demo.name, type: DEMO_CONNECTOR };
  return localConnector(shown, demo.address, () => accountOf(demo), chain, rpcUrl);
}
