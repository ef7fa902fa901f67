/** A passkey in software: the bytes are laid out as an authenticator lays them out. */
import { createHash } from "node:crypto";
import type { Assertion, PublicKey } from "@enerlink/protocol/account";
import { concat, type Hex, hexToBytes, sha256, stringToHex } from "viem";
import { signedAlike } from "../metering/signing.ts";
import { deviceKey } from "../metering/system.ts";

/** The passkey `name`: the same one in every run, and the same signature, so that its gas is too. */
export function softPasskey(name: string): PublicKey & { assert(challenge: Hex): Assertion } {
  const { x, y } = deviceKey(name);
  function assert(challenge: Hex): Assertion {
    const text = Buffer.from(hexToBytes(challenge)).toString("base64url");
    const clientDataJSON = JSON.stringify({
      type: "webauthn.get",
      challenge: text,
      origin: "http://localhost:5173",
      crossOrigin: false,
    });
    // Present, verified, eligible for backup and backed up; synced passkeys count nothing.
    const authenticatorData = concat([sha256(stringToHex("localhost")), "0x1d", "0x00000000"]);
    const client = createHash("sha256").update(clientDataJSON).digest();
    const { r, s } = signedAlike(name, Buffer.concat([hexToBytes(authenticatorData), client]));
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
