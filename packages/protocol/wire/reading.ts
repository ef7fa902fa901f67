/**
 * A meter's signed reading: the JSON on the wire, the packed bytes that its key signs, and the check of the signature.
 * `reading.vector.json` is the test vector that other implementations compare with.
 */
import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { promisify } from "node:util";
import { type Address, type Hex, hexToBytes } from "viem";
import { z } from "zod";
import { isSerial, meterId } from "../ids.ts";
import { parseMessage, unsigned } from "./message.ts";

/** What a reading's signature is bound to, so that it counts on one chain and one registry only. */
export type ReadingDomain = { chainId: number; registry: Address };

/** Cumulative registers at one moment; energy in Wh, time in unix seconds. */
export type Registers = {
  epoch: number;
  sequence: bigint;
  timestamp: number;
  exportWh: bigint;
  importWh: bigint;
  storedWh: bigint;
};

/** The name of a reading in every line of the log that is about it, from its arrival to its block, at every member. */
export const traceOf = ({
  serial,
  epoch,
  timestamp,
}: Pick<UnsignedReading, "serial" | "epoch" | "timestamp">) => `${serial}/${epoch}/${timestamp}`;

export type UnsignedReading = Registers & { serial: string };
/** A reading as it counts; `signature` is undefined when an adapter read it from a device that does not sign. */
export type NewReading = UnsignedReading & { signature: Uint8Array | undefined };

/** `signature` is r and s, 32 bytes each (IEEE P1363). */
export type Reading = UnsignedReading & { signature: Uint8Array };

/** Stored as SQLite integers, and far beyond what any meter counts. */
export const LARGEST_REGISTER = 2n ** 63n - 1n;

const register = unsigned(LARGEST_REGISTER);

export const serialSchema = z
  .string()
  .refine(isSerial, { error: "must be 1 to 32 characters of A-Z, a-z, 0-9 and -" });

export const timestampSchema = unsigned(2n ** 40n - 1n).transform(Number);

const signatureSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{86}$/, {
    error: "must be 64 bytes (r and s) as base64url, 86 characters without padding",
  })
  .transform((text): Uint8Array => Buffer.from(text, "base64url"));

const readingSchema = z.object({
  serial: serialSchema,
  epoch: unsigned(2n ** 32n - 1n).transform(Number),
  sequence: register,
  timestamp: timestampSchema,
  exportWh: register,
  importWh: register,
  storedWh: register,
  signature: signatureSchema,
});

/**
 * Reads the payload of a `reading` topic. Unknown fields are ignored.
 * @throws MessageError naming the field and what it may be.
 */
export function parseReading(payload: Uint8Array): Reading {
  return parseMessage(readingSchema, payload);
}

/** A JSON number where that is exact, decimal text beyond. */
const integer = (value: bigint) =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();

/** The reading as it travels: JSON with the signature as base64url. */
export function readingJson(reading: Reading) {
  const { serial, epoch, sequence, timestamp, exportWh, importWh, storedWh, signature } = reading;
  return {
    serial,
    epoch,
    sequence: integer(sequence),
    timestamp,
    exportWh: integer(exportWh),
    importWh: integer(importWh),
    storedWh: integer(storedWh),
    signature: Buffer.from(signature).toString("base64url"),
  };
}

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
