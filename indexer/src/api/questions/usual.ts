/**
 * What is usual at an hour of the day: the range of its values on the days before. A seasonal naive forecast, which knows
 * neither the weather nor the day of the week.
 */

/** How many days back it looks. */
export const SEASON_DAYS = 14;
/** Of how many of them an hour's value must be known. */
export const NEEDED_DAYS = 7;
const DAY = 86_400n;

/** One value in ten lies below `low`, half below `median`, one in ten above `high`. */
export type Usual = { low: bigint; median: bigint; high: bigint };

/** The values of the same hour on the days before it. @param values by when their hour begins, unix seconds */
export const valuesBefore = (values: ReadonlyMap<bigint, bigint>, start: bigint): bigint[] =>
  Array.from({ length: SEASON_DAYS }, (_, day) => values.get(start - BigInt(day + 1) * DAY)).filter(
    (value) => value !== undefined,
  );

/** @returns null where too few days are known */
export function usualOf(values: readonly bigint[]): Usual | null {
  if (values.length < NEEDED_DAYS) return null;
  const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  // By n + 1: a new value falls between any two of n known ones as often, and beyond each end as well.
  const last = BigInt(sorted.length - 1) * 10n;
  const quantile = (tenths: bigint) => {
    const wished = BigInt(sorted.length + 1) * tenths - 10n;
    const place = wished < 0n ? 0n : wished > last ? last : wished;
    const [below, above] = [sorted[Number(place / 10n)]!, sorted[Number((place + 9n) / 10n)]!];
    return below + ((above - below) * (place % 10n)) / 10n;
  };
  return { low: quantile(1n), median: quantile(5n), high: quantile(9n) };
}
