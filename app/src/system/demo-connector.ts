/** A wallet for the local chain: signs in the browser with a key that everybody knows. */
import type { Chain, Hex, LocalAccount } from "viem";
import type { CreateConnectorFn } from "wagmi";
import { localConnector } from "../browser-wallet/local-connector.ts";
import type { DemoAccount } from "./config.ts";

export const DEMO_CONNECTOR = "demo";
export const demoConnectorId = (name: string) => `${DEMO_CONNECTOR}:${name}`;

async function accountOf({ privateKey, mnemonicIndex }: DemoAccount): Promise<LocalAccount> {
  if (privateKey) return (await import("viem/accounts")).privateKeyToAccount(privateKey as Hex);
  return (await import("@enerlink/protocol/development")).developmentAccount(mnemonicIndex!);
}

/** Tells the host that a person uses the account, so that its program leaves it alone. */
const tellHost = (address: string) =>
  fetch("/demo-accounts", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ address }),
  }).catch(() => {});

export function demoConnector(demo: DemoAccount, chain: Chain, rpcUrl: string): CreateConnectorFn {
  const shown = { id: demoConnectorId(demo.name), name: demo.name, type: DEMO_CONNECTOR };
  const make = localConnector(shown, demo.address, () => accountOf(demo), chain, rpcUrl);
  return (config) => {
    const connector = make(config);
    return {
      ...connector,
      async connect(parameters) {
        await tellHost(demo.address);
        return connector.connect(parameters);
      },
    };
  };
}
