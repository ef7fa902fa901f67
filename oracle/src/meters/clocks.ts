/**
 * Whose clock is behind. A message that was held up on its way is late, and the next one is less so; a clock that is
 * wrong stays behind by as much while messages come in.
 */
import { CLOCK_SECONDS, JUMP_SECONDS, SLOW_SECONDS } from "../rules/validation.ts";

/** By how much a clock is behind, and since which receipt; seconds. */
type Behind = { seconds: number; since: number };

export type Clocks = ReturnType<typeof makeClocks>;

export function makeClocks() {
  const behind = new Map<string, Behind>();

  return {
    /** Whether messages have come in for long enough with a time as much before their receipt (`now`) as this one's. */
    isSlow: (serial: string, timestamp: number, now: number): boolean => {
      const seconds = now - timestamp;
      const before = behind.get(serial);
      if (seconds < SLOW_SECONDS) {
        behind.delete(serial);
        return false;
      }
      if (before && Math.abs(seconds - before.seconds) <= CLOCK_SECONDS)
        return now - before.since >= JUMP_SECONDS;
      behind.set(serial, { seconds, since: now });
      return false;
    },
  };
}
