/** Keys that a device holds behind its fingerprint, face or screen lock: made, and asked to sign. */
import type { Assertion, PublicKey } from "@enerlink/protocol/account";
import * as Base64 from "ox/Base64";
import * as P256 from "ox/P256";
import * as WebAuthnP256 from "ox/WebAuthnP256";
import {
  type Address,
  bytesToHex,
  concat,
  getAddress,
  type Hex,
  hexToBytes,
  numberToHex,
  sha256,
  zeroAddress,
} from "viem";
import type { Fingerprint } from "./kept.ts";

export type Touch = Assertion & {
  credentialId: string;
  handle?: Hex | undefined;
  /** The account that the key was made for; undefined of one that has an account of its own. */
  account: Address | undefined;
};

const HANDLE_BYTES = 32;
const ADDRESS_BYTES = 20;

/** What a wallet says that was told no (EIP-1193). */
const REJECTED = 4001;

/** A touch that was refused, timed out, or that this device has no key for: browsers do not tell which. */
function asRefusal(error: unknown): unknown {
  const refused = (one: unknown): boolean =>
    one instanceof Error && (["NotAllowedError", "AbortError"].includes(one.name) || refused(one.cause));
  return refused(error)
    ? Object.assign(new Error("The fingerprint was not given.", { cause: error }), { code: REJECTED })
    : error;
}

/** A handle is random, for a device would overwrite a key of the same one; the account stands before that. */
const handleOf = (account: Address = zeroAddress) =>
  hexToBytes(
    concat([account, bytesToHex(crypto.getRandomValues(new Uint8Array(HANDLE_BYTES - ADDRESS_BYTES)))]),
  );

function accountIn(handle: ArrayBuffer | null | undefined): Address | undefined {
  if (handle?.byteLength !== HANDLE_BYTES) return undefined;
  const account = bytesToHex(new Uint8Array(handle, 0, ADDRESS_BYTES));
  return account === zeroAddress ? undefined : getAddress(account);
}

/**
 * Makes a key on this device.
 * @param name what the device shows beside it
 * @param account that it is to be let into; without one it gets an account of its own
 * @throws an error with code 4001 when it was refused
 */
export async function createPasskey(
  name: string,
  account?: Address,
): Promise<Pick<Fingerprint, "credentialId" | "key" | "handle">> {
  const handle = handleOf(account);
  try {
    const { id, publicKey } = await WebAuthnP256.createCredential({
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rp: { id: location.hostname, name: "EnerLink" },
      user: { id: handle, name, displayName: name },
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
    const word = (part: bigint) => numberToHex(part, { size: 32 });
    return {
      credentialId: id,
      key: { x: word(publicKey.x), y: word(publicKey.y) },
      handle: bytesToHex(handle),
    };
  } catch (error) {
    throw asRefusal(error);
  }
}

/**
 * @param credentialId which key; without it the device offers those that it has
 * @throws an error with code 4001 when it was refused
 */
export async function touch(challenge: Hex, credentialId?: string): Promise<Touch> {
  try {
    const { id, metadata, signature, raw } = await WebAuthnP256.sign({
      challenge,
      rpId: location.hostname,
      userVerification: "required",
      ...(credentialId ? { credentialId } : {}),
    });
    const { userHandle } = (raw as unknown as PublicKeyCredential).response as AuthenticatorAssertionResponse;
    return {
      credentialId: id,
      handle: userHandle ? bytesToHex(new Uint8Array(userHandle)) : undefined,
      account: accountIn(userHandle),
      r: numberToHex(signature.r, { size: 32 }),
      // The lower of the two already.
      s: numberToHex(signature.s, { size: 32 }),
      challengeIndex: metadata.challengeIndex!,
      typeIndex: metadata.typeIndex!,
      authenticatorData: metadata.authenticatorData,
      clientDataJSON: metadata.clientDataJSON,
    };
  } catch (error) {
    throw asRefusal(error);
  }
}

/** Of WebAuthn Level 3; not every browser has it yet. */
type Telling = {
  signalCurrentUserDetails?: (told: {
    rpId: string;
    userId: string;
    name: string;
    displayName: string;
  }) => Promise<void>;
};

/** Has the device call a key so from now on, where it offers several. Where it cannot, it goes on calling it as before. */
export async function renamePasskey({ handle }: Pick<Fingerprint, "handle">, name: string): Promise<void> {
  const device = globalThis.PublicKeyCredential as unknown as Telling | undefined;
  if (handle === undefined) return;
  const userId = Base64.fromHex(handle, { url: true, pad: false });
  await device
    ?.signalCurrentUserDetails?.({ rpId: location.hostname, userId, name, displayName: name })
    .catch(() => {});
}

/** The two keys that may have made a signature: a device tells its public key when it makes it, and never again. */
export function keysOf({ r, s, authenticatorData, clientDataJSON }: Assertion): PublicKey[] {
  const payload = concat([authenticatorData, sha256(new TextEncoder().encode(clientDataJSON))]);
  return [0, 1].map((yParity) => {
    const signature = { r: BigInt(r), s: BigInt(s), yParity };
    const { x, y } = P256.recoverPublicKey({ payload: sha256(payload), signature });
    return { x: numberToHex(x, { size: 32 }), y: numberToHex(y, { size: 32 }) };
  });
}
