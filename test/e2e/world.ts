/**
 * What the journeys stand on, made by the tests themselves, so that nothing of it depends on the hour or on what the
 * residents did: somebody who has energy to sell, and a battery.
 */
import { openMaker } from "../system/maker.ts";
import { openOwnBattery } from "../system/own-meter.ts";
import type { System } from "../system/system.ts";
import { addressOf } from "./chain.ts";

export type World = Awaited<ReturnType<typeof makeWorld>>;

/** Who holds the journeys' battery: a home that has none of its own. */
export const BATTERY_HOME = "home-09";

export async function makeWorld(system: System) {
  const maker = await openMaker(system);
  const battery = await openOwnBattery(system, addressOf(BATTERY_HOME), "test-battery");
  return {
    maker,
    close: async () => {
      await maker.close();
      await battery.connection.end();
    },
  };
}
