/**
 * How far this node's clock is from those of others: the members' signs of life carry their time, blocks carry theirs. A
 * clock that is behind refuses what meters say as coming from the future, and nothing else would tell.
 */
import { CLOCK_SECONDS } from "../rules/validation.ts";
import { time } from "../seams/time.ts";

/** Off by more, seconds, something is to be done about it, long before readings are refused. */
export const MOST_OFFSET = CLOCK_SECONDS / 4;

export type Clock = ReturnType<typeof makeClock>;

export function makeClock({
  peers,
  now = time.now,
}: {
  /** By how much other members' clocks are ahead of this one, milliseconds; of those that are there. */
  peers: () => number[];
  now?: () => number;
}) {
  /** The same of the chain; undefined where it has a time of its own. */
  let chain: number | undefined;

  /** What most of them show, this node's own included, so that no single one decides; seconds. */
  function offset(): number {
    const voices = [0, ...peers(), ...(chain === undefined ? [] : [chain])].sort((a, b) => a - b);
    const [low, high] = [voices[Math.ceil(voices.length / 2) - 1]!, voices[Math.floor(voices.length / 2)]!];
    const median = Math.abs(low) < Math.abs(high) ? low : high;
    // No chain has blocks of the future: that alone is enough.
    return Math.round((chain !== undefined && chain > MOST_OFFSET * 1_000 ? chain : median) / 1_000);
  }

  return {
    offset,
    /** A block stamped `timestamp` (unix seconds) has just been seen, on a chain that keeps the time. */
    head: (timestamp: bigint): void => {
      chain = Number(timestamp) * 1_000 - now();
    },
    /** Why what this node says of time cannot be relied upon, if so. */
    obstacle: (): string | undefined => {
      const seconds = offset();
      if (Math.abs(seconds) <= MOST_OFFSET) return undefined;
      return `this node's clock is ${Math.abs(seconds)} s ${seconds > 0 ? "behind" : "ahead of"} what the committee and the chain show`;
    },
  };
}
