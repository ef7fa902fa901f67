/** The key by which a charging station signs its records. */
import { createPublicKey, type KeyObject } from "node:crypto";

/** A SubjectPublicKeyInfo of P-256, up to the point. */
const SPKI = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex");
const POINT_BYTES = 65;

/**
 * A public key in hex as stations show it: a SubjectPublicKeyInfo, or the point alone, 04 and both coordinates.
 * Undefined when it is neither, or no point of P-256.
 */
export function publicKeyOf(text: string): KeyObject | undefined {
  const hex = text.replace(/[\s:]/g, "");
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) return undefined;
  const bytes = Buffer.from(hex, "hex");
  const key = bytes.length === POINT_BYTES ? Buffer.concat([SPKI, bytes]) : bytes;
  if (key.length !== SPKI.length + POINT_BYTES || !key.subarray(0, SPKI.length).equals(SPKI))
    return undefined;
  try {
    return createPublicKey({ key, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}
