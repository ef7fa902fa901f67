/** What every message from a meter passes first: size, UTF-8, strict JSON, then its schema. */
import { z } from "zod/mini";
import { type Json, JsonError, type JsonOptions, parseStrictJson } from "./strict-json.ts";

export const LARGEST_MESSAGE_BYTES = 16_384;

export type MessageFault = "oversized" | "malformed";

/** A message that is refused; `fault` is what it is counted under, the text names the field. */
export class MessageError extends Error {
  readonly fault: MessageFault;
  constructor(fault: MessageFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** An integer from 0 to `largest`, as a JSON integer or as decimal text. */
export const unsigned = (largest: bigint) =>
  z
    .union(
      [
        z.bigint(),
        z.pipe(
          z.string().check(z.regex(/^(?:0|[1-9]\d{0,19})$/)),
          z.transform((text: string) => BigInt(text)),
        ),
      ],
      {
        error: `must be an integer from 0 to ${largest}, or its decimal text`,
      },
    )
    .check(z.refine((value) => value >= 0n && value <= largest, { error: `must be from 0 to ${largest}` }));

/** The same as a number: `largest` is one that numbers hold exactly. */
export const smallUnsigned = (largest: bigint) => z.pipe(unsigned(largest), z.transform(Number));

/** Leaves a byte order mark out. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * A message's text, without the byte order mark before it and the NULs and line ends after it that some devices send.
 * @throws MessageError `oversized` or `malformed`.
 */
export function messageText(payload: Uint8Array): string {
  if (payload.length > LARGEST_MESSAGE_BYTES) {
    throw new MessageError(
      "oversized",
      `${payload.length} bytes; at most ${LARGEST_MESSAGE_BYTES} are allowed`,
    );
  }
  try {
    return utf8.decode(payload).replace(/[\0\s]+$/, "");
  } catch {
    throw new MessageError("malformed", "not UTF-8");
  }
}

/**
 * A message's JSON.
 * @throws MessageError `oversized` or `malformed`.
 */
export function messageJson(payload: Uint8Array, options?: JsonOptions): Json {
  const text = messageText(payload);
  try {
    return parseStrictJson(text, options);
  } catch (error) {
    if (error instanceof JsonError) throw new MessageError("malformed", error.message);
    throw error;
  }
}

/**
 * @throws MessageError `oversized` or `malformed`, naming the field and what it may be.
 */
export function parseMessage<Schema extends z.core.$ZodType>(
  schema: Schema,
  payload: Uint8Array,
): z.output<Schema> {
  const parsed = z.safeParse(schema, messageJson(payload));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new MessageError("malformed", `${issue.path.join(".") || "message"}: ${issue.message}`);
}
