/** The market's clock, which runs while board or settlement are stopped. */

/** What it has counted until `now`, seconds. `stoppedSince` 0: it does not run. */
export const stoppedFor = (clock: { stoppedFor: bigint; stoppedSince: bigint }, now: bigint) =>
  clock.stoppedFor + (clock.stoppedSince === 0n ? 0n : now - clock.stoppedSince);
