/** Signing in to the oracle with one signature of the wallet (EIP-4361); the session is a cookie of the oracle's. */
import { signMessage } from "viem/actions";
import { createSiweMessage } from "viem/siwe";
import { getConnectorClient } from "wagmi/actions";
import { z } from "zod/mini";
import type { System } from "../system/index.ts";
import { askOracle } from "./client.ts";

const challengeSchema = z.object({
  registered: z.nullable(z.boolean()),
  nonce: z.string(),
  domain: z.string(),
  uri: z.string(),
  chainId: z.int(),
  version: z.literal("1"),
  /** The node that the sign-in is for. */
  resources: z.array(z.string()),
});

const SESSION_MILLISECONDS = 12 * 3_600_000;

/** @throws what the wallet throws when it refuses, or what the oracle answers */
export async function signIn({ config, wagmi }: System): Promise<void> {
  const wallet = await getConnectorClient(wagmi);
  const { account } = wallet;
  const { registered, ...challenge } = await askOracle(
    config.oracleUrl,
    `auth/nonce?address=${account.address}`,
    challengeSchema,
  );
  const issuedAt = new Date();
  const expirationTime = new Date(issuedAt.getTime() + SESSION_MILLISECONDS);
  const message = createSiweMessage({ ...challenge, address: account.address, issuedAt, expirationTime });
  const signature = await signMessage(wallet, { account, message });
  await askOracle(config.oracleUrl, `auth/${registered ? "login" : "register"}`, z.unknown(), {
    method: "POST",
    body: JSON.stringify({ message, signature }),
  });
}
