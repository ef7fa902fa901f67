/** The days that the community's energy is told by: Jakarta's, as on a household's pages. */
import { startOfDay } from "../format/index.ts";

const DAY = 86_400;

/** Starts of the last `count` days, today's the last, unix seconds. */
export const daysUntil = (now: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => startOfDay(now) - (count - 1 - index) * DAY);
