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
            return response.ok ? deviceSchema.parse(await response.json()) : undefined;
          }),
        );
        return answers.filter((device) => device !== undefined);
      }),
  );
}

/** A household's power as one: the sum over its meters, and the charge of its battery. Undefined without telemetry. */
export function powerOf(devices: readonly Device[]): Telemetry | undefined {
  const heard = devices.filter(({ state }) => state === "online" || state === "late");
  const telemetries = heard.flatMap(({ telemetry }) => telemetry ?? []);
  const [first, ...others] = telemetries;
  if (!first) return undefined;
  return others.reduce(
    (sum, one) => ({
      solarW: sum.solarW + one.solarW,
      homeW: sum.homeW + one.homeW,
      batteryW: sum.batteryW + one.batteryW,
      gridW: sum.gridW + one.gridW,
      chargePercent: Math.max(sum.chargePercent, one.chargePercent),
    }),
    first,
  );
}
