/** A passkey in software: the bytes are laid out as an authenticator lays them out. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { Assertion, PublicKey } from "@enerlink/protocol/account";
import { bytesToHex, concat, type Hex, hexToBytes, numberToHex, sha256, stringToHex } from "viem";

/** Order of P-256. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export type Passkey = PublicKey & { assert(challenge: Hex): Assertion };

/** @param signBytes Signs the bytes' SHA-256, with the lower s */
export function makePasskey(
  { x, y }: PublicKey,
  signBytes: (bytes: Uint8Array) => { r: Hex; s: Hex },
): Passkey {
  function assert(challenge: Hex): Assertion {
    const clientDataJSON = JSON.stringify({
      type: "webauthn.get",
      challenge: Buffer.from(hexToBytes(challenge)).toString("base64url"),
      origin: "http://localhost:5173",
      crossOrigin: false,
    });
    // Present, verified, eligible for backup and backed up; synced passkeys count nothing.
    const authenticatorData = concat([sha256(stringToHex("localhost")), "0x1d", "0x00000000"]);
    const client = createHash("sha256").update(clientDataJSON).digest();
    const { r, s } = signBytes(Buffer.concat([hexToBytes(authenticatorData), client]));
    const [typeIndex, challengeIndex] = ['"type"', '"challenge"'].map((key) => clientDataJSON.indexOf(key));
    return {
      r,
      s,
      typeIndex: typeIndex!,
      challengeIndex: challengeIndex!,
      authenticatorData,
      clientDataJSON,
    };
  }
  return { x, y, assert };
}

/** A passkey that nobody has yet. */
export function newPasskey(): Passkey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = privateKey.export({ format: "jwk" });
  const hex = (text: string) => bytesToHex(Buffer.from(text, "base64url"), { size: 32 });
  return makePasskey({ x: hex(x!), y: hex(y!) }, (bytes) => {
    const signature = sign("sha256", bytes, { key: privateKey, dsaEncoding: "ieee-p1363" });
    const s = BigInt(bytesToHex(signature.subarray(32)));
    return {
      r: bytesToHex(signature.subarray(0, 32)),
      s: numberToHex(s > N / 2n ? N - s : s, { size: 32 }),
    };
  });
}
