/** What an entry of METER_BINDINGS may say: which device speaks for a meter, in what format, and how to read it. */

import { serialSchema } from "@enerlink/protocol/wire/reading";
import { TOPIC_PREFIX } from "@enerlink/protocol/wire/topics";
import { z } from "zod";
import type { About } from "../rules/about.ts";
import { scaleOf } from "./decimal.ts";
import type { Path } from "./fields.ts";
import { publicKeyOf } from "./ocmf-key.ts";
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
/** A device that only feeds in has no import. */
const orNone = <T>(import_: z.ZodType<T[]>) => import_.nullable().transform((list): T[] => list ?? []);
const isAny = (map: { import: readonly unknown[]; export: readonly unknown[] | null }) =>
  map.import.length > 0 || map.export !== null;
const NOTHING = { error: "must read an import, an export, or both" };
const bareFields = z
  .strictObject({ import: orNone(paths), export: paths.nullable() })
  .refine(isAny, NOTHING)
  .refine(distinct, TWICE);
/** Whose time counts: the device's, or that of the receipt for a device without a clock. */
const clock = z.enum(["device", "receipt"], { error: "must be device or receipt" }).default("device");
/** Whether a register that is missing from a message has not changed. */
const byException = flag.default(false);
/** What the payload calls the device, where it does. */
const device = z.string().min(1).max(64);

const PUBLIC_KEY = {
  error: "must be a public key of P-256 in hex: a SubjectPublicKeyInfo, or 04 and both coordinates",
};
const publicKey = z
  .string(PUBLIC_KEY)
  .transform(publicKeyOf)
  .refine((found) => found !== undefined, PUBLIC_KEY)
  .transform((found) => found!);

const topic = z
  .string({ error: "must be the device's base topic" })
  .regex(/^[^+#\0]{1,200}$/, { error: "must be one topic of 1 to 200 characters, without + and #" })
  .refine((topic) => !topic.startsWith("$") && !topic.endsWith("/"), {
    error: "must not begin with $, nor end with /",
  })
  .refine((topic) => !NATIVE.test(topic), {
    error: `must not lie below ${TOPIC_PREFIX}, whose readings are signed`,
  });
const scale = z
  .union([z.string(), z.number(), z.bigint()])
  .transform((given) => scaleOf(String(given)) ?? 0n)
  .refine((billionths) => billionths > 0n && billionths <= 10n ** 18n, {
    error: "must be a number from 0.000000001 to 1000000000, by which the device's numbers are multiplied",
  })
  .prefault("1");

/** What the power beside the registers is shown in: gateways that map registers often show kW. */
const powerUnit = z.enum(["W", "kW"], { error: "must be W or kW" }).default("W");

/** Names of counters that begin anew, and how they do. */
const RESETS: [RegExp, string][] = [
  [
    /today|yesterday|daily|yieldday|lastday|day[-_](?:energy|consumption|yield)|(?:^|_)e_day|_tod$/i,
    "counts one day and begins anew each night; the total is needed",
  ],
  [
    /hourly|weekly|monthly|yearly|(?:this|current|last)[-_]?(?:hour|week|month|year)|(?:month|year)_(?:energy|yield)/i,
    "counts a part of the year and begins anew; the total is needed",
  ],
  [
    /session_?energy|charged_?energy|since_?plugged/i,
    "counts one charge and begins anew with the next; the total is needed",
  ],
];
/** Names of what counts no energy, where they end a place. */
const OTHERS: [RegExp, string][] = [
  [
    /^(?:(?:active|act|grid|meter|a)[ _-]?)?power(?:[ _-]?k?w)?$|^watts?$|^(?:voltage|current|frequency)$/i,
    "shows what flows at a moment; the register that counts energy is needed",
  ],
  [/reactive|apparent/i, "counts reactive or apparent energy; the active energy is needed"],
];
/** What says nothing of its own at the end of a place: an entry of a list, the name that every topic ends with. */
const PLAIN = /^(?:\d+|state|value)$/i;

/**
 * Refuses what is named like a counter that begins anew, at any level of a topic, a path or a metric's name, and what
 * ends like something that counts no energy.
 * @param places the levels of each, from the outermost
 * @param path where they stand in the field
 */
function checkTotal(
  places: readonly (readonly string[])[],
  context: z.RefinementCtx,
  path: string[] = [],
): void {
  const levels = places.map((place) => place.flatMap((name) => name.split("/")));
  const ends = levels.flatMap((place) => place.findLast((level) => !PLAIN.test(level)) ?? []);
  const found =
    RESETS.find(([words]) => levels.flat().some((level) => words.test(level))) ??
    OTHERS.find(([words]) => ends.some((level) => words.test(level)));
  if (found) context.addIssue({ code: "custom", message: found[1], path });
}
/** The same of both registers. */
function checkTotals(
  {
    import: into,
    export: out,
  }: { import: readonly (readonly string[])[]; export: readonly (readonly string[])[] | null },
  context: z.RefinementCtx,
): void {
  checkTotal(into, context, ["import"]);
  checkTotal(out ?? [], context, ["export"]);
}
/** Shelly's first generation counts watt-minutes since it was started there. */
const WATT_MINUTES = /^shellies\/.+\/energy$/;
const fields = bareFields.superRefine(checkTotals);
/** The same where a register has a name instead of a path. */
const namedFields = z
  .strictObject({ import: orNone(names), export: names.nullable() })
  .refine(isAny, NOTHING)
  .refine(distinct, TWICE)
  .superRefine(({ import: into, export: out }, context) =>
    checkTotals({ import: into.map((name) => [name]), export: out?.map((name) => [name]) ?? null }, context),
  );

/** A topic whose messages are one number, and what that number is. */
const source = z.strictObject({
  topic: topic
    .refine((name) => !WATT_MINUTES.test(name), {
      error: "counts watt-minutes since the device was started; its register is emeter/N/total, in Wh",
    })
    .superRefine((name, context) => checkTotal([[name]], context)),
  unit: unit.default("kWh"),
  scale,
});
const sources = z.array(source, { error: "must be a list of topics" }).min(1);
const topicsOf = (list: { topic: string }[]) => list.map((one) => one.topic);
/** A word or a number, as it stands in a message. */
const said = z.union([z.string(), z.number(), z.bigint()]).transform(String);

const FORMATS = [
  "enerlink-1",
  "tasmota",
  "shelly",
  "zigbee2mqtt",
  "sparkplug",
  "values",
  "json",
  "victron",
  "amsreader",
  "ocmf",
];

const own = {
  serial: serialSchema,
  /** Where its registers begin anew, Wh; unless given, they never do. */
  rollover: whole(1_000_000n, 10n ** 18n).optional(),
  /** The least that its registers grow by, Wh; unless given, it is told from their values. */
  resolution: whole(1n, 100_000n).optional(),
  /** Seconds between two messages that are expected of it. */
  heartbeat: whole(5n, 86_400n).default(300n).transform(Number),
};

const common = { ...own, topic };

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
      powerUnit,
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
      powerUnit,
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
      fields: namedFields,
      power: z.string().optional(),
      powerUnit,
      clock,
    }),
    z.strictObject({
      ...own,
      format: z.literal("values"),
      registers: z
        .strictObject({ import: orNone(sources), export: sources.nullable() })
        .refine(isAny, NOTHING)
        .refine(
          ({ import: into, export: out }) =>
            distinct({ import: topicsOf(into), export: topicsOf(out ?? []) }),
          TWICE,
        ),
      /** Says whether the device is there. */
      availability: topic.optional(),
      /** Says whether what it sends counts: 0 while the device knows no better. */
      valid: topic.optional(),
    }),
    z
      .strictObject({
        ...common,
        format: z.literal("json"),
        unit: unit.default("kWh"),
        scale,
        fields,
        arrays: z.enum(["sum", "first", "none"], { error: "must be sum, first or none" }).default("none"),
        power: path.optional(),
        powerUnit,
        byException,
        /** Where the message says when it was taken; the time of receipt counts unless given. */
        time: path.optional(),
        offset: zone.optional(),
        /** Where the message names the device, and as what. */
        device: z.strictObject({ at: path, is: device }).optional(),
        /** What stands in the last will where it comes on the same topic. */
        offline: z.strictObject({ at: path, is: said }).optional(),
      })
      .refine(({ offset, time }) => offset === undefined || time !== undefined, {
        path: ["offset"],
        error: "says nothing without time, where the message has its time",
      }),
    z.strictObject({
      ...own,
      topic: topic.regex(/(?:^|\/)N\/[^/]+\/[^/]+\/\d+$/, {
        error: "must be N/<portal id>/<service>/<instance>, such as N/aabbccddeeff/grid/30",
      }),
      format: z.literal("victron"),
      fields: namedFields.prefault({ import: "Ac/Energy/Forward", export: "Ac/Energy/Reverse" }),
    }),
    z.strictObject({ ...common, format: z.literal("amsreader"), offset: zone.optional(), clock }),
    z.strictObject({
      ...common,
      format: z.literal("ocmf"),
      /** The station's, which must have signed each record. */
      key: publicKey,
      /** Its meter's serial number as records have it, `MS`, or the gateway's, `GS`, where they have none. */
      device: device.optional(),
      /** Whether it feeds back, and has a register for that. */
      exports: flag.default(false),
    }),
  ],
  { error: `must be one of ${FORMATS.join(", ")}` },
);

export type Binding = z.output<typeof bindingSchema>;
export type Format = Binding["format"];
export type BindingOf<Name extends Format> = Extract<Binding, { format: Name }>;

/** The options that an entry of each format may have; of `values` each source has its unit. */
const options = new Map(
  bindingSchema.options.map(({ shape }) => {
    const format = shape.format.value;
    return [format, new Set([...Object.keys(shape), ...(format === "values" ? ["unit"] : [])])] as const;
  }),
);

/** What a refusal is about, of the settings those that an entry of this format may have. */
export const aboutOf = (format: Format, { field, settings = [] }: About): About => ({
  field,
  settings: settings.filter((setting) => options.get(format)!.has(setting)),
});

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
