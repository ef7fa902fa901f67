/**
 * Settings: the environment, checked once and completely before anything starts. A schema says for each name what it is
 * for, its default and its range; `.env.example` and `docs/reference/settings.md` are written from the same schemas.
 */

import type { Address, Hex } from "viem";
import { getAddress, isAddress, isHex } from "viem";
import { z } from "zod";
import { secretsInUrl } from "./mask.ts";
import { readSecretFile } from "./secret-file.ts";

export type Environment = Record<string, string | undefined>;

/** What a schema's field may say of itself. */
type Meta = {
  description?: string;
  /** Shown nowhere, and taken from the file that NAME_FILE names as well. */
  secret?: boolean;
};

/** A whole number from `lowest` to `highest`. */
export function whole(lowest: number, highest: number) {
  const error = `must be a whole number from ${lowest} to ${highest}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, { error })
    .transform(Number)
    .refine((value) => value >= lowest && value <= highest, { error });
}

export const port = whole(1, 65_535);

export function url(...protocols: string[]) {
  const error = `must be a URL beginning with ${protocols.map((one) => `${one}://`).join(" or ")}`;
  return z.url({ protocol: new RegExp(`^(${protocols.join("|")})$`), error });
}

export const flag = z
  .enum(["true", "false"], { error: "must be true or false" })
  .transform((text) => text === "true");

export const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }), {
    error: "must be an address: 0x and 40 hexadecimal digits",
  })
  .transform((text): Address => getAddress(text));

/** Comma-separated; nothing is an empty list. */
export const list = z.string().transform((text) =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== ""),
);

/** A private key. */
export const privateKey = z
  .string()
  .refine((text) => isHex(text) && text.length === 66, { error: "must be 0x and 64 hexadecimal digits" })
  .transform((text) => text as Hex);

/** The chain's node, or several of them; one meaning wherever it is set. */
export const RPC_URL_IS =
  "The chain's node. The oracle takes several, comma-separated: the first that answers is read, all are sent transactions.";
export const NODE_ENV = z
  .enum(["development", "test", "production"], { error: "must be development, test or production" })
  .default("development")
  .describe(
    "production: services listen on all addresses, the index needs PostgreSQL, and less is told to strangers.",
  );
export const chainId = whole(1, Number.MAX_SAFE_INTEGER);
export const CHAIN_ID_IS = "The chain that is expected; any other is refused.";
export const SETTLEMENT_INTERVAL = whole(60, 86_400).describe(
  "Length of a settlement window, seconds, the same for oracle and index. By default 900 on development chains and 86400 elsewhere; 60 on the local market.",
);
export const ENABLE_ENERGY_TRADING_IS =
  "false: the offer board deploys paused, REST answers 503, and the dApp's Nearby page says why.";
export const TRUSTED_PROXIES_ARE =
  "Proxies whose X-Forwarded-For names the client: addresses and ranges, comma-separated.";

/** Marks a field of a schema as secret and says what it is for. */
export function secret<Field extends z.ZodType>(field: Field, description: string): Field {
  return field.meta({ description, secret: true } satisfies Meta);
}

/** What a field says of itself, also through what was made optional of it, or has a default. */
export function metaOf(field: z.ZodType): Meta {
  const own = field.meta();
  if (own !== undefined) return own as Meta;
  const inner = (field.def as { innerType?: z.ZodType }).innerType;
  return inner === undefined ? {} : metaOf(inner);
}

/** Names of a schema's fields that are secret. */
export function secretNames(schema: z.ZodObject): string[] {
  return Object.entries(schema.shape).flatMap(([name, field]) =>
    metaOf(field as z.ZodType).secret ? [name] : [],
  );
}

/** `environment` without what is empty, and with what NAME_FILE holds in the place of a secret NAME. */
function given(schema: z.ZodObject, environment: Environment): Environment {
  const found = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  for (const name of secretNames(schema)) {
    const file = found[`${name}_FILE`];
    if (file === undefined) continue;
    if (found[name] !== undefined) throw new Error(`${name}: set exactly one of ${name}, ${name}_FILE`);
    try {
      found[name] = readSecretFile(file).replace(/\r?\n$/, "");
    } catch (error) {
      throw new Error(`${name}_FILE: ${(error as Error).message}`);
    }
  }
  return found;
}

/**
 * The settings that `schema` names.
 * @throws an error that names the variable, what it is unless that is secret, and what is allowed
 */
export function readSettings<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment = process.env,
): z.output<Schema> {
  const texts = given(schema, environment);
  const parsed = schema.safeParse(texts);
  if (parsed.success) return parsed.data;
  const hidden = secretNames(schema);
  const problems = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    const text = texts[name];
    const shown = text !== undefined && !hidden.includes(name) && secretsInUrl(text).length === 0;
    return `${name}: ${message}${shown ? ` (it is "${text}")` : ""}`;
  });
  throw new Error([...new Set(problems)].join("; "));
}

/** What no line of a log may show, of settings that `readSettings` read. */
export function secretsOf(schema: z.ZodObject, values: Record<string, unknown>): string[] {
  const hidden = secretNames(schema);
  return Object.entries(values).flatMap(([name, value]) =>
    [value]
      .flat()
      .flatMap((one) => (typeof one !== "string" ? [] : hidden.includes(name) ? [one] : secretsInUrl(one))),
  );
}
