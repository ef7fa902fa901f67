/** A reading signed as a meter's secure element signs. */
import { createHash, createPrivateKey, sign as signWith } from "node:crypto";
import type { Report } from "@enerlink/protocol";
import { bytesToHex, concat, type Hex, hexToBytes, numberToHex, stringToHex } from "viem";
import { deviceKey, type System } from "./system.ts";

/** Order of P-256. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** What a meter signs, built here from the published layout and not by the contract. */
export function message(
  system: Pick<System, "chainId" | "registry">,
  item: Report,
  sequence: bigint,
  registry = system.registry.address,
): Uint8Array {
  const uint64 = (value: bigint | number) => numberToHex(value, { size: 8 });
  return hexToBytes(
    concat([
      stringToHex("EnerLink reading v1"),
      uint64(system.chainId),
      registry,
      item.meterId,
      numberToHex(item.epoch, { size: 4 }),
      uint64(sequence),
      uint64(item.timestamp),
      uint64(item.exportWh),
      uint64(item.importWh),
      uint64(item.storedWh),
    ]),
  );
}

/** The signature of the meter `serial`, and the other form of its `s`, which does not count. */
export function signed(serial: string, bytes: Uint8Array): { r: Hex; s: Hex; high: Hex } {
  const { d, x, y } = deviceKey(serial);
  const url = (hex: Hex) => Buffer.from(hexToBytes(hex)).toString("base64url");
  const key = createPrivateKey({
    key: { kty: "EC", crv: "P-256", d: url(d), x: url(x), y: url(y) },
    format: "jwk",
  });
  const signature = signWith("sha256", bytes, { key, dsaEncoding: "ieee-p1363" });
  const s = BigInt(bytesToHex(signature.subarray(32)));
  const [low, high] = s > N / 2n ? [N - s, s] : [s, N - s];
  return {
    r: bytesToHex(signature.subarray(0, 32)),
    s: numberToHex(low, { size: 32 }),
    high: numberToHex(high, { size: 32 }),
  };
}

/** The same signature in every run, so that its gas is too: with a nonce of 1, which gives the private key away. */
export function signedAlike(serial: string, bytes: Uint8Array): { r: Hex; s: Hex } {
  const r = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n;
  const digest = BigInt(bytesToHex(createHash("sha256").update(bytes).digest()));
  const s = (digest + r * BigInt(deviceKey(serial).d)) % N;
  return { r: numberToHex(r, { size: 32 }), s: numberToHex(s > N / 2n ? N - s : s, { size: 32 }) };
}
