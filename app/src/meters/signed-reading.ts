/** A meter's own signed reading, as it shows or prints it, ready for the chain. */
import { meterId } from "@enerlink/protocol";
import { readingSchema } from "@enerlink/protocol/wire/reading";
import { type Json, parseStrictJson } from "@enerlink/protocol/wire/strict-json";
import { bytesToBigInt, type Hex, numberToHex } from "viem";

/** The order of P-256's group. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** What `DeviceReporter.submit` takes; energy in Wh, time in unix seconds. */
export type Submission = {
  serial: string;
  report: {
    meterId: Hex;
    exportWh: bigint;
    importWh: bigint;
    storedWh: bigint;
    timestamp: number;
    epoch: number;
  };
  sequence: bigint;
  r: Hex;
  s: Hex;
};

/** What is wrong with a text that should be a reading: no JSON, or the field that does not fit. */
export type ReadingProblem = { kind: "json" } | { kind: "field"; field: string };

/**
 * Reads the JSON of a signed reading, alone or as the oracle wraps it (`{reading}`). Of a signature's two forms the one
 * with the lower s is taken: the chain takes no other.
 */
export function readSigned(text: string): Submission | ReadingProblem {
  let value: Json;
  try {
    value = parseStrictJson(text);
  } catch {
    return { kind: "json" };
  }
  const inner = (value as { reading?: unknown } | null)?.reading ?? value;
  const parsed = readingSchema.safeParse(inner);
  if (!parsed.success) return { kind: "field", field: parsed.error.issues[0]!.path.join(".") || "reading" };
  const { serial, sequence, signature, ...report } = parsed.data;
  return {
    serial,
    report: { meterId: meterId(serial), ...report },
    sequence,
    r: numberToHex(bytesToBigInt(signature.slice(0, 32)), { size: 32 }),
    s: numberToHex(lowS(bytesToBigInt(signature.slice(32))), { size: 32 }),
  };
}

export const lowS = (s: bigint): bigint => (s > ORDER / 2n ? ORDER - s : s);
