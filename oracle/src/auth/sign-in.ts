/**
 * Sign-in with Ethereum (EIP-4361): a nonce that serves one sign-in of one browser, and every check of the signed
 * message. viem reads the message and checks the signature; what it leaves open is checked here.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type Address, getAddress, type Hex, isHex, verifyMessage } from "viem";
import { parseSiweMessage } from "viem/siwe";
import { random } from "../seams/random.ts";
import { time } from "../seams/time.ts";
import type { SignedByContract } from "./contract-signatures.ts";

/** Milliseconds. */
const NONCE_LIFE = 5 * 60_000;
const MOST_SKEW = 5 * 60_000;
export const LONGEST_SESSION = 24 * 3_600_000;
/** Nonces that were used and could still be used again, at most: beyond that nobody signs in for a while. */
const MOST_SPENT = 100_000;
/** Characters of a nonce: what makes it unique, until when it holds (unix milliseconds), and this node's seal on both. */
const [UNIQUE, EXPIRY, SEAL] = [32, 12, 32];

/** A sign-in that is refused: which part of the message is wrong, and what it must be. */
export class SignInError extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

export type SignIn = ReturnType<typeof makeSignIn>;

export function makeSignIn({
  signedByContract,
  chainId,
  origins,
  node,
  now = time.now,
}: {
  /** Asked only of what no key of the address signed. */
  signedByContract: SignedByContract;
  chainId: number;
  /** The dApp's: a message must be made for one of them. */
  origins: readonly string[];
  /** This node's address as its users know it: a message that was made for another node is worth nothing here. */
  node: () => string;
  /** Milliseconds. */
  now?: () => number;
}) {
  /** Nonces are sealed, not remembered: whoever asks for many of them takes nobody else's away. */
  const secret = random.bytes(32);
  const spent = new Map<string, number>();
  const sealOf = (text: string) => createHmac("sha256", secret).update(text).digest("hex").slice(0, SEAL);

  /** What a wallet is to sign, beside its address and the times. */
  function challenge() {
    const expiresAt = now() + NONCE_LIFE;
    const text = random.bytes(UNIQUE / 2).toString("hex") + expiresAt.toString(16).padStart(EXPIRY, "0");
    const nonce = text + sealOf(text);
    const uri = origins[0]!;
    const { host } = new URL(uri);
    return { nonce, domain: host, uri, chainId, version: "1", resources: [node()], expiresAt };
  }

  /** Until when this node's `nonce` holds; undefined when it is not this node's. */
  function expiryOf(nonce: string): number | undefined {
    const text = nonce.slice(0, UNIQUE + EXPIRY);
    const [given, own] = [nonce.slice(UNIQUE + EXPIRY), sealOf(text)].map((seal) => Buffer.from(seal));
    const genuine = given!.length === own!.length && timingSafeEqual(given!, own!);
    return genuine ? Number.parseInt(text.slice(UNIQUE), 16) : undefined;
  }

  function spend(nonce: string | undefined, bound: string | undefined): void {
    const expires = nonce === undefined ? undefined : expiryOf(nonce);
    if (nonce === undefined || expires === undefined || spent.has(nonce))
      throw new SignInError("nonce", "must be one that was given by auth/nonce and not used yet");
    if (nonce !== bound)
      throw new SignInError("nonce", "must be the one that was given to this browser (its cookie)");
    if (expires <= now()) throw new SignInError("nonce", `is older than ${NONCE_LIFE / 60_000} minutes`);
    for (const [old, until] of spent) if (until <= now()) spent.delete(old);
    if (spent.size >= MOST_SPENT)
      throw new SignInError(
        "nonce",
        "cannot be taken now: too many people sign in; try again in some minutes",
      );
    spent.set(nonce, expires);
  }

  /**
   * Checks a signed message; `bound` is the nonce that this browser was given. The nonce is spent.
   * @returns who signed, and until when the sign-in holds (milliseconds).
   * @throws SignInError naming the part that is wrong, or UncheckedError when the chain could not be asked.
   */
  async function verify(
    message: string,
    signature: string,
    bound: string | undefined,
  ): Promise<{ address: Address; expiresAt: number }> {
    const parsed = parseSiweMessage(message);
    if (parsed.address === undefined) throw new SignInError("message", "must be an EIP-4361 message");
    if (!isHex(signature)) throw new SignInError("signature", "must be 0x and hexadecimal digits");
    spend(parsed.nonce, bound);
    const origin = origins.find((one) => new URL(one).host === parsed.domain);
    if (origin === undefined)
      throw new SignInError("domain", `must be ${origins.map((one) => new URL(one).host).join(" or ")}`);
    const { protocol } = new URL(origin);
    if (parsed.scheme !== undefined && `${parsed.scheme}:` !== protocol)
      throw new SignInError("scheme", `must be ${protocol.slice(0, -1)}`);
    if (parsed.uri === undefined || !URL.canParse(parsed.uri) || new URL(parsed.uri).origin !== origin)
      throw new SignInError("uri", `must lie at ${origin}`);
    if (parsed.version !== "1") throw new SignInError("version", "must be 1");
    if (parsed.chainId !== chainId) throw new SignInError("chainId", `must be ${chainId}`);
    if (parsed.resources?.length !== 1 || parsed.resources[0] !== node())
      throw new SignInError("resources", `must be this node's address and nothing else: ${node()}`);
    const { issuedAt, expirationTime, notBefore } = parsed;
    // NaN compares false: an unreadable time fits nothing.
    if (!issuedAt || !(Math.abs(now() - issuedAt.getTime()) <= MOST_SKEW))
      throw new SignInError("issuedAt", `must be within ${MOST_SKEW / 60_000} minutes of now`);
    if (!expirationTime || !(expirationTime.getTime() > now()))
      throw new SignInError("expirationTime", "is needed, and must lie ahead");
    if (notBefore && !(notBefore.getTime() <= now() + MOST_SKEW))
      throw new SignInError("notBefore", "must not lie ahead");
    const address = getAddress(parsed.address);
    if (!(await isSignedBy(address, message, signature)))
      throw new SignInError("signature", `was not made by ${address} over this message`);
    return { address, expiresAt: Math.min(expirationTime.getTime(), now() + LONGEST_SESSION) };
  }

  async function isSignedBy(address: Address, message: string, signature: Hex): Promise<boolean> {
    const byKey = await verifyMessage({ address, message, signature }).catch(() => false);
    return byKey || signedByContract(address, message, signature);
  }

  return { challenge, verify };
}
