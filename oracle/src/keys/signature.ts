/** Signatures as contracts take them. */
import { type Hex, numberToHex, parseSignature, serializeSignature } from "viem";

/** The order of secp256k1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * The one form of a signature that ECDSA libraries of contracts take: s in the lower half, the last byte 27 or 28. Whoever
 * has a signature can write it in the other forms, which recover to the same key, and signers differ in what they write.
 * @throws when it is none.
 */
export function canonicalSignature(signature: Hex): Hex {
  const { r, s, yParity } = parseSignature(signature);
  const low = BigInt(s) <= ORDER / 2n;
  return low
    ? serializeSignature({ r, s, yParity })
    : serializeSignature({ r, s: numberToHex(ORDER - BigInt(s), { size: 32 }), yParity: 1 - yParity });
}
