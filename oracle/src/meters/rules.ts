/** What a reading must satisfy, in order; pure functions of the reading, its meter, and what was accepted before. */
import type { KeyObject } from "node:crypto";
import type { MessageFault } from "./message.ts";
import { type Reading, type ReadingDomain, type Registers, verifyReading } from "./reading.ts";

/** Everything a message is refused for; refusals are counted under these names. */
export const rejectReasons = [
  "oversized",
  "malformed",
  "wrong-serial",
  "unknown-meter",
  "wrong-signature",
  "wrong-epoch",
  "future",
  "equivocation",
  "decreasing",
  "impossible",
] as const satisfies readonly (MessageFault | string)[];
export type RejectReason = (typeof rejectReasons)[number];

/** A clock may be this much ahead, seconds; the converter allows the same. */
export const FUTURE_SECONDS = 120;

/** What of a meter the rules need. */
export type RuledMeter = {
  key: KeyObject | undefined;
  epoch: number;
  /** Rated power of the connection in each direction, W. */
  exportWatts: number;
  importWatts: number;
};

export type Verdict =
  | { outcome: "accept" | "duplicate" | "stale" }
  | { outcome: "reject"; reason: RejectReason; detail: string };

export type Judged = {
  domain: ReadingDomain;
  reading: Reading;
  topicSerial: string;
  meter: RuledMeter | undefined;
  /** The last accepted reading of the same meter and epoch. */
  last: Registers | undefined;
  /** The accepted reading with the same epoch and sequence, if there is one. */
  same: () => Registers | undefined;
  /** Unix seconds. */
  now: number;
};

/** Whether a register may grow by `delta` Wh in `seconds` at a connection of `watts`: the converter's own bound. */
export function isPossible(delta: bigint, watts: number, seconds: number): boolean {
  return delta * 36_000n <= BigInt(watts) * BigInt(seconds) * 11n + 72_000n;
}

export function judge({ domain, reading, topicSerial, meter, last, same, now }: Judged): Verdict {
  const reject = (reason: RejectReason, detail: string): Verdict => ({ outcome: "reject", reason, detail });
  if (reading.serial !== topicSerial) {
    return reject("wrong-serial", `serial: ${reading.serial} spoke on the topic of ${topicSerial}`);
  }
  if (!meter) return reject("unknown-meter", `serial: ${reading.serial} is not in the registry`);
  if (!meter.key) return reject("wrong-signature", "signature: the registry holds no key for this meter");
  if (!verifyReading(domain, reading, meter.key)) {
    return reject("wrong-signature", "signature: not made by the registered key over these values");
  }
  if (reading.epoch !== meter.epoch) {
    return reject("wrong-epoch", `epoch: ${reading.epoch}, the registry says ${meter.epoch}`);
  }
  if (reading.timestamp > now + FUTURE_SECONDS) {
    return reject("future", `timestamp: ${reading.timestamp} is more than ${FUTURE_SECONDS} s after ${now}`);
  }
  if (!last) return { outcome: "accept" };
  if (reading.sequence <= last.sequence) {
    const earlier = same();
    if (!earlier) return { outcome: "stale" };
    if (sameRegisters(earlier, reading)) return { outcome: "duplicate" };
    return reject("equivocation", `sequence: ${reading.sequence} was signed before with other values`);
  }
  if (reading.timestamp <= last.timestamp) return { outcome: "stale" };
  const seconds = reading.timestamp - last.timestamp;
  for (const [field, watts] of [
    ["exportWh", meter.exportWatts],
    ["importWh", meter.importWatts],
  ] as const) {
    const delta = reading[field] - last[field];
    if (delta < 0n)
      return reject(
        "decreasing",
        `${field}: ${reading[field]} is below ${last[field]}; only a new epoch may`,
      );
    if (!isPossible(delta, watts, seconds)) {
      return reject(
        "impossible",
        `${field}: ${delta} Wh more in ${seconds} s, at a connection of ${watts} W`,
      );
    }
  }
  return { outcome: "accept" };
}

function sameRegisters(a: Registers, b: Registers): boolean {
  return (
    a.timestamp === b.timestamp &&
    a.exportWh === b.exportWh &&
    a.importWh === b.importWh &&
    a.storedWh === b.storedWh
  );
}
