/**
 * Windows in event time: (end - interval, end]. A window's report is its last reading. A slotted meter's windows are its
 * community's slots, and the report of one is the first reading after its end that the pool takes for that end.
 */

/** End of the window that `timestamp` lies in; both in unix seconds, `interval` in seconds. */
export function windowEnd(timestamp: number, interval: number): number {
  return Math.ceil(timestamp / interval) * interval;
}

/** How a community's slots lie, seconds: a reading of up to `tolerance` after a slot's end is taken for its end. */
export type Slots = { length: number; tolerance: number };

/** End of the slot at which a reading stamped `timestamp` (unix seconds) is taken, if it is at any's. */
export function slotEndOf(timestamp: number, { length, tolerance }: Slots): number | undefined {
  const after = timestamp % length;
  return after <= tolerance ? timestamp - after : undefined;
}

/** `windowEnd` undefined: for no window, as what is settled by hand. */
export type Closing = { reading: "previous" | "current"; windowEnd: number | undefined };

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

/**
 * The same of a slotted meter. Each reading within the tolerance may be the slot's, until one is recorded for it; where
 * none came, the first one after it is settled for no slot: what it counted belongs to the next slot at which it is read.
 */
export function slotClosings(previous: number | undefined, current: number, slots: Slots): Closing[] {
  const end = slotEndOf(current, slots);
  if (end !== undefined) return [{ reading: "current", windowEnd: end }];
  const latestEnd = current - (current % slots.length);
  return previous !== undefined && previous < latestEnd ? [{ reading: "current", windowEnd: undefined }] : [];
}

/**
 * From which time on (unix seconds) what the chain has settled makes the report of a window superfluous: its own time, or
 * the end of the slot that it is for.
 */
export const settledBy = ({
  windowEnd,
  reading,
}: {
  windowEnd: number;
  reading: { timestamp: number };
}): number => Math.min(windowEnd, reading.timestamp);
