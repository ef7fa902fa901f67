/** Spans of time that prices and energy are told by, seconds. */
export const intervals = { MINUTE: 60n, QUARTER_HOUR: 900n, HOUR: 3_600n, DAY: 86_400n } as const;
export type Interval = keyof typeof intervals;

/** The most spans that settled energy is added up by. */
export const MOST_SETTLED_SPANS = 1_000n;
