/** Windows in event time: (end - interval, end]. A window's report is its last reading. */

/** End of the window that `timestamp` lies in; both in unix seconds, `interval` in seconds. */
export function windowEnd(timestamp: number, interval: number): number {
  return Math.ceil(timestamp / interval) * interval;
}

export type Closing = { reading: "previous" | "current"; windowEnd: number };

/**
 * Which windows of a meter close when its reading stamped `current` follows the one stamped `previous`: the earlier
 * window when the new reading lies beyond its end, and the new reading's own when it stands exactly at the end.
 */
export function closings(previous: number | undefined, current: number, interval: number): Closing[] {
  const closed: Closing[] = [];
  if (previous !== undefined) {
    const end = windowEnd(previous, interval);
    // A reading exactly at its window's end has closed it already.
    if (previous < end && current > end) closed.push({ reading: "previous", windowEnd: end });
  }
  if (current % interval === 0) closed.push({ reading: "current", windowEnd: current });
  return closed;
}
