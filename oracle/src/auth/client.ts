/** How a program signs in to an oracle node, as a page's wallet does: `@enerlink/oracle/sign-in`. */
import type { Address, Hex } from "viem";
import { createSiweMessage } from "viem/siwe";
import { time } from "../seams/time.ts";

/** Who signs in: a key, or an account that is a contract. */
export type Signer = { address: Address; signMessage: (given: { message: string }) => Promise<Hex> };

/** The longest session that is asked for, milliseconds. */
const HOUR = 3_600_000;

type Challenge = {
  nonce: string;
  domain: string;
  uri: string;
  chainId: number;
  version: "1";
  /** The node that the sign-in is for. */
  resources: string[];
  registered: boolean;
};

const cookiesOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0]!)
    .filter((cookie) => !cookie.endsWith("="))
    .join("; ");

/**
 * What the node is to be sent: the message, signed, and the cookie of its nonce.
 * @param headers What the request carries besides
 * @throws when the node gives no challenge, or when the challenge is another node's, to which whoever answers here could take the signature.
 */
export async function signedMessage(
  oracleUrl: string,
  account: Signer,
  headers: Record<string, string> = {},
) {
  const { address } = account;
  const response = await fetch(`${oracleUrl}/api/v1/auth/nonce?address=${address}`, { headers });
  if (!response.ok) throw new Error(`${oracleUrl} gives no nonce: ${await response.text()}`);
  const challenge = (await response.json()) as Challenge;
  const { registered, nonce, domain, uri, chainId, version, resources } = challenge;
  if (resources?.join() !== oracleUrl)
    throw new Error(`${oracleUrl} wants a sign-in for ${resources?.join() || "no node"}; see PUBLIC_URL`);
  const issuedAt = new Date(time.now());
  const expirationTime = new Date(issuedAt.getTime() + HOUR);
  const fields = { address, domain, uri, chainId, version, nonce, resources, issuedAt, expirationTime };
  const message = createSiweMessage(fields);
  const body = { message, signature: await account.signMessage({ message }) };
  return { registered, body, cookie: cookiesOf(response) };
}

/**
 * Signs `account` in at the node, with a new account there if it has none.
 * @returns the `Cookie` header for its requests.
 * @throws when the node refuses.
 */
export async function signIn(oracleUrl: string, account: Signer): Promise<string> {
  const { registered, body, cookie } = await signedMessage(oracleUrl, account);
  const response = await fetch(`${oracleUrl}/api/v1/auth/${registered ? "login" : "register"}`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${oracleUrl} refuses the sign-in: ${await response.text()}`);
  return cookiesOf(response);
}
