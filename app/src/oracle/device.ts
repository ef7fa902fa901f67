/** What the oracle hears from a meter's device right now. */
import { z } from "zod/mini";
import { useLive, useSystem } from "../system/index.ts";

/** W at one moment: homeW = solarW + batteryW (positive: discharging) + gridW (positive: drawn from the grid). */
const telemetrySchema = z.object({
  solarW: z.number(),
  homeW: z.number(),
  batteryW: z.number(),
  gridW: z.number(),
  chargePercent: z.number(),
});
export type Telemetry = z.infer<typeof telemetrySchema>;

const commandSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  reason: z.nullable(z.string()),
  createdAt: z.iso.datetime(),
});
export type DeviceCommand = z.infer<typeof commandSchema>;

const deviceSchema = z.object({
  meterId: z.string(),
  state: z.enum(["unknown", "online", "late", "offline", "lost"]),
  lastHeard: z.nullable(z.iso.datetime()),
  /** Who is not signed in may see only the state. */
  access: z.enum(["full", "public"]),
  firmware: z.nullable(z.string()),
  hold: z.nullable(z.object({ reason: z.string(), detail: z.string() })),
  telemetry: z.nullable(telemetrySchema),
  /** The latest, newest first. */
  commands: z.array(commandSchema),
});
export type Device = z.infer<typeof deviceSchema>;

/** The devices behind `serials`; one that the oracle does not know is left out. */
export function useDevices(serials: readonly string[] | undefined) {
  const { config } = useSystem();
  return useLive<Device[]>(
    ["devices", serials?.join()],
    serials &&
      (async () => {
        const answers = await Promise.all(
          serials.map(async (serial) => {
            const response = await fetch(`${config.oracleUrl}/api/v1/device/status/${serial}`, {
              credentials: "include",
            });
            if (response.status === 404) return undefined;
            if (!response.ok) throw new Error(`oracle: HTTP ${response.status}`);
            return deviceSchema.parse(await response.json());
          }),
        );
        return answers.filter((device) => device !== undefined);
      }),
  );
}

/** Of several batteries there is no one charge. */
export type HouseholdPower = Omit<Telemetry, "chargePercent"> & { chargePercent: number | undefined };

/**
 * A household's power as one, the sum over its meters' devices.
 * @returns `power` undefined unless all of them were heard: a part of the sum would be another household's. `silent` are
 *   the serials that were not; empty where nobody is allowed to see more.
 */
export function powerOf(devices: readonly Device[]): { power: HouseholdPower | undefined; silent: string[] } {
  const silent = devices.filter(({ state }) => state !== "online" && state !== "late");
  const told = devices.flatMap(({ telemetry }) => telemetry ?? []);
  if (silent.length > 0 || told.length === 0 || told.length < devices.length)
    return { power: undefined, silent: silent.map(({ meterId }) => meterId) };
  const sum = (of: keyof Telemetry) => told.reduce((total, telemetry) => total + telemetry[of], 0);
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
