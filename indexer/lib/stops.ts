/** What stops deliveries: the market's clock and each battery's, as the contracts keep them. */

/**
 * What the market's clock, which runs while board or settlement are stopped, has counted until `now`, seconds.
 * `stoppedSince` 0: it does not run.
 */
export const stoppedFor = (clock: { stoppedFor: bigint; stoppedSince: bigint }, now: bigint) =>
  clock.stoppedFor + (clock.stoppedSince === 0n ? 0n : now - clock.stoppedSince);

/** As many bits as a trade keeps of its battery's clock: it comes round after 194 days. */
const BITS = 24;

/**
 * What a battery's clock shows at `now`, seconds: it runs with the market's, or, while its meter is stopped itself,
 * with the time.
 */
export const batteryStoppedFor = (
  battery: { stopsBase: bigint; stopped: boolean },
  market: { stoppedFor: bigint; stoppedSince: bigint },
  now: bigint,
) => BigInt.asUintN(BITS, battery.stopsBase + (battery.stopped ? now : stoppedFor(market, now)));

/** What lies between two times at which it showed `before` and `after`, seconds. */
export const stoppedBetween = (before: bigint, after: bigint) => BigInt.asUintN(BITS, after - before);
