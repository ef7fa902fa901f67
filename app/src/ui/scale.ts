/** Round numbers along an axis. */

const STEPS = [1n, 2n, 5n] as const;
/** Steps on the longer side of zero, at most. */
const MOST_STEPS = 3n;

/** The smallest of 1, 2, 5, 10, 20, 50, … with which `most` is reached in three steps; 1 for nothing. */
export function stepFor(most: bigint): bigint {
  for (let power = 1n; ; power *= 10n)
    for (const step of STEPS) if (step * power * MOST_STEPS >= most) return step * power;
}

const stepsUp = (value: bigint, step: bigint) => (value + step - 1n) / step;

/** Where lines are drawn for values from `-below` to `above`, ascending, zero among them; the ends hold both. */
export function ticksOf(below: bigint, above: bigint): bigint[] {
  const step = stepFor(below > above ? below : above);
  const [down, up] = [Number(stepsUp(below, step)), Number(stepsUp(above, step))];
  return Array.from({ length: down + up + 1 }, (_, index) => BigInt(index - down) * step);
}

/** Where a value stands between two others, in parts of 100: what is drawn needs no more. */
export const placeOf = (value: bigint, low: bigint, high: bigint): number =>
  high === low ? 50 : Number(((value - low) * 10_000n) / (high - low)) / 100;
