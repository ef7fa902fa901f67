/**
 * Which topics speak for which meter, and in what format. A topic speaks for one meter only, so that never the payload
 * alone tells who does.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { messageOf } from "../log.ts";
import { serialSchema } from "../meters/reading.ts";
import { parseStrictJson } from "../meters/strict-json.ts";
import { topicsOf } from "./adapters.ts";
import { offsetSeconds } from "./time.ts";

/** Topics below it are the meters' own, with their own rules. */
const NATIVE = /^enerlink\/v1(\/|$)/;

const key = z.string({ error: "must be text, or a list of the keys on the way" }).min(1);
const path = z.union([key.transform((one) => [one]), z.array(key).min(1)], {
  error: "must be a key, or a list of the keys on the way",
});
const unit = z.enum(["Wh", "kWh"], { error: "must be Wh or kWh" });
const offset = z.string().refine((zone) => offsetSeconds(zone) !== undefined, {
  error: "must be the device's zone, Z or such as +07:00",
});
const fields = z.strictObject({ import: path, export: path.nullable() });

const common = {
  serial: serialSchema,
  topic: z
    .string({ error: "must be the device's base topic" })
    .regex(/^[^+#\0]{1,200}$/, { error: "must be one topic of 1 to 200 characters, without + and #" })
    .refine((topic) => !topic.startsWith("/") && !topic.startsWith("$") && !topic.endsWith("/"), {
      error: "must not begin with / or $, nor end with /",
    })
    .refine((topic) => !NATIVE.test(topic), {
      error: "must not lie below enerlink/v1, whose readings are signed",
    }),
  /** Where its registers begin anew, Wh; unless given, they never do. */
  rollover: z
    .union(
      [
        z.bigint(),
        z
          .string()
          .regex(/^[1-9]\d{0,18}$/)
          .transform(BigInt),
      ],
      {
        error: "must be a whole number of Wh, at least 1000000",
      },
    )
    .refine((modulus) => modulus >= 1_000_000n, { error: "must be at least 1000000 Wh" })
    .optional(),
  /** Seconds between two messages that are expected of it. */
  heartbeat: z
    .bigint({ error: "must be a whole number from 5 to 86400" })
    .min(5n, { error: "must be from 5 to 86400" })
    .max(86_400n, { error: "must be from 5 to 86400" })
    .default(300n)
    .transform(Number),
};
/** What the payload calls the device, where it does. */
const device = z.string().min(1).max(64);

const bindingSchema = z.discriminatedUnion(
  "format",
  [
    z.strictObject({ ...common, format: z.literal("enerlink-1"), device, offset: offset.optional() }),
    z.strictObject({
      ...common,
      format: z.literal("tasmota"),
      unit: unit.default("kWh"),
      fields: fields.default({ import: ["ENERGY", "Total"], export: ["ENERGY", "ExportActive"] }),
      /** One register a phase, or (before 8.4.0) the sum and then the tariffs. */
      arrays: z.enum(["sum", "first"], { error: "must be sum or first" }).default("sum"),
      offset: offset.optional(),
    }),
    z.strictObject({
      ...common,
      format: z.literal("shelly"),
      component: z
        .string()
        .regex(/^(?:emdata|em1data|switch):\d{1,3}$/, {
          error: "must be emdata:N, em1data:N or switch:N",
        })
        .default("emdata:0"),
      /** False for a plug, which has no register for what it gives back. */
      exports: z.boolean({ error: "must be true or false" }).default(true),
      device: device.optional(),
    }),
    z.strictObject({
      ...common,
      format: z.literal("zigbee2mqtt"),
      unit: unit.default("kWh"),
      fields: fields.default({ import: ["energy"], export: ["produced_energy"] }),
      device: device.optional(),
    }),
    z.strictObject({
      ...common,
      topic: common.topic.regex(/^[^/]+\/[^/]+(?:\/[^/]+)?$/, {
        error: "must be group/edge or group/edge/device",
      }),
      format: z.literal("sparkplug"),
      unit: unit.default("kWh"),
      fields: z.strictObject({ import: key, export: key.nullable() }),
    }),
  ],
  { error: "must be enerlink-1, tasmota, shelly, zigbee2mqtt or sparkplug" },
);

export type Binding = z.output<typeof bindingSchema>;
export type Format = Binding["format"];
export type BindingOf<Name extends Format> = Extract<Binding, { format: Name }>;

export type Bindings = ReturnType<typeof makeBindings>;

/**
 * Checks entries as they are in the file.
 * @throws an error that names the entry and the field.
 */
export function makeBindings(entries: unknown) {
  if (!Array.isArray(entries)) throw new Error("METER_BINDINGS: must be a list of bindings");
  const byTopic = new Map<string, Binding>();
  const bySerial = new Map<string, Binding>();
  entries.forEach((entry, index) => {
    const parsed = bindingSchema.safeParse(entry);
    const name = typeof entry?.serial === "string" ? ` (${entry.serial.slice(0, 32)})` : "";
    const refuse = (text: string) => new Error(`METER_BINDINGS: entry ${index + 1}${name}: ${text}`);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      throw refuse([issue.path.join("."), issue.message].filter(Boolean).join(": "));
    }
    const binding = parsed.data;
    if (bySerial.has(binding.serial)) throw refuse("serial: is bound already; one device speaks for a meter");
    bySerial.set(binding.serial, binding);
    for (const topic of topicsOf(binding)) {
      const other = byTopic.get(topic);
      if (other)
        throw refuse(
          `topic: ${topic} speaks for ${other.serial} already; have the broker give each device its own topic`,
        );
      byTopic.set(topic, binding);
    }
  });
  return {
    of: (topic: string) => byTopic.get(topic),
    ofSerial: (serial: string) => bySerial.get(serial),
    /** What to subscribe to. */
    topics: [...byTopic.keys()],
  };
}

/**
 * The bindings in `file`; none when there is no file.
 * @throws an error that names METER_BINDINGS, and the entry and the field if it is one.
 */
export function readBindings(file: string | undefined): Bindings {
  if (file === undefined) return makeBindings([]);
  let entries: unknown;
  try {
    entries = parseStrictJson(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`METER_BINDINGS: ${file} cannot be read: ${messageOf(error)}`);
  }
  return makeBindings(entries);
}
