/** What the oracle hears from a meter's device right now. */

import { answerOf, type Device, OracleProblem, oracleAt } from "../oracle-api/client.ts";
import { useLive, useSystem } from "../system/index.ts";

type Telemetry = NonNullable<Device["telemetry"]>;
/** W at one moment: homeW = solarW + batteryW (positive: discharging) + gridW (positive: drawn from the grid). */
type Power = Pick<Telemetry, "solarW" | "homeW" | "batteryW" | "gridW" | "chargePercent">;

/** The devices behind `serials`; one that the oracle does not know is left out. */
export function useDevices(serials: readonly string[] | undefined) {
  const oracle = oracleAt(useSystem().config.oracleUrl);
  return useLive<Device[]>(
    ["devices", serials?.join()],
    serials &&
      (async () => {
        const answers = await Promise.all(
          serials.map((meterId) =>
            answerOf(oracle.GET("/api/v1/device/status/{meterId}", { params: { path: { meterId } } })).catch(
              (error: unknown) => {
                if (error instanceof OracleProblem && error.status === 404) return undefined;
                throw error;
              },
            ),
          ),
        );
        return answers.filter((device) => device !== undefined);
      }),
  );
}

/** Of several batteries there is no one charge. */
export type HouseholdPower = Omit<Power, "chargePercent"> & { chargePercent: number | undefined };

/**
 * A household's power as one, the sum over its meters' devices.
 * @returns `power` undefined unless all of them were heard: a part of the sum would be another household's. `silent` are
 *   the serials that were not; empty where nobody is allowed to see more.
 */
export function powerOf(
  devices: readonly (Pick<Device, "meterId" | "state"> & { telemetry: Power | null })[],
): { power: HouseholdPower | undefined; silent: string[] } {
  const silent = devices.filter(({ state }) => state !== "online" && state !== "late");
  const told = devices.flatMap(({ telemetry }) => telemetry ?? []);
  if (silent.length > 0 || told.length === 0 || told.length < devices.length)
    return { power: undefined, silent: silent.map(({ meterId }) => meterId) };
  const sum = (of: keyof Power) => told.reduce((total, telemetry) => total + telemetry[of], 0);
  const batteries = told.filter(({ chargePercent, batteryW }) => chargePercent > 0 || batteryW !== 0);
  return {
    power: {
      solarW: sum("solarW"),
      homeW: sum("homeW"),
      batteryW: sum("batteryW"),
      gridW: sum("gridW"),
      chargePercent: batteries.length > 1 ? undefined : (batteries[0]?.chargePercent ?? 0),
    },
    silent: [],
  };
}
