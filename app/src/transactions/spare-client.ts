import {
  type Account,
  type Address,
  type Chain,
  type Client,
  createClient,
  custom,
  type Transport,
} from "viem";
import type { Connector } from "wagmi";

/** A wallet beside the connected account, which stays connected. */
export async function clientOf(
  connector: Connector,
  chain: Chain,
): Promise<Client<Transport, Chain, Account>> {
  const own = await connector.getClient?.({ chainId: chain.id });
  if (own) return own as Client<Transport, Chain, Account>;
  const provider = (await connector.getProvider()) as { request: never };
  const [account] = (await (provider.request as (asked: object) => Promise<Address[]>)({
    method: "eth_requestAccounts",
  })) as [Address];
  return createClient({ account, chain, transport: custom(provider, { retryCount: 0 }) }) as never;
}
