/**
 * Settings: the environment, checked once and completely before anything starts. A schema says for each name what it is
 * for, its default and its range; `.env.example` and `docs/reference/settings.md` are written from the same schemas.
 */

import { isAddressText, TYPED_ADDRESS } from "@enerlink/protocol/address";
import { isDevelopmentChain } from "@enerlink/protocol/chains";
import type { Address, Hex } from "viem";
import { getAddress, isHex } from "viem";
import { z } from "zod";
import { secretsInUrl } from "./mask.ts";
import { networks } from "./networks.ts";
import { readSecretFile } from "./secret-file.ts";

export type Environment = Record<string, string | undefined>;

/** What a schema's field may say of itself. */
type Meta = {
  description?: string;
  /** What it may be, as its error says: "a whole number from 1 to 65535". */
  allowed?: string;
  /** Shown nowhere, and taken from the file that NAME_FILE names as well. */
  secret?: boolean;
};

/** What `must` says to a wrong value, and the documents to who sets it. */
const must = (allowed: string) => ({ error: `must be ${allowed}` });
const allows = <Field extends z.ZodType>(allowed: string, field: Field): Field =>
  field.meta({ allowed } satisfies Meta);

/** A whole number from `lowest` to `highest`. */
export function whole(lowest: number, highest: number) {
  const allowed = `a whole number from ${lowest} to ${highest}`;
  return allows(
    allowed,
    z
      .string()
      .regex(/^\d{1,16}$/, must(allowed))
      .transform(Number)
      .refine((value) => value >= lowest && value <= highest, must(allowed)),
  );
}

export const port = whole(1, 65_535);

export function url(...protocols: string[]) {
  const allowed = `a URL beginning with ${protocols.map((one) => `${one}://`).join(" or ")}`;
  return allows(allowed, z.url({ protocol: new RegExp(`^(${protocols.join("|")})$`), ...must(allowed) }));
}

/** One of some words. */
export function oneOf<Word extends string>(words: readonly [Word, ...Word[]]) {
  const allowed = words.join(", ").replace(/, ([^,]+)$/, " or $1");
  return allows(allowed, z.enum(words, must(allowed)));
}

export const flag = allows(
  "true or false",
  z.enum(["true", "false"], must("true or false")).transform((text) => text === "true"),
);

export const address = allows(
  TYPED_ADDRESS,
  z
    .string()
    .refine(isAddressText, must(TYPED_ADDRESS))
    .transform((text): Address => getAddress(text)),
);

/** Comma-separated; nothing is an empty list. */
export const list = z.string().transform((text) =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== ""),
);

/** Several, comma-separated, at least one. */
export function some<Field extends z.ZodType<unknown, string>>(
  field: Field,
  most = Number.POSITIVE_INFINITY,
) {
  const { allowed = "a text" } = metaOf(field);
  const count = most === Number.POSITIVE_INFINITY ? "one or more" : `1 to ${most}`;
  const all = `${count}, comma-separated, each ${allowed}`;
  return allows(
    all,
    list.pipe(z.array(field).refine(({ length }) => length >= 1 && length <= most, must(all))),
  );
}

/** A private key. */
export const privateKey = allows(
  "0x and 64 hexadecimal digits",
  z
    .string()
    .refine((text) => isHex(text) && text.length === 66, must("0x and 64 hexadecimal digits"))
    .transform((text) => text as Hex),
);

/** The chain's nodes; one meaning wherever it is set. */
export const rpcNodes = some(url("http", "https"));
export const RPC_URL_IS =
  "The chain's node, or several of them: the oracle reads the first that answers and sends its transactions to all, the index reads all of them, commands and the dApp use the first.";
export const RPC_URL = z.string().default("http://127.0.0.1:8545").pipe(rpcNodes).describe(RPC_URL_IS);
export const INDEXER_URL_IS = "The index, as pages and programs reach it; by default the local market's.";
export const NODE_ENV = oneOf(["development", "test", "production"])
  .default("development")
  .describe(
    "production: services listen on all addresses, the index needs PostgreSQL, and less is told to strangers. Has to be said on any chain but those of development.",
  );
/** @throws where nobody has said what it is that runs on a chain where keys and money are worth something */
export function checkSaid({ NODE_ENV: said }: Environment, chainId: number): void {
  if (said || isDevelopmentChain(chainId)) return;
  throw new Error(
    `NODE_ENV: has to be said on chain ${chainId}: production, or development where strangers may be told more`,
  );
}
export const chainId = whole(1, Number.MAX_SAFE_INTEGER);
export const CHAIN_ID_IS = "The chain that is expected; any other is refused.";
export const SETTLEMENT_INTERVAL = whole(60, 86_400).describe(
  "Length of a settlement window, seconds, the same for oracle and index. By default 900 on development chains and 86400 elsewhere; 60 on the local market.",
);
export const ENABLE_ENERGY_TRADING_IS =
  "false: the offer board deploys paused, REST answers 503, and the dApp's Nearby page says why.";
const NETWORKS = "IP addresses and ranges such as 10.0.0.0/8, comma-separated";
/** Each an address or a range: `networks` takes them. */
export const TRUSTED_PROXIES = z
  .string()
  .default("")
  .pipe(
    allows(
      NETWORKS,
      list.superRefine((all, context) => {
        try {
          networks(all);
        } catch (error) {
          context.addIssue({ code: "custom", message: (error as RangeError).message });
        }
      }),
    ),
  )
  .describe("Proxies whose X-Forwarded-For names the client.");

/** Marks a field of a schema as secret and says what it is for. */
export function secret<Field extends z.ZodType>(field: Field, description: string): Field {
  return field.meta({ description, secret: true } satisfies Meta);
}

/** What a field says of itself, also through what was made optional of it, has a default, or becomes another. */
export function metaOf(field: z.ZodType): Meta {
  const { innerType, in: before, out: after } = field.def as unknown as Partial<Record<string, z.ZodType>>;
  const inner = [before, after, innerType].filter((one) => one !== undefined).map(metaOf);
  return Object.assign({}, ...inner, field.meta());
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
    const isSecret = hidden.includes(name);
    const shown = text !== undefined && !isSecret && secretsInUrl(text).length === 0;
    const source = isSecret && environment[`${name}_FILE`] ? `${name}_FILE` : name;
    return `${source}: ${message}${shown ? ` (it is "${text}")` : ""}`;
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
