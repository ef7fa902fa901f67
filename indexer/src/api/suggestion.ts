/**
 * A price to start from, milli-IDR per kWh: what energy went for lately, moved by up to a tenth by how scarce it is,
 * never below the board's minimum and never above what the grid asks.
 */
export type PriceBasis = {
  /** Average price of what was traded in the last day; null when nothing was. */
  average: bigint | null;
  /** Half-way between the best bid and the best ask; null unless both are there. */
  middle: bigint | null;
  /** What the grid asks. */
  tariff: bigint;
  /** The offer board's minimum. */
  minimum: bigint;
  /** What the community exported and imported in the last day, Wh. */
  exportedWh: bigint;
  importedWh: bigint;
};

/** The most that scarcity moves the price: 1/10. */
const STEPS = 10n;

export function suggestPrice({
  average,
  middle,
  tariff,
  minimum,
  exportedWh,
  importedWh,
}: PriceBasis): bigint {
  const anchor = average ?? middle ?? tariff;
  const total = exportedWh + importedWh;
  const scarcity = total === 0n ? 0n : (anchor * (importedWh - exportedWh)) / (total * STEPS);
  const ceiling = tariff > minimum ? tariff : minimum;
  const price = anchor + scarcity;
  return price < minimum ? minimum : price > ceiling ? ceiling : price;
}
