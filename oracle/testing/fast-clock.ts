/** A clock for a test and the node beside it. All in milliseconds: it shows `origin` when the one on the wall shows `began`. */
export type FastClock = { began: number; origin: number; speed: number };

export function makeClock({ began, origin, speed }: FastClock): () => number {
  const wall = Date.now.bind(Date);
  return () => Math.floor(origin + (wall() - began) * speed);
}

/** As `fast-node.ts` takes it. */
export const clockSettings = ({ began, origin, speed }: FastClock) => ({
  CLOCK_BEGAN: String(began),
  CLOCK_ORIGIN: String(origin),
  CLOCK_SPEED: String(speed),
});
