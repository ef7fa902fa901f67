/** Spans of time that prices and energy are told by. */
export const intervals = {
  MINUTE: 60n,
  FIVE_MINUTES: 300n,
  QUARTER_HOUR: 900n,
  HOUR: 3_600n,
  DAY: 86_400n,
  WEEK: 604_800n,
} as const;
export type Interval = keyof typeof intervals;

/** When the first span of a length began, unix seconds: weeks begin on Monday (UTC), as that of 5 January 1970 did. */
export const anchorOf = (interval: Interval): bigint => (interval === "WEEK" ? 4n * intervals.DAY : 0n);

/** The start of the span that `time` lies in, unix seconds. */
export function startOf(interval: Interval, time: bigint): bigint {
  const anchor = anchorOf(interval);
  return time - ((((time - anchor) % intervals[interval]) + intervals[interval]) % intervals[interval]);
}
