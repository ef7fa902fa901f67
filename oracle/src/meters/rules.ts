/** What a reading must satisfy, in order; pure functions of the reading, its meter, and what was accepted before. */
import type { KeyObject } from "node:crypto";
import { constants } from "@enerlink/contracts";
import { windowEnd } from "../settlement/windows.ts";
import type { Hold } from "./holds.ts";
import type { Reading, Registers } from "./reading.ts";
import { CLOCK_SECONDS, type Flag, type RejectReason, UNIT_EVIDENCE_WH, UNIT_FACTOR } from "./validation.ts";

const { TENTHS_PER_WH, RATED_TENTHS, FREE_TENTHS } = constants.EnergyConverter;

/** What of a meter the rules need. */
export type RuledMeter = {
  key: KeyObject | undefined;
  epoch: number;
  /** Rated power of the connection in each direction, W. */
  exportWatts: number;
  importWatts: number;
};

export type Verdict =
  | { outcome: "accept"; flags: Flag[] }
  | { outcome: "duplicate" | "stale" | "late" }
  | { outcome: "reject"; reason: RejectReason; detail: string };

type JudgedRegisters = {
  reading: Registers;
  meter: RuledMeter;
  /** The last accepted reading of the same meter and epoch, signed if this one is. */
  last: Registers | undefined;
  /** Why the meter does not count for now. */
  hold: Pick<Hold, "reason"> | undefined;
  /** Unix seconds. */
  now: number;
  /** Seconds of a settlement window. */
  interval: number;
};

export type Judged = Omit<JudgedRegisters, "meter" | "reading"> & {
  reading: Reading;
  /** Whether the registered key signed it. */
  authentic: boolean;
  meter: RuledMeter | undefined;
  /** The accepted reading with the same epoch and sequence, if there is one. */
  same: () => Registers | undefined;
  /** The accepted readings around its sequence. */
  neighbours: () => { before: Registers | undefined; after: Registers | undefined };
};

/** Whether a register may grow by `delta` Wh in `seconds` at a connection of `watts`: the converter's own bound. */
export function isPossible(delta: bigint, watts: number, seconds: number): boolean {
  return delta * TENTHS_PER_WH <= BigInt(watts) * BigInt(seconds) * RATED_TENTHS + FREE_TENTHS;
}

const reject = (reason: RejectReason, detail: string): Verdict => ({ outcome: "reject", reason, detail });

/** Judges a signed reading. */
export function judge({
  reading,
  authentic,
  meter,
  last,
  same,
  neighbours,
  hold,
  now,
  interval,
}: Judged): Verdict {
  if (!meter) return reject("unknown-meter", `serial: ${reading.serial} is not in the registry`);
  if (!meter.key) return reject("wrong-signature", "signature: the registry holds no key for this meter");
  if (!authentic)
    return reject("wrong-signature", "signature: not made by the registered key over these values");
  if (reading.epoch !== meter.epoch) {
    return reject("wrong-epoch", `epoch: ${reading.epoch}, the registry says ${meter.epoch}`);
  }
  if (hold?.reason !== "equivocation" && last && reading.sequence <= last.sequence) {
    const earlier = same();
    if (!earlier) return { outcome: isHistory(reading, meter, neighbours()) ? "late" : "stale" };
    if (sameRegisters(earlier, reading)) return { outcome: "duplicate" };
    return reject("equivocation", `sequence: ${reading.sequence} was signed before with other values`);
  }
  return judgeRegisters({ reading, meter, last, hold, now, interval });
}

/** Judges registers that are known to be the meter's, of the registry's epoch. */
export function judgeRegisters({ reading, meter, last, hold, now, interval }: JudgedRegisters): Verdict {
  if (hold?.reason === "equivocation") {
    return reject("frozen", `epoch: ${reading.epoch} is frozen since the meter contradicted itself`);
  }
  if (hold?.reason === "tamper") return reject("tamper", "the device reports tampering");
  const { timestamp } = reading;
  if (timestamp > now + CLOCK_SECONDS) {
    return reject("future", `timestamp: ${timestamp} is more than ${CLOCK_SECONDS} s after ${now}`);
  }
  const flags: Flag[] = timestamp < now - CLOCK_SECONDS ? ["clock"] : [];
  if (!last) return { outcome: "accept", flags };
  if (timestamp <= last.timestamp) return { outcome: "stale" };
  const refused = misfit(reading, last, meter);
  if ((refused || hold?.reason === "unit-jump") && isOtherUnit(reading, last, meter)) {
    return reject(
      "unit-jump",
      `exportWh, importWh: ${reading.exportWh}, ${reading.importWh} look like another unit`,
    );
  }
  if (refused) return refused;
  if (windowEnd(timestamp, interval) - windowEnd(last.timestamp, interval) > interval) flags.push("gap");
  if (!fitsBothWays(reading, last, meter)) flags.push("both-ways");
  return { outcome: "accept", flags };
}

/** Whether a reading that comes after later ones lies between its neighbours, as it would have in time. */
function isHistory(
  reading: Registers,
  meter: RuledMeter,
  { before, after }: { before: Registers | undefined; after: Registers | undefined },
): boolean {
  const follows = (later: Registers, earlier: Registers) =>
    later.timestamp > earlier.timestamp && !misfit(later, earlier, meter);
  return (!before || follows(reading, before)) && (!after || follows(after, reading));
}

/** Whether the time was enough to export and to import as much, one after the other at rated power. */
function fitsBothWays(
  reading: Registers,
  last: Registers,
  { exportWatts, importWatts }: RuledMeter,
): boolean {
  const [out, into] = [reading.exportWh - last.exportWh, reading.importWh - last.importWh];
  const [exportW, importW] = [BigInt(exportWatts), BigInt(importWatts)];
  // A connection without a rating in one direction was judged by the other rules.
  if (exportW === 0n || importW === 0n) return true;
  const seconds = BigInt(reading.timestamp - last.timestamp);
  const spent = (out * importW + into * exportW) * TENTHS_PER_WH;
  return spent <= exportW * importW * seconds * RATED_TENTHS + FREE_TENTHS * (exportW + importW);
}

/**
 * A register that counts up to `modulus` Wh and begins anew, as one that never does. What falls further than a rollover
 * can explain is left as it is, for the other rules to refuse.
 */
export function unrolled(
  observed: bigint,
  last: bigint | undefined,
  modulus: bigint | undefined,
  mostWh: bigint,
): { wattHours: bigint; rolled: boolean } {
  if (modulus === undefined || last === undefined || observed >= modulus)
    return { wattHours: observed, rolled: false };
  const wattHours = (last / modulus) * modulus + observed;
  if (wattHours >= last) return { wattHours, rolled: false };
  const rolled = wattHours + modulus - last <= mostWh;
  return { wattHours: rolled ? wattHours + modulus : wattHours, rolled };
}

/** The most that a register may grow by in `seconds` at a connection of `watts`, Wh. */
export const mostWh = (watts: number, seconds: number): bigint =>
  seconds <= 0 ? 0n : (BigInt(watts) * BigInt(seconds) * RATED_TENTHS + FREE_TENTHS) / TENTHS_PER_WH;

/** Why the registers cannot follow those accepted last, if so. */
function misfit(reading: Registers, last: Registers, meter: RuledMeter): Verdict | undefined {
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
  return undefined;
}

/** Whether the registers would follow those accepted last if they were a thousand times smaller or larger. */
function isOtherUnit(reading: Registers, last: Registers, meter: RuledMeter): boolean {
  if (last.exportWh + last.importWh < UNIT_EVIDENCE_WH) return false;
  const follow = (scale: (register: bigint, before: bigint) => bigint) =>
    !misfit(
      {
        ...reading,
        exportWh: scale(reading.exportWh, last.exportWh),
        importWh: scale(reading.importWh, last.importWh),
      },
      last,
      meter,
    );
  return (
    follow((register) => register / UNIT_FACTOR) ||
    // Whole kWh: the Wh that they leave out may be those that were counted already.
    follow((register, before) => {
      const lowest = register * UNIT_FACTOR;
      return lowest < before && lowest + UNIT_FACTOR > before ? before : lowest;
    })
  );
}

function sameRegisters(a: Registers, b: Registers): boolean {
  return (
    a.timestamp === b.timestamp &&
    a.exportWh === b.exportWh &&
    a.importWh === b.importWh &&
    a.storedWh === b.storedWh
  );
}
