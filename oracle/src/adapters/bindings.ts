/** What an entry of METER_BINDINGS may say: which device speaks for a meter, in what format, and how to read it. */

import { serialSchema } from "@enerlink/protocol/wire/reading";
import { TOPIC_PREFIX } from "@enerlink/protocol/wire/topics";
import { z } from "zod";
import type { Path } from "./fields.ts";
import { isZone } from "./time.ts";

/** Topics below it are the meters' own, with their own rules. */
const NATIVE = /^enerlink\/v1(\/|$)/;

const whole = (lowest: bigint, highest: bigint) => {
  const error = `must be a whole number from ${lowest} to ${highest}`;
  const digits = z
    .string()
    .regex(/^\d{1,19}$/, { error })
    .transform(BigInt);
  return z
    .union([z.bigint(), digits], { error })
    .refine((value) => value >= lowest && value <= highest, { error });
};
const flag = z.boolean({ error: "must be true or false" });

const key = z.union([z.string(), whole(0n, 999n).transform(String)]);
const keys = z.array(key).min(1);
const PATH = "must be a key, or a list of the keys on the way";
const path = z.union([key.transform((one) => [one]), keys], { error: PATH });
/** The parts of a register that is a sum. */
const paths = z.union([path.transform((one): Path[] => [one]), z.array(keys).min(1)], {
  error: `${PATH}, or a list of such lists to be added up`,
});
const names = z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)], {
  error: "must be a metric's name, or a list of names to be added up",
});
const unit = z.enum(["Wh", "kWh"], { error: "must be Wh or kWh" });
const zone = z.string().refine(isZone, {
  error: "must be the device's zone: Z, an offset such as +07:00, or a name such as Asia/Jakarta",
});
/** The same part twice would count energy twice. */
const distinct = (map: { import: readonly (string | Path)[]; export: readonly (string | Path)[] | null }) => {
  const all = [...map.import, ...(map.export ?? [])].map((one) => JSON.stringify(one));
  return new Set(all).size === all.length;
};
const TWICE = { error: "reads the same place twice" };
const fields = z.strictObject({ import: paths, export: paths.nullable() }).refine(distinct, TWICE);
/** Whose time counts: the device's, or that of the receipt for a device without a clock. */
const clock = z.enum(["device", "receipt"], { error: "must be device or receipt" }).default("device");
/** Whether a register that is missing from a message has not changed. */
const byException = flag.default(false);
/** What the payload calls the device, where it does. */
const device = z.string().min(1).max(64);

const common = {
  serial: serialSchema,
  topic: z
    .string({ error: "must be the device's base topic" })
    .regex(/^[^+#\0]{1,200}$/, { error: "must be one topic of 1 to 200 characters, without + and #" })
    .refine((topic) => !topic.startsWith("$") && !topic.endsWith("/"), {
      error: "must not begin with $, nor end with /",
    })
    .refine((topic) => !NATIVE.test(topic), {
      error: `must not lie below ${TOPIC_PREFIX}, whose readings are signed`,
    }),
  /** Where its registers begin anew, Wh; unless given, they never do. */
  rollover: whole(1_000_000n, 10n ** 18n).optional(),
  /** The least that its registers grow by, Wh; unless given, it is told from their values. */
  resolution: whole(1n, 100_000n).optional(),
  /** Seconds between two messages that are expected of it. */
  heartbeat: whole(5n, 86_400n).default(300n).transform(Number),
};

const bindingSchema = z.discriminatedUnion(
  "format",
  [
    z.strictObject({ ...common, format: z.literal("enerlink-1"), device, offset: zone.optional(), clock }),
    z.strictObject({
      ...common,
      format: z.literal("tasmota"),
      unit: unit.default("kWh"),
      /** `ENERGY.ImportActive`, or `ENERGY.Total` where there is none, and `ENERGY.ExportActive`. */
      fields: fields.optional(),
      /** One register a phase, or (before 8.4.0) the sum and then the tariffs. */
      arrays: z.enum(["sum", "first"], { error: "must be sum or first" }).default("sum"),
      /** Of what is read below `ENERGY` it is `ENERGY.Power`. */
      power: path.optional(),
      byException,
      offset: zone.optional(),
      clock,
    }),
    z.strictObject({
      ...common,
      format: z.literal("shelly"),
      component: z
        .string()
        .regex(/^(?:emdata|em1data|switch|pm1|cover|light):\d{1,3}$/, {
          error: "must be emdata:N, em1data:N, pm1:N, switch:N, cover:N or light:N",
        })
        .default("emdata:0"),
      /** False for a plug, which has no register for what it gives back. */
      exports: flag.default(true),
      device: device.optional(),
      clock,
    }),
    z.strictObject({
      ...common,
      format: z.literal("zigbee2mqtt"),
      unit: unit.default("kWh"),
      fields: fields.prefault({ import: "energy", export: "produced_energy" }),
      power: path.default(["power"]),
      byException,
      device: device.optional(),
    }),
    z.strictObject({
      ...common,
      topic: common.topic.regex(/^[^/]+\/[^/]+(?:\/[^/]+)?$/, {
        error: "must be group/edge or group/edge/device",
      }),
      format: z.literal("sparkplug"),
      unit: unit.default("kWh"),
      fields: z.strictObject({ import: names, export: names.nullable() }).refine(distinct, TWICE),
      power: z.string().optional(),
      clock,
    }),
  ],
  { error: "must be enerlink-1, tasmota, shelly, zigbee2mqtt or sparkplug" },
);

export type Binding = z.output<typeof bindingSchema>;
export type Format = Binding["format"];
export type BindingOf<Name extends Format> = Extract<Binding, { format: Name }>;

/**
 * Checks an entry as it is in the file.
 * @throws an error that names the field and what it may be.
 */
export function parseBinding(entry: unknown): Binding {
  const parsed = bindingSchema.safeParse(entry);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error([issue.path.join("."), issue.message].filter(Boolean).join(": "));
  }
  return parsed.data;
}
