/** What of an offer its battery can really deliver. */
type Covered = {
  remainingWh: bigint;
  battery: {
    storedWh: bigint;
    capacityWh: bigint;
    debtWh: bigint;
    /** Of accepted trades and open offers. */
    promisedWh: bigint;
    offers: readonly { remainingWh: bigint }[];
  };
};

/**
 * What the battery held at its last settled reading goes to its debt and its accepted trades first; its offers compete
 * for the rest, of which this one can have all.
 * @returns Wh, from 0 to `remainingWh`
 */
export function coveredOf({ remainingWh, battery }: Covered): bigint {
  const { storedWh, capacityWh, debtWh, promisedWh, offers } = battery;
  const heldWh = storedWh < capacityWh ? storedWh : capacityWh;
  const offeredWh = offers.reduce((sum, offer) => sum + offer.remainingWh, 0n);
  const freeWh = heldWh - debtWh - (promisedWh - offeredWh);
  return freeWh < 0n ? 0n : freeWh < remainingWh ? freeWh : remainingWh;
}
