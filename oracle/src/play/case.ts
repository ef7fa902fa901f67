/** A case file: what is bound, which messages come in when, and what is right. `testdata/device-cases/README.md` has the fields. */
import { MeterKind, namesOf, smalls, TrustClass } from "@enerlink/protocol";
import { type Json, parseStrictJson } from "@enerlink/protocol/wire/strict-json";
import { z } from "zod";

const message = z
  .object({
    /** Unix seconds at which it is heard. */
    at: z.number().int().min(0),
    topic: z.string(),
    json: z.unknown().optional(),
    payload: z.string().optional(),
    hex: z
      .string()
      .regex(/^(?:[0-9a-f]{2})*$/i)
      .optional(),
    retained: z.boolean().default(false),
    check: z.boolean().default(false),
    expected: z.record(z.string(), z.unknown()).default({}),
  })
  .refine(({ json, payload, hex }) => [json, payload, hex].filter((one) => one !== undefined).length === 1, {
    error: "needs one of json, payload and hex",
  });

const caseSchema = z.object({
  bindings: z.array(z.unknown()).min(1, { error: "needs at least one binding" }),
  meter: z
    .object({
      kind: z.enum(smalls(namesOf(MeterKind))),
      trust: z.enum(namesOf(TrustClass)),
      exportWatts: z.number().int().min(0),
      importWatts: z.number().int().min(0),
      epoch: z.number().int().min(1),
      epochDeclaredAt: z.number().int().min(1),
      settles: z.boolean(),
    })
    .partial()
    .default({}),
  interval: z.number().int().min(60).max(86_400).default(900),
  messages: z.array(message).min(1, { error: "needs at least one message" }),
});

export type Case = z.output<typeof caseSchema>;
export type CaseMessage = Case["messages"][number];

/** @throws an error that names the field. */
export function parseCase(text: string): Case {
  const parsed = caseSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new Error(`${issue.path.join(".") || "the file"}: ${issue.message}`);
}

/** Its bindings as METER_BINDINGS would be read, in which whole numbers are exact. */
export const bindingsOf = ({ bindings }: Case): Json =>
  parseStrictJson(JSON.stringify(bindings), { deepest: 8 });

/** The bytes of a message. */
export function payloadOf({ json, payload, hex }: CaseMessage): Buffer {
  if (hex !== undefined) return Buffer.from(hex, "hex");
  return Buffer.from(payload ?? JSON.stringify(json));
}
