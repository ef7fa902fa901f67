/** A meter's own signed reading, as it shows or prints it, ready for the chain. */
import { isSerial, meterId } from "@enerlink/protocol";
import { bytesToBigInt, type Hex, numberToHex } from "viem";
import { z } from "zod/mini";

/** The order of P-256's group. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const within = (bits: bigint) =>
  z.pipe(
    z.union([z.int(), z.string().check(z.regex(/^\d{1,20}$/))]),
    z.pipe(
      z.transform((value: string | number) => BigInt(value)),
      z.bigint().check(z.minimum(0n), z.maximum(2n ** bits - 1n)),
    ),
  );

const readingSchema = z.object({
  serial: z.string().check(z.refine(isSerial)),
  epoch: within(32n),
  sequence: within(64n),
  timestamp: within(40n),
  exportWh: within(64n),
  importWh: within(64n),
  storedWh: within(64n),
  signature: z.string().check(z.regex(/^[A-Za-z0-9_-]{86}$/)),
});

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
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "json" };
  }
  const inner = (value as { reading?: unknown } | null)?.reading ?? value;
  const parsed = readingSchema.safeParse(inner);
  if (!parsed.success) return { kind: "field", field: parsed.error.issues[0]!.path.join(".") || "reading" };
  const { serial, epoch, sequence, timestamp, signature, ...registers } = parsed.data;
  const bytes = Uint8Array.from(atob(signature.replaceAll("-", "+").replaceAll("_", "/")), (letter) =>
    letter.charCodeAt(0),
  );
  return {
    serial,
    report: { meterId: meterId(serial), ...registers, timestamp: Number(timestamp), epoch: Number(epoch) },
    sequence,
    r: numberToHex(bytesToBigInt(bytes.slice(0, 32)), { size: 32 }),
    s: numberToHex(lowS(bytesToBigInt(bytes.slice(32))), { size: 32 }),
  };
}

export const lowS = (s: bigint): bigint => (s > ORDER / 2n ? ORDER - s : s);
