/** Dice that fall the same way each time: what happens in a simulated life follows from its seed alone. */

export type Dice = ReturnType<typeof makeDice>;

export function makeDice(seed: number) {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  /** mulberry32: from 0 to 1, 1 excluded. */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  /** Whole, both included. */
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    between,
    chance: (probability: number): boolean => next() < probability,
    pick: <T>(from: readonly T[]): T => from[between(0, from.length - 1)]!,
    /** Dice of their own, so that what one part of a life throws changes nothing for another. */
    apart: (name: string) => {
      let hash = seed;
      for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
      return makeDice(hash);
    },
  };
}
