/**
 * Where each register of a meter was seen last, whether or not that counted. A register that jumps away from what was
 * accepted and stays there grows by possible steps from then on: only who remembers the jump can tell.
 */
import { mostWh } from "./connection.ts";
import { JUMP_SECONDS, UNSENT_SECONDS } from "./validation.ts";

export type RegisterName = "exportWh" | "importWh";

/** Where a register that does not count was seen, and may go on from. */
export type Track = {
  wattHours: bigint;
  /** Unix seconds. */
  timestamp: number;
  excessWh: bigint;
};

export type Level = {
  wattHours: bigint;
  /** When the device sent it, unix seconds. */
  timestamp: number;
  /** What it has grown by beyond what the connection can have carried, Wh; less than zero after a fall. */
  excessWh: bigint;
  /** False while the device has never sent this register: it counts as zero. */
  heard: boolean;
  /** The latest that it stayed on; what it shows for a moment in between explains nothing. */
  track?: Track | undefined;
};

export type Levels = Record<RegisterName, Level>;

/** A register as it is seen now. `heard`: the device has sent it, now or earlier. */
export type Sight = { wattHours: bigint; timestamp: number; heard: boolean };

/**
 * `seconds`, or the earliest time before `last` that a register may have gone unsent for: by `unsentSince` as well, which
 * knows of silences and is told as of now; a meter may have been held since `last` for longer than that.
 */
export function notLongBefore(
  last: { timestamp: number } | undefined,
  seconds: number,
  unsentSince: number | undefined,
): number {
  if (!last) return seconds;
  const usual = last.timestamp - UNSENT_SECONDS;
  return Math.max(seconds, Math.min(unsentSince ?? usual, usual));
}

/**
 * Since when a register may have grown from what was accepted last, unix seconds: one that the device has not sent since
 * it changed grows at once by what took longer. `heardBefore`: when what a message brings of it was heard last before.
 */
export function stoodSince(
  name: RegisterName,
  last: Record<RegisterName, bigint> & { timestamp: number },
  levels: Levels | undefined,
  heardBefore: number | undefined,
  unsentSince: number | undefined,
): number {
  const level = levels?.[name];
  const sentAt = level?.heard && level.wattHours === last[name] ? level.timestamp : last.timestamp;
  return notLongBefore(last, Math.min(last.timestamp, sentAt, heardBefore ?? last.timestamp), unsentSince);
}

/**
 * The level after `now`, at a connection of `watts`. `counted`: the level before is that of a reading that counted, so
 * that time explains what it had grown too fast by.
 */
export function follow(level: Level, now: Sight, watts: number, counted: boolean): Level {
  const next = stepped(level, now, watts, counted);
  const { track } = level;
  const { wattHours, timestamp, excessWh } = next;
  const goesOnFrom = ({ wattHours: from, timestamp: since }: Track) =>
    wattHours >= from && wattHours - from <= mostWh(watts, timestamp - since);
  if (track && goesOnFrom(track)) {
    const kept = excessWh > track.excessWh ? excessWh : track.excessWh;
    return { ...next, excessWh: kept, track: { wattHours, timestamp, excessWh: kept } };
  }
  if (counted) return { ...next, track };
  if (goesOnFrom(level)) return { ...next, track: { wattHours, timestamp, excessWh } };
  // Of two that it left, the one that time would explain sooner.
  const left: Track = { wattHours: level.wattHours, timestamp: level.timestamp, excessWh: level.excessWh };
  return { ...next, track: track && size(track.excessWh) < size(left.excessWh) ? track : left };
}

const size = (wattHours: bigint): bigint => (wattHours < 0n ? -wattHours : wattHours);

/** The level after `now`, by the level before alone. */
function stepped(level: Level, now: Sight, watts: number, counted: boolean): Level {
  const { wattHours, heard } = now;
  const timestamp = Math.max(level.timestamp, now.timestamp);
  const elapsed = timestamp - level.timestamp;
  const most = mostWh(watts, level.heard ? elapsed : Math.min(elapsed, JUMP_SECONDS));
  const step = wattHours - level.wattHours;
  const seen = (excessWh: bigint): Level => ({ wattHours, timestamp, excessWh, heard });
  if (step > most) return seen(level.excessWh + step - most);
  if (step >= 0n) {
    const left = level.excessWh - (most - step);
    return seen(counted ? (left > 0n ? left : 0n) : level.excessWh);
  }
  // Coming back from a jump it may have gone on meanwhile; a little less is how the device rounds.
  const isReturn = step < -mostWh(watts, JUMP_SECONDS);
  return seen(level.excessWh + step - (isReturn ? most : 0n));
}
