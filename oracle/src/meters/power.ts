/** The energy that a meter shows as power between its readings, to compare with what its registers counted. */

import type { Telemetry } from "@enerlink/protocol/wire/presence";
import type { Registers } from "@enerlink/protocol/wire/reading";
import { stepOf } from "../rules/connection.ts";
import { POWER_TOLERANCE, TELEMETRY_GAP } from "../rules/validation.ts";

/** Shorter spans than this say little: telemetry and readings are not taken in the same second. */
const SHORTEST_SECONDS = 60;
/** How much of the time between two readings telemetry must cover. */
const COVERAGE = 0.9;

/** Power further apart says nothing of the unit either, seconds. */
const UNIT_GAP = 3_600;
/**
 * Registers that count in another unit grow by so many times, or by so little, of what the power gives; by joules
 * 3,600.
 */
const [LEAST_FACTOR, MOST_FACTOR] = [500, 4_500];
/**
 * The same of watt-minutes: 60 times as much, near what honest registers grow by while no power is seen of a kettle.
 */
const MINUTES = { least: 54, most: 66, samples: 10, enoughWh: 5 };
/** What the power must have given before registers can be told to count too little, Wh: a thousandth shows late. */
const ENOUGH_WH = 2_000;

type Sum = { timestamp: number; gridW: number; seconds: number; wattSeconds: number };

/** Since `base`, the registers of the first reading with power beside it. */
type Shown = {
  timestamp: number;
  watts: number;
  wattSeconds: number;
  /** How often power was shown. */
  samples: number;
  base: Counted | undefined;
};
type Counted = Pick<Registers, "exportWh" | "importWh">;

export type Power = ReturnType<typeof makePower>;

export function makePower() {
  const sums = new Map<string, Sum>();
  const shown = new Map<string, Shown>();

  /** Adds power that a meter shows, W whatever its direction. */
  function show(serial: string, timestamp: number, watts: number): void {
    const before = shown.get(serial);
    const seconds = timestamp - (before?.timestamp ?? 0);
    if (!before || seconds > UNIT_GAP) {
      shown.set(serial, { timestamp, watts, wattSeconds: 0, samples: 1, base: undefined });
      return;
    }
    if (seconds <= 0) return;
    before.wattSeconds += ((before.watts + watts) / 2) * seconds;
    before.timestamp = timestamp;
    before.watts = watts;
    before.samples++;
  }

  return {
    show,
    /** Adds what a meter's telemetry shows; positive power is import. */
    add: (serial: string, { timestamp, gridW }: Pick<Telemetry, "timestamp" | "gridW">): void => {
      show(serial, timestamp, Math.abs(gridW));
      const sum = sums.get(serial);
      if (!sum) {
        sums.set(serial, { timestamp, gridW, seconds: 0, wattSeconds: 0 });
        return;
      }
      const seconds = timestamp - sum.timestamp;
      if (seconds > 0 && seconds <= TELEMETRY_GAP) {
        sum.seconds += seconds;
        sum.wattSeconds += ((sum.gridW + gridW) / 2) * seconds;
      }
      sum.timestamp = timestamp;
      sum.gridW = gridW;
    },
    /** Whether what was shown between two accepted readings differs from what the registers counted. Begins anew. */
    disagrees: (serial: string, last: Registers, reading: Registers): boolean => {
      const sum = sums.get(serial);
      const elapsed = reading.timestamp - last.timestamp;
      if (!sum || elapsed < SHORTEST_SECONDS) return false;
      const { seconds, wattSeconds } = sum;
      sum.seconds = 0;
      sum.wattSeconds = 0;
      if (seconds < elapsed * COVERAGE || seconds > elapsed / COVERAGE) return false;
      const counted = Number(reading.importWh - last.importWh - (reading.exportWh - last.exportWh));
      const shown = wattSeconds / 3_600;
      const tolerance = Math.max(POWER_TOLERANCE.leastWh, POWER_TOLERANCE.part * Math.abs(shown));
      return Math.abs(counted - shown) > tolerance;
    },
    /**
     * Whether the registers count in the unit that they are read in, by all that was shown and counted so far.
     * `resolution` (Wh) is what they count in, where that is known. Undefined when nothing can be told.
     */
    units: (serial: string, reading: Counted, resolution?: bigint): "agree" | "contradict" | undefined => {
      const one = shown.get(serial);
      if (!one) return undefined;
      one.base ??= { exportWh: reading.exportWh, importWh: reading.importWh };
      const { base } = one;
      const counted = Number(reading.exportWh - base.exportWh + (reading.importWh - base.importWh));
      const given = one.wattSeconds / 3_600;
      if (counted < 0) shown.delete(serial);
      if (counted <= 0 || given <= 0) return undefined;
      const stepWh = (name: keyof Counted) =>
        reading[name] === base[name] ? 0n : (resolution ?? stepOf(base[name], reading[name]));
      const steps = Number(stepWh("exportWh") + stepWh("importWh"));
      const tooMuch = counted >= LEAST_FACTOR * given && counted <= MOST_FACTOR * given + steps;
      const tooLittle =
        given >= ENOUGH_WH && given >= LEAST_FACTOR * counted && given <= MOST_FACTOR * counted;
      const inMinutes =
        one.samples >= MINUTES.samples &&
        given >= MINUTES.enoughWh &&
        counted >= MINUTES.least * given &&
        counted <= MINUTES.most * given;
      return tooMuch || tooLittle || inMinutes ? "contradict" : "agree";
    },
  };
}
