/** The energy that a meter's telemetry shows between two of its readings, to compare with what its registers counted. */
import type { Telemetry } from "./presence.ts";
import type { Registers } from "./reading.ts";
import { POWER_TOLERANCE, TELEMETRY_GAP } from "./validation.ts";

/** Shorter spans than this say little: telemetry and readings are not taken in the same second. */
const SHORTEST_SECONDS = 60;
/** How much of the time between two readings telemetry must cover. */
const COVERAGE = 0.9;

type Sum = { timestamp: number; gridW: number; seconds: number; wattSeconds: number };

export type Power = ReturnType<typeof makePower>;

export function makePower() {
  const sums = new Map<string, Sum>();

  return {
    /** Adds what a meter shows; positive power is import. */
    add: (serial: string, { timestamp, gridW }: Pick<Telemetry, "timestamp" | "gridW">): void => {
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
  };
}
