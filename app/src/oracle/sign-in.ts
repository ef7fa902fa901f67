/** Signing in to the oracle with one signature of the wallet (EIP-4361); the session is a cookie of the oracle's. */

import type { components } from "@enerlink/client/oracle-types";
import type { Address } from "viem";
import { signMessage } from "viem/actions";
import { createSiweMessage } from "viem/siwe";
import { getConnectorClient } from "wagmi/actions";
import { answerOf, oracleAt } from "../oracle-api/client.ts";
import type { System } from "../system/index.ts";

export type Challenge = Pick<components["schemas"]["Challenge"], "nonce" | "chainId" | "resources">;

const SESSION_MILLISECONDS = 12 * 3_600_000;

/** The challenge is another node's or another chain's: who signed it could be signed in there by whoever asked here. */
export class ForeignChallenge extends Error {
  override readonly name = "ForeignChallenge";
}

type Here = {
  /** The page's own address. */
  origin: string;
  /** Of the node that was asked. */
  oracleUrl: string;
  chainId: number;
  address: Address;
  /** When it is signed. */
  now: Date;
};

/**
 * What the wallet is to sign: for this page and this chain, whatever the node names, and for the node that was asked.
 * @throws ForeignChallenge
 */
export function messageFor(
  { nonce, chainId: named, resources }: Challenge,
  { origin, oracleUrl, chainId, address, now }: Here,
): string {
  const node = oracleUrl.replace(/\/$/, "");
  if (named !== chainId)
    throw new ForeignChallenge(`The challenge is for chain ${named}, not for ${chainId}.`);
  if (resources.length !== 1 || resources[0] !== node)
    throw new ForeignChallenge(`The challenge is for ${resources.join(", ") || "no node"}, not for ${node}.`);
  return createSiweMessage({
    ...{ address, nonce, chainId, resources },
    ...{ domain: new URL(origin).host, uri: origin, version: "1" },
    issuedAt: now,
    expirationTime: new Date(now.getTime() + SESSION_MILLISECONDS),
  });
}

/** @throws what the wallet throws when it refuses, or what the oracle answers; ForeignChallenge */
export async function signIn({ config, wagmi, chain }: System): Promise<void> {
  const { oracleUrl } = config;
  const wallet = await getConnectorClient(wagmi);
  const { account } = wallet;
  const { address } = account;
  const oracle = oracleAt(oracleUrl);
  const challenge = await answerOf(oracle.GET("/api/v1/auth/nonce", { params: { query: { address } } }));
  const here = { origin: location.origin, oracleUrl, chainId: chain.id, address, now: new Date() };
  const message = messageFor(challenge, here);
  const signature = await signMessage(wallet, { account, message });
  const body = { message, signature };
  await (challenge.registered
    ? answerOf(oracle.POST("/api/v1/auth/login", { body }))
    : answerOf(oracle.POST("/api/v1/auth/register", { body })));
}
