/** What a device that does not sign showed of its registers, as ones that never begin anew. */

import type { Registers } from "@enerlink/protocol/wire/reading";
import type { Format } from "../adapters/bindings.ts";
import type { ObservedRegisters } from "../adapters/observation.ts";
import type { Meter } from "../chain/mirror.ts";
import { mostWh, stepOf } from "../rules/connection.ts";
import { unrolled } from "../rules/judge.ts";
import { type Level, type Levels, type RegisterName, stoodSince } from "../rules/levels.ts";
import { JUMP_SECONDS } from "../rules/validation.ts";

/** How a device's registers are to be read: what its binding says of them, and whether it signs them and their time. */
export type RegisterTraits = {
  rollover?: bigint | undefined;
  resolution?: bigint | undefined;
  signs?: boolean | undefined;
  format?: Format | undefined;
};

/** What is known of a register before a message tells of it. */
type Known = {
  /** As it was accepted last, Wh, and when, unix seconds. */
  before: bigint | undefined;
  beforeAt: number | undefined;
  /** Where it was seen last, whether or not that counted. */
  level: Level | undefined;
};

/** Since when a register has stood where it was seen, or grown from there as its connection of `watts` can. */
function standingSince({ wattHours, timestamp, track }: Level, watts: number): number {
  const grown = track ? wattHours - track.wattHours : -1n;
  const goesOn = track && grown >= 0n && grown <= mostWh(watts, timestamp - track.timestamp);
  return goesOn ? Math.min(timestamp, track.timestamp) : timestamp;
}

/**
 * A register that the device did not send at `now` has not changed since it was seen last, whether or not that counted.
 * What never counted is believed once a device that has just started would have put it right.
 */
function unchanged({ before, beforeAt, level }: Known, now: number, watts: number): bigint | undefined {
  if (!level?.heard) return before;
  if (before === undefined)
    return now - standingSince(level, watts) >= JUMP_SECONDS ? level.wattHours : undefined;
  return level.timestamp > beforeAt! ? level.wattHours : before;
}

/** A register that was sent, as one that never begins anew. `most`: what the connection can have carried since, Wh. */
function sent(
  wattHours: bigint,
  before: bigint | undefined,
  { rollover, resolution }: RegisterTraits,
  most: bigint,
  sum: { counters: number; blank: boolean },
) {
  const step = resolution ?? (before === undefined ? 0n : stepOf(before, wattHours));
  return unrolled(wattHours, before, rollover, most + step * BigInt(sum.counters), sum);
}

/**
 * Where registers were seen that come one by one, before both are known, and from where they have grown since. Something
 * else is believed in the place of what was seen once, as of a device that has just started, and not of what has grown.
 */
export function firstSeen(
  meter: Pick<Meter, "exportWatts" | "importWatts">,
  observed: ObservedRegisters,
  timestamp: number,
  levels: Levels | undefined,
): Levels {
  function level(name: RegisterName, watts: number): Level {
    const before = levels?.[name];
    const wattHours = observed[name];
    if (typeof wattHours !== "bigint")
      return before ?? { wattHours: 0n, timestamp, excessWh: 0n, heard: false };
    const now = { wattHours, timestamp, excessWh: 0n, heard: true };
    // 0 tells nothing of where it is.
    if (!before || before.wattHours === 0n) return now;
    const grown = wattHours - before.wattHours;
    if (grown >= 0n && grown <= mostWh(watts, timestamp - before.timestamp))
      return {
        ...now,
        track: before.track ?? { wattHours: before.wattHours, timestamp: before.timestamp, excessWh: 0n },
      };
    return before.track ? before : now;
  }
  return {
    exportWh: level("exportWh", meter.exportWatts),
    importWh: level("importWh", meter.importWatts),
  };
}

/**
 * Where registers stand by a message that nobody knows the time of, though it is later than what counted last and no later
 * than `now` (unix seconds): what they have grown by explains nothing, and accuses nobody.
 */
export function seenSometime(
  { sent, ...registers }: Record<RegisterName, bigint> & { sent: Record<RegisterName, boolean> },
  now: number,
  compared: Registers | undefined,
  levels: Levels | undefined,
): Levels {
  function level(name: RegisterName): Level {
    const nothing = { wattHours: 0n, timestamp: now, excessWh: 0n, heard: false };
    const accepted = compared && {
      ...nothing,
      wattHours: compared[name],
      timestamp: compared.timestamp,
      heard: true,
    };
    const before = levels?.[name] ?? accepted ?? nothing;
    // 0 tells nothing of where it is, after anything else.
    if (!sent[name] || (registers[name] === 0n && before.wattHours > 0n)) return before;
    return { ...before, wattHours: registers[name], timestamp: now, heard: true };
  }
  return { exportWh: level("exportWh"), importWh: level("importWh") };
}

/**
 * Both registers of `meter` at `timestamp` (unix seconds), and by how much each has begun anew; or the one that is
 * missing, and since when it was sent, if it was, too short a time ago to be believed. `levels` remember which were ever heard.
 */
export function registersOf(
  meter: Pick<Meter, "exportWatts" | "importWatts">,
  observed: ObservedRegisters,
  timestamp: number,
  compared: Registers | undefined,
  levels: Levels | undefined,
  traits: RegisterTraits,
) {
  const before = observed.heardBefore;
  function register(name: RegisterName, watts: number) {
    const known = { before: compared?.[name], beforeAt: compared?.timestamp, level: levels?.[name] };
    const wattHours = observed[name];
    if (typeof wattHours === "bigint") {
      const since =
        compared && stoodSince(name, compared, levels, before?.[name] ?? undefined, observed.unsentSince);
      const most = since === undefined ? 0n : mostWh(watts, timestamp - since);
      const sum = { counters: observed.counters?.[name] ?? 1, blank: observed.blank?.[name] ?? false };
      return sent(wattHours, known.before, traits, most, sum);
    }
    // One that the device says it has not counted yet is 0.
    const same = unchanged(known, timestamp, watts) ?? (wattHours === null ? 0n : undefined);
    return same === undefined ? undefined : { wattHours: same, rolled: 0n };
  }
  const [out, into] = [register("exportWh", meter.exportWatts), register("importWh", meter.importWatts)];
  if (!out || !into) {
    const level = levels?.[out ? "importWh" : "exportWh"];
    const watts = out ? meter.importWatts : meter.exportWatts;
    return {
      missing: out ? ("import" as const) : ("export" as const),
      since: level?.heard ? standingSince(level, watts) : undefined,
    };
  }
  const heard = (name: RegisterName) =>
    typeof observed[name] === "bigint" || (levels ? levels[name].heard : compared !== undefined);
  const wasSent = (name: RegisterName) =>
    before ? before[name] !== null : typeof observed[name] === "bigint";
  return {
    exportWh: out.wattHours,
    importWh: into.wattHours,
    sent: { exportWh: wasSent("exportWh"), importWh: wasSent("importWh") },
    heardBefore: { exportWh: before?.exportWh ?? undefined, importWh: before?.importWh ?? undefined },
    rolled: { exportWh: out.rolled, importWh: into.rolled },
    heard: { exportWh: heard("exportWh"), importWh: heard("importWh") },
  };
}
