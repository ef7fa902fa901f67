/** A meter's signed reading as JSON. Safe in a browser; `reading-signature.ts` signs and checks it, on Node only. */
import * as Base64 from "ox/Base64";
import type { Address } from "viem";
import { z } from "zod/mini";
import { isSerial } from "../ids.ts";
import { parseMessage, smallUnsigned, unsigned } from "./message.ts";

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
  .check(z.refine(isSerial, { error: "must be 1 to 32 characters of A-Z, a-z, 0-9 and -" }));

/** Unix seconds. */
export const timestampSchema = smallUnsigned(2n ** 40n - 1n);

const signatureSchema = z.pipe(
  z.string().check(
    z.regex(/^[A-Za-z0-9_-]{86}$/, {
      error: "must be 64 bytes (r and s) as base64url, 86 characters without padding",
    }),
  ),
  z.transform((text: string): Uint8Array => Base64.toBytes(text)),
);

/** Each field of a reading, wherever it travels. */
export const readingFields = {
  serial: serialSchema,
  epoch: smallUnsigned(2n ** 32n - 1n),
  sequence: register,
  timestamp: timestampSchema,
  exportWh: register,
  importWh: register,
  storedWh: register,
  signature: signatureSchema,
};

export const readingSchema = z.object(readingFields);

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

export const signatureText = (signature: Uint8Array): string =>
  Base64.fromBytes(signature, { pad: false, url: true });

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
    signature: signatureText(signature),
  };
}
