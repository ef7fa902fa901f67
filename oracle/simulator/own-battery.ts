/**
 * A battery behind a home's own meter: it charges from the home's surplus and discharges for the home's need, as far as
 * its power and its room go, and the meter counts what is left. It obeys nobody's commands and offers nothing.
 */
import { EFFICIENCY } from "./battery.ts";
import type { Home } from "./homes.ts";

export type OwnBatteryOptions = {
  capacityWh: number;
  /** Most it charges or discharges with, W. */
  powerW: number;
};

const least = (a: bigint, b: bigint) => (a < b ? a : b);

/** What is inside counts in these parts of a Wh, so that charging loses nothing to rounding. */
const PARTS = EFFICIENCY.of;

/**
 * The home as its meter counts it with the battery, which begins the record empty, and each time that it repeats: what
 * is left at its end is lost, and none comes from nowhere.
 */
export function withOwnBattery(home: Home, { capacityWh, powerW }: OwnBatteryOptions): Home {
  const powerWh = BigInt(powerW);
  const capacity = BigInt(capacityWh) * PARTS;
  const { hours } = home;
  const counted = [hours[0]!];
  const storedPercent = [0];
  let stored = 0n;
  for (let index = 1; index < hours.length; index++) {
    const exportWh = hours[index]!.exportWh - hours[index - 1]!.exportWh;
    const importWh = hours[index]!.importWh - hours[index - 1]!.importWh;
    const chargedWh = least(least(exportWh, powerWh), (capacity - stored) / EFFICIENCY.part);
    stored += chargedWh * EFFICIENCY.part;
    const givenWh = least(least(importWh, powerWh), stored / PARTS);
    stored -= givenWh * PARTS;
    counted.push({
      exportWh: counted[index - 1]!.exportWh + exportWh - chargedWh,
      importWh: counted[index - 1]!.importWh + importWh - givenWh,
    });
    storedPercent.push(Number((stored * 1_000n) / capacity) / 10);
  }
  return { ...home, hours: counted, battery: { hoursWithout: hours, storedPercent } };
}
