/** An account that this device's fingerprint opens, with what it takes to sign and send for it. */
import { accountOf, passkeySignature } from "@enerlink/protocol/account";
import { type Address, type Chain, createClient, type Hex, http, isAddressEqual } from "viem";
import { getCode } from "viem/actions";
import type { Fingerprint } from "./kept.ts";
import { type Touch, touch } from "./passkey.ts";
import { type Relay, relayAt } from "./relay.ts";

export type Tools = {
  sign: (challenge: Hex, credentialId: string) => Promise<Touch>;
  relay: Pick<Relay, "submit" | "look">;
};

/** Where the chain, the oracle and the contracts are. */
export type Places = {
  rpcUrl: string;
  oracleUrl: string;
  deployment: { contracts: { homeAccount: Address; homeAccountFactory: Address } };
};

export type Opened = ReturnType<typeof openAccount>;

/** @param tools the device and the relay, unless a test has its own */
export function openAccount(
  { account, credentialId, key }: Fingerprint,
  chain: Chain,
  places: Places,
  { sign, relay }: Tools = { sign: touch, relay: relayAt(places.oracleUrl) },
) {
  const { homeAccount, homeAccountFactory: factory } = places.deployment.contracts;
  const client = createClient({ chain, transport: http(places.rpcUrl, { retryCount: 1 }), cacheTime: 0 });
  return {
    ...{ account, key, chain, client, factory, relay },
    /** It follows from this key, so that this device can create it. */
    isFirst: isAddressEqual(accountOf(factory, homeAccount, key), account),
    isThere: async () => (await getCode(client, { address: account })) !== undefined,
    /** Asks for one touch. */
    sign: async (hash: Hex) => passkeySignature(key, await sign(hash, credentialId)),
  };
}

/** A browser asks for one touch at a time, whatever the tab. */
export const inTurn = <T>(work: () => Promise<T>): Promise<T> =>
  navigator.locks.request("enerlink.fingerprint", work) as Promise<T>;

/** What a wallet answers that does not do it (EIP-1193, EIP-5792). */
export const refuse = (code: number, message: string): Error => Object.assign(new Error(message), { code });
