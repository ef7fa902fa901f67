/** What a meter says beside its readings: what its home shows at the moment, and how it is itself. */
import { z } from "zod/mini";
import { parseMessage } from "./message.ts";
import { serialSchema, timestampSchema } from "./reading.ts";

const numeric = (lowest: number, highest: number) => {
  const error = `must be a number from ${lowest} to ${highest}`;
  return z.pipe(
    z.union([z.bigint(), z.number()], { error }),
    z.pipe(
      z.transform((value: bigint | number) => Number(value)),
      z.number().check(z.refine((value) => value >= lowest && value <= highest, { error })),
    ),
  );
};
const watts = numeric(-1e9, 1e9);
const text = (most: number) => z.string().check(z.maxLength(most));

export const telemetrySchema = z.object({
  serial: serialSchema,
  timestamp: timestampSchema,
  solarW: watts,
  homeW: watts,
  batteryW: watts,
  gridW: watts,
  chargePercent: numeric(0, 100),
});
/** What a home shows at one moment, W: `homeW` = `solarW` + `batteryW` (positive: discharging) + `gridW` (positive: import). */
export type Telemetry = z.output<typeof telemetrySchema>;

export const statusSchema = z.object({
  state: z.enum(["online", "offline"]),
  bootId: z._default(text(64), ""),
  /** Seconds since it has started. */
  uptime: z._default(numeric(0, 1e12), 0),
  firmware: z._default(text(64), ""),
  /** What the device notices of tampering, such as cover, magnet, neutral, ct. */
  tamper: z._default(z.array(text(32).check(z.minLength(1))).check(z.maxLength(16)), []),
});
export type Status = z.output<typeof statusSchema>;

/** @throws MessageError naming the field and what it may be. */
export const parseTelemetry = (payload: Uint8Array): Telemetry => parseMessage(telemetrySchema, payload);
/** @throws MessageError naming the field and what it may be. */
export const parseStatus = (payload: Uint8Array): Status => parseMessage(statusSchema, payload);

/** As they travel. */
export const telemetryText = (telemetry: Telemetry): string => JSON.stringify(telemetry);
export const statusText = (status: Partial<Status> & Pick<Status, "state">): string => JSON.stringify(status);
