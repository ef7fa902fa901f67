/** Where readings come from, and what is kept of one that is refused. */
import { readingText } from "@enerlink/protocol/wire/committee";
import type { NewReading } from "@enerlink/protocol/wire/reading";

/** A meter's message at the broker; or a member of the committee (address, lower case) that showed what a meter signed. */
export type Source =
  | { kind: "broker"; topic: string; payload: Uint8Array }
  | { kind: "member"; sender: string };

/** Where from, and what it was. */
export type Origin = { topic: string; payload: Uint8Array };

export const originOf = (source: Source, reading: NewReading): Origin =>
  source.kind === "broker"
    ? source
    : { topic: `member ${source.sender}`, payload: Buffer.from(readingText(reading)) };
