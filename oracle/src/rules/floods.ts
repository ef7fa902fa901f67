/**
 * Of whose refused messages no more are kept for a moment: a sender whose messages are refused over and over would push
 * everybody else's out of what is kept, and writing them down takes time from all. What counts is never held against
 * anybody, and is taken in during a flood as well: a forger must not silence the meter whose topic it writes to.
 */
import { time } from "../seams/time.ts";

/** Refused messages of one topic that are kept when they come at once, and how many more each second. */
export const FLOOD = { atOnce: 20, eachSecond: 2 };
/** Topics that are remembered; who is forgotten begins anew. */
const MOST_TOPICS = 10_000;

export type Floods = ReturnType<typeof makeFloods>;

export function makeFloods({ now = time.now }: { now?: () => number } = {}) {
  /** What is left of each topic's allowance, and when that was reckoned. */
  const allowances = new Map<string, { left: number; at: number }>();

  function leftOf(topic: string): number {
    const allowance = allowances.get(topic);
    if (!allowance) return FLOOD.atOnce;
    // A clock that was put back takes nothing away, and what is used up comes back from then on.
    allowance.at = Math.min(allowance.at, now());
    return Math.min(FLOOD.atOnce, allowance.left + ((now() - allowance.at) / 1_000) * FLOOD.eachSecond);
  }

  return {
    /** Whether what is refused on `topic` now is only counted. */
    isFlooding: (topic: string): boolean => leftOf(topic) < 1,
    /** A message on `topic` was refused for what it is, whoever the meter is. */
    refused: (topic: string): void => {
      const left = Math.max(0, leftOf(topic) - 1);
      allowances.delete(topic);
      allowances.set(topic, { left, at: now() });
      if (allowances.size > MOST_TOPICS) allowances.delete(allowances.keys().next().value!);
    },
  };
}
