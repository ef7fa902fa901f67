/** What a home is likely to draw in the coming day beyond what it gives, from what it drew in the days before. */
import type { SettledSpan } from "../energy-index/index.ts";

export const HOUR = 3_600;
const DAY_HOURS = 24;
/** Days that are looked back at. */
export const DAYS_BACK = 7;
/** Less history says nothing of the hours that it does not hold, hours. */
const LEAST_HISTORY = 24;
/** A meter that was not settled for longer may have drawn anything, hours. */
const LONGEST_SILENCE = 48;

/**
 * The most by which the home will have drawn more than it gave at any moment of the coming day, Wh: with so much energy
 * of its own it gets through the night. What its meters counted since their last settlement is yet to come as well.
 * @param meters ids of all its meters
 * @param spans what they settled in the last days, hour by hour
 * @param now unix seconds
 * @returns undefined where a meter has less than a day of history, or was silent for two
 */
export function comingUse(
  meters: readonly string[],
  spans: readonly SettledSpan[],
  now: number,
): bigint | undefined {
  const profiles = meters.map((id) =>
    profileOf(
      spans.filter(({ meterId }) => meterId === id),
      now,
    ),
  );
  if (!profiles.every((profile) => profile !== undefined)) return undefined;
  const thisHour = Math.floor(now / HOUR);
  const begin = Math.min(thisHour, ...profiles.map(({ settledHour }) => settledHour));
  let drawn = 0n;
  let most = 0n;
  for (let hour = begin; hour < thisHour + DAY_HOURS; hour++) {
    for (const { settledHour, drawnAt } of profiles)
      if (hour >= settledHour) drawn += drawnAt[hour % DAY_HOURS]!;
    if (drawn > most) most = drawn;
  }
  return most;
}

/** By the hour of the day, what one meter draws less what it gives on the average, Wh; and up to which hour it is settled. */
function profileOf(spans: readonly SettledSpan[], now: number) {
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last || now - last.lastReadAt > LONGEST_SILENCE * HOUR) return undefined;
  const hours = BigInt(Math.floor((last.lastReadAt - first.firstReadAt) / HOUR)) + 1n;
  if (hours < LEAST_HISTORY) return undefined;
  const drawnAt = Array.from({ length: DAY_HOURS }, () => 0n);
  for (const { start, exportedWh, importedWh } of spans)
    drawnAt[Math.floor(start / HOUR) % DAY_HOURS]! += importedWh - exportedWh;
  return {
    settledHour: Math.floor(last.lastReadAt / HOUR),
    drawnAt: drawnAt.map((sum) => (sum * BigInt(DAY_HOURS)) / hours),
  };
}
