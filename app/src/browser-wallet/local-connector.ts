/** A wallet whose account signs in this page, as wagmi sees it. */
import { type Address, type Chain, createClient, http, type LocalAccount } from "viem";
import { oneAccountConnector } from "./one-account-connector.ts";

/** @param makeAccount Called when something is first signed, once: the signing code is large and slow */
export function localConnector(
  shown: { id: string; name: string; type: string },
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
  return oneAccountConnector(shown, address, chain, {
    // wagmi asks every connector for its provider whenever a page opens: no reason to make an account.
    request: (async (request: unknown) => (await getClient()).request(request as never)) as never,
    getClient,
  });
}
