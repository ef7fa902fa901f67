/** An account that this device's fingerprint opens, as a wallet. What signs is loaded with the first signature. */
import type { Address, Chain } from "viem";
import { oneAccountConnector } from "../browser-wallet/one-account-connector.ts";
import { loadNow } from "../ui/loading.ts";
import type { Fingerprint } from "./kept.ts";
import type { Places } from "./opened.ts";

export const FINGERPRINT_CONNECTOR = "fingerprint";
export const fingerprintConnectorId = (account: Address) => `${FINGERPRINT_CONNECTOR}:${account}`;

export function fingerprintConnector(fingerprint: Fingerprint, chain: Chain, places: Places) {
  const { account } = fingerprint;
  const load = async () => {
    const { makeProvider } = await loadNow(() => import("./provider.ts"));
    return makeProvider(fingerprint, chain, places);
  };
  let provider: ReturnType<typeof load> | undefined;
  const request = async (asked: { method: string; params?: unknown }) => {
    provider ??= load();
    provider.catch(() => {
      provider = undefined;
    });
    return (await provider).request(asked);
  };
  const shown = { id: fingerprintConnectorId(account), name: account, type: FINGERPRINT_CONNECTOR };
  return oneAccountConnector(shown, account, chain, { request: request as never });
}
