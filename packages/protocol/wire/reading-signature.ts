/**
 * The packed bytes of a reading that its meter's key signs, and the check of the signature. `reading.vector.json` is the
 * test vector that other implementations compare with.
 */
import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { promisify } from "node:util";
import { type Hex, hexToBytes } from "viem";
import { meterId } from "../ids.ts";
import type { Reading, ReadingDomain, UnsignedReading } from "./reading.ts";

const TITLE = Buffer.from("EnerLink reading v1", "ascii");

/** The bytes that a meter signs: 123 of them, integers big-endian. */
export function packReading(domain: ReadingDomain, reading: UnsignedReading): Uint8Array {
  const packed = Buffer.alloc(TITLE.length + 8 + 20 + 32 + 4 + 5 * 8);
  let offset = TITLE.copy(packed);
  offset = packed.writeBigUInt64BE(BigInt(domain.chainId), offset);
  packed.set(hexToBytes(domain.registry), offset);
  packed.set(hexToBytes(meterId(reading.serial)), offset + 20);
  offset = packed.writeUInt32BE(reading.epoch, offset + 52);
  offset = packed.writeBigUInt64BE(reading.sequence, offset);
  offset = packed.writeBigUInt64BE(BigInt(reading.timestamp), offset);
  offset = packed.writeBigUInt64BE(reading.exportWh, offset);
  offset = packed.writeBigUInt64BE(reading.importWh, offset);
  packed.writeBigUInt64BE(reading.storedWh, offset);
  return packed;
}

/** Signs as a meter does, with its P-256 key. */
export function signReading(domain: ReadingDomain, reading: UnsignedReading, key: KeyObject): Reading {
  const signature = sign("sha256", packReading(domain, reading), { key, dsaEncoding: "ieee-p1363" });
  return { ...reading, signature };
}

/**
 * The device's public key from its coordinates as the registry holds them.
 * @throws when they are not a point of P-256.
 */
export function devicePublicKey(x: Hex, y: Hex): KeyObject {
  const coordinate = (hex: Hex) => Buffer.from(hexToBytes(hex)).toString("base64url");
  return createPublicKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", x: coordinate(x), y: coordinate(y) },
  });
}

const signedBytes = (domain: ReadingDomain, reading: Reading, key: KeyObject) =>
  ["sha256", packReading(domain, reading), { key, dsaEncoding: "ieee-p1363" }, reading.signature] as const;

/** Whether `key` signed exactly this reading for this chain and registry. */
export function verifyReading(domain: ReadingDomain, reading: Reading, key: KeyObject): boolean {
  return verify(...signedBytes(domain, reading, key));
}

/** The same, computed on another core while this one goes on. */
export const verifyReadingAside = promisify(
  (
    domain: ReadingDomain,
    reading: Reading,
    key: KeyObject,
    done: (error: Error | null, authentic: boolean) => void,
  ) => verify(...signedBytes(domain, reading, key), done),
);
