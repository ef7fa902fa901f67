/**
 * Whose clock is behind. A message that was held up on its way is late, and the next one is less so; a clock that is
 * wrong stays behind by as much while messages come in, and one that stands still falls back while registers count.
 */
import { CLOCK_SECONDS, JUMP_SECONDS, SLOW_SECONDS } from "../rules/validation.ts";

/** A message by a clock that is behind: by how much, its receipt and its time, seconds; and what had been counted. */
type Behind = { seconds: number; since: number; timestamp: number; countedWh: bigint };

export type Clocks = ReturnType<typeof makeClocks>;

export function makeClocks() {
  const behind = new Map<string, Behind>();

  return {
    /**
     * Whether messages have come in for long enough with a time as much before their receipt (`now`) as this one's, or
     * with its very time and less counted: what is sent once more has counted as much.
     */
    isSlow: (serial: string, timestamp: number, now: number, countedWh: bigint): boolean => {
      const seconds = now - timestamp;
      const before = behind.get(serial);
      if (seconds < SLOW_SECONDS) {
        behind.delete(serial);
        return false;
      }
      const lasts = before !== undefined && now - before.since >= JUMP_SECONDS;
      if (before && Math.abs(seconds - before.seconds) <= CLOCK_SECONDS) return lasts;
      if (before?.timestamp === timestamp) return lasts && countedWh > before.countedWh;
      behind.set(serial, { seconds, since: now, timestamp, countedWh });
      return false;
    },
  };
}
