/** What a connection can carry, and in what steps a register shows it: the bounds of what registers may grow by. */
import { constants } from "@enerlink/protocol";
import { STEPS } from "./validation.ts";

const { TENTHS_PER_WH, RATED_TENTHS, FREE_TENTHS } = constants.RatedPower;

/** The most that a register may grow by in `seconds` at a connection of `watts`, Wh: the converter's own bound. */
export const mostWh = (watts: number, seconds: number): bigint =>
  seconds <= 0 ? 0n : (BigInt(watts) * BigInt(seconds) * RATED_TENTHS + FREE_TENTHS) / TENTHS_PER_WH;

/** A float of 32 bits is off by at most so small a part of what it stands for: one in 2^24. */
const FLOAT_BITS = 24n;

/**
 * Whether a register may stand at `value` that counts in steps: a float's tail (25.299999 kWh, 45678.8984375 kWh) is cut
 * to a Wh less, and large ones are some Wh off.
 */
function isOn(step: bigint, value: bigint): boolean {
  const most = value >> FLOAT_BITS;
  // Nearly every value is near a step that is not much larger than that.
  const off = step < 10n * (most + 1n) ? 0n : most;
  return value % step <= off || (value + off + 1n) % step <= off;
}

/**
 * The step that a register seems to count in, Wh, when it stood at these values: 0 where it counts finer than any that
 * matters.
 */
export const stepOf = (...values: bigint[]): bigint =>
  STEPS.find((step) => values.every((value) => isOn(step, value))) ?? 0n;

type Flow = { exportWh: bigint; importWh: bigint; timestamp: number };
type Rated = { exportWatts: number; importWatts: number };

/** Why the converter would skip a report after `before` as impossible, if so: it allows no step on top of its bound. */
export function beyondRating(
  now: Flow,
  before: Flow,
  { exportWatts, importWatts }: Rated,
): string | undefined {
  const seconds = now.timestamp - before.timestamp;
  const over = (name: string, wattHours: bigint, watts: number) => {
    const most = mostWh(watts, seconds);
    return wattHours > most
      ? `${name} of ${wattHours} Wh in ${seconds} s, at ${watts} W the contract takes ${most} Wh`
      : undefined;
  };
  return (
    over("export", now.exportWh - before.exportWh, exportWatts) ??
    over("import", now.importWh - before.importWh, importWatts)
  );
}

/** Whether the time was enough to export and to import as much, one after the other at rated power. */
export function fitsBothWays(now: Flow, before: Flow, { exportWatts, importWatts }: Rated): boolean {
  const [out, into] = [now.exportWh - before.exportWh, now.importWh - before.importWh];
  const [exportW, importW] = [BigInt(exportWatts), BigInt(importWatts)];
  // A connection without a rating in one direction was judged by the other rules.
  if (exportW === 0n || importW === 0n) return true;
  const seconds = BigInt(now.timestamp - before.timestamp);
  const spent = (out * importW + into * exportW) * TENTHS_PER_WH;
  return spent <= exportW * importW * seconds * RATED_TENTHS + FREE_TENTHS * (exportW + importW);
}
