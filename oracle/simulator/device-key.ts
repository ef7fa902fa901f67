/** Keys of simulated meters, derived from a seed: the same fleet is the same fleet after a restart. */
import { createECDH, createHash, createPrivateKey, type KeyObject } from "node:crypto";
import type { Hex } from "viem";

export type DeviceKey = { privateKey: KeyObject; x: Hex; y: Hex };

/** The P-256 key of `serial`; `x` and `y` are what the registry records. For simulations only: the seed is the key. */
export function deviceKey(seed: string, serial: string): DeviceKey {
  for (let attempt = 0; ; attempt++) {
    const scalar = createHash("sha256")
      .update(JSON.stringify([seed, serial, attempt]))
      .digest();
    const curve = createECDH("prime256v1");
    try {
      curve.setPrivateKey(scalar);
    } catch {
      continue; // Outside 1 … n-1, one time in 2^32.
    }
    const point = curve.getPublicKey();
    const x = point.subarray(1, 33);
    const y = point.subarray(33);
    const [d, jwkX, jwkY] = [scalar, x, y].map((bytes) => bytes.toString("base64url")) as [
      string,
      string,
      string,
    ];
    const privateKey = createPrivateKey({
      format: "jwk",
      key: { kty: "EC", crv: "P-256", d, x: jwkX, y: jwkY },
    });
    return { privateKey, x: `0x${x.toString("hex")}`, y: `0x${y.toString("hex")}` };
  }
}
