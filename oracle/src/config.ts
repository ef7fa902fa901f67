/** Settings of the oracle: the environment, checked once and completely before anything starts. */
import { resolve } from "node:path";
import { networks } from "@enerlink/edge";
import { logLevels, secretsInUrl } from "@enerlink/service/log";
import { type Address, getAddress, type Hex, isAddress, isHash, isHex, parseGwei } from "viem";
import { z } from "zod";
import type { KeySource } from "./keys/keys.ts";

const whole = (lowest: number, highest: number) =>
  z.coerce
    .number({ error: `must be a whole number from ${lowest} to ${highest}` })
    .int({ error: `must be a whole number from ${lowest} to ${highest}` })
    .min(lowest, { error: `must be from ${lowest} to ${highest}` })
    .max(highest, { error: `must be from ${lowest} to ${highest}` });

const url = (...protocols: string[]) =>
  z.url({
    protocol: new RegExp(`^(${protocols.join("|")})$`),
    error: `must be a URL beginning with one of ${protocols.join(", ")}`,
  });

const address = z
  .string()
  .refine((text) => isAddress(text), { error: "must be an address: 0x and 40 hexadecimal digits" })
  .transform((text): Address => getAddress(text));

const isKey = (text: string) => isHex(text) && text.length === 66;
const secretKey = z.custom<Hex>((text) => isKey(String(text)), {
  error: "must be 0x and 64 hexadecimal digits",
});

const schema = z.object({
  /** The chain's nodes, comma-separated: the first that answers is read, all of them are sent transactions. */
  RPC_URL: z
    .string()
    .default("http://127.0.0.1:8545")
    .transform((text) => text.split(",").map((one) => one.trim()))
    .pipe(z.array(url("http", "https")).min(1)),
  /** Refuse any other chain. */
  CHAIN_ID: whole(1, Number.MAX_SAFE_INTEGER).optional(),
  MQTT_BROKER_URL: url("mqtt", "mqtts", "ws", "wss").default("mqtt://127.0.0.1:1883"),
  MQTT_USERNAME: z.string().optional(),
  MQTT_PASSWORD: z.string().optional(),
  /** Address to listen on: by default this machine's own only, in production all of them. */
  HOST: z.string().optional(),
  PORT: whole(0, 65_535).default(3_000),
  /** This node's own address as its users reach it: what they sign in to names it. */
  PUBLIC_URL: url("http", "https")
    .transform((text) => text.replace(/\/$/, ""))
    .optional(),
  /** Seconds of a settlement window. */
  SETTLEMENT_INTERVAL: whole(60, 86_400).optional(),
  /** Milliseconds that a closed window waits for others to share its transaction. */
  SETTLEMENT_LINGER: whole(0, 10_000).default(50),
  DATA_DIR: z.string().default(".local/oracle"),
  /** This node's committee key: plain on a development chain, an encrypted file, or with a signer program. */
  SIGNER_KEY: secretKey.optional(),
  SIGNER_KEYSTORE: z.string().optional(),
  SIGNER_PASSWORD: z.string().optional(),
  SIGNER_PASSWORD_FILE: z.string().optional(),
  SIGNER_URL: url("http", "https").optional(),
  SIGNER_ADDRESS: address.optional(),
  /** Pays the gas; the same three ways. */
  PRIVATE_KEY: secretKey.optional(),
  SUBMITTER_KEYSTORE: z.string().optional(),
  SUBMITTER_PASSWORD: z.string().optional(),
  SUBMITTER_PASSWORD_FILE: z.string().optional(),
  SUBMITTER_URL: url("http", "https").optional(),
  SUBMITTER_ADDRESS: address.optional(),
  /** Milliseconds that a leading member has to bring a window to the chain, before the next takes over. */
  TAKEOVER_AFTER: whole(500, 3_600_000).optional(),
  /** Milliseconds after which something is done about a transaction of which nothing is seen. */
  RESEND_AFTER: whole(200, 3_600_000).optional(),
  /** Gwei for each gas that no transaction exceeds. */
  MAX_FEE_GWEI: whole(1, 1_000_000).optional(),
  /** Hash of a block that stands where a final one stood: go on with that chain. */
  ACCEPT_FORK: z
    .custom<Hex>((text) => isHash(String(text)), {
      error: "must be a block's hash: 0x and 64 hexadecimal digits",
    })
    .optional(),
  /** Blocks on top of a transaction's block until it counts as final; `finalized`: the chain's own word on it. */
  FINALITY_BLOCKS: z
    .union([z.literal("finalized"), whole(0, 100_000)], { error: "must be finalized, or from 0 to 100000" })
    .optional(),
  /** Milliseconds between two looks at the chain's head. */
  POLL_INTERVAL: whole(20, 60_000).optional(),
  /** Seconds between two signs of life that a device is expected to send. */
  HEARTBEAT_INTERVAL: whole(5, 86_400).default(30),
  /** File that says which topics of devices that do not sign speak for which meter. */
  METER_BINDINGS: z.string().optional(),
  /** Addresses that may see, settle and command every meter here. */
  OPERATORS: z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((one) => one.trim())
        .filter((one) => one !== ""),
    )
    .pipe(z.array(address)),
  /** Whether everybody may see what meters say: by default on development chains only. */
  OPEN_READINGS: z
    .enum(["true", "false"], { error: "must be true or false" })
    .transform((text) => text === "true")
    .optional(),
  /** Proxies whose X-Forwarded-For is believed: addresses and ranges, comma-separated. */
  TRUSTED_PROXIES: z
    .string()
    .default("")
    .transform((text) => text.split(",").map((one) => one.trim()))
    .transform((all) => all.filter((one) => one !== ""))
    .superRefine((all, context) => {
      try {
        networks(all);
      } catch (error) {
        context.addIssue({ code: "custom", message: (error as RangeError).message });
      }
    }),
  /** Whether devices are told to zero their display once a settlement is final. */
  DISPLAY_RESET: z
    .enum(["true", "false"], { error: "must be true or false" })
    .default("false")
    .transform((text) => text === "true"),
  /** Whether a meter whose debt is beyond its credit is cut off from import, until all of it is repaid. */
  CREDIT_CUT_OFF: z
    .enum(["true", "false"], { error: "must be true or false" })
    .default("false")
    .transform((text) => text === "true"),
  /** Days for which every reading is kept; roll-ups and what was settled stay for good. */
  RETENTION_DAYS: whole(30, 36_500).default(400),
  /** Where copies of the store go, how often (hours), and how many are kept. */
  BACKUP_DIR: z.string().optional(),
  BACKUP_INTERVAL: whole(1, 8_760).default(24),
  BACKUP_KEEP: whole(1, 1_000).default(7),
  /** Alerts are sent there, signed with the secret. */
  ALERT_WEBHOOK_URL: url("http", "https").optional(),
  ALERT_WEBHOOK_SECRET: z.string().min(16, { error: "must be at least 16 characters" }).optional(),
  FRONTEND_URL: z
    .string()
    .default("http://localhost:5173")
    .transform((text) => text.split(",").map((origin) => origin.trim().replace(/\/$/, "")))
    .pipe(z.array(url("http", "https")).min(1)),
  NODE_ENV: z.enum(["development", "production", "test"]).default("development"),
  LOG_LEVEL: z.enum(logLevels).default("info"),
});

type Values = z.output<typeof schema>;

/** The one of the three ways that is set. @throws when it is not exactly one, or a part of it is missing. */
function keySource(
  values: Values,
  plain: "SIGNER_KEY" | "PRIVATE_KEY",
  prefix: "SIGNER" | "SUBMITTER",
): KeySource {
  const ways = [plain, `${prefix}_KEYSTORE`, `${prefix}_URL`] as const;
  const given = ways.filter((way) => values[way] !== undefined);
  if (given.length !== 1) throw new Error(`${given[0] ?? plain}: set exactly one of ${ways.join(", ")}`);
  const key = values[plain];
  if (key !== undefined) return { kind: "plain", variable: plain, key };
  const file = values[`${prefix}_KEYSTORE`];
  if (file !== undefined) {
    const password = values[`${prefix}_PASSWORD`];
    const passwordFile = values[`${prefix}_PASSWORD_FILE`];
    if ((password === undefined) === (passwordFile === undefined))
      throw new Error(`${prefix}_PASSWORD: set exactly one of ${prefix}_PASSWORD, ${prefix}_PASSWORD_FILE`);
    return { kind: "keystore", variable: `${prefix}_KEYSTORE`, file: resolve(file), password, passwordFile };
  }
  const owner = values[`${prefix}_ADDRESS`];
  if (owner === undefined) throw new Error(`${prefix}_ADDRESS: say which of the signer's keys is meant`);
  return { kind: "remote", variable: `${prefix}_URL`, url: values[`${prefix}_URL`]!, address: owner };
}

function webhookOf(url: string | undefined, secret: string | undefined) {
  if (url === undefined) return undefined;
  if (secret === undefined)
    throw new Error("ALERT_WEBHOOK_SECRET: is needed to sign what ALERT_WEBHOOK_URL is sent");
  return { url, secret };
}

export type Config = ReturnType<typeof readConfig>;

/** @throws an error that names the variable and what is allowed; never the value of a secret. */
export function readConfig(environment: Record<string, string | undefined> = process.env) {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`${String(issue.path[0])}: ${issue.message}`);
  }
  const values = parsed.data;
  const addresses = [
    ...values.RPC_URL,
    values.MQTT_BROKER_URL,
    values.SIGNER_URL,
    values.SUBMITTER_URL,
    values.ALERT_WEBHOOK_URL,
  ];
  return {
    /** What no line of the log may show. */
    secrets: [
      values.MQTT_PASSWORD,
      values.SIGNER_KEY,
      values.SIGNER_PASSWORD,
      values.PRIVATE_KEY,
      values.SUBMITTER_PASSWORD,
      values.ALERT_WEBHOOK_SECRET,
      ...addresses.flatMap((one) => (one === undefined ? [] : secretsInUrl(one))),
    ].filter((secret) => secret !== undefined),
    rpcUrls: values.RPC_URL,
    chainId: values.CHAIN_ID,
    mqtt: { url: values.MQTT_BROKER_URL, username: values.MQTT_USERNAME, password: values.MQTT_PASSWORD },
    host: values.HOST ?? (values.NODE_ENV === "production" ? undefined : "127.0.0.1"),
    port: values.PORT,
    publicUrl: values.PUBLIC_URL,
    settlementInterval: values.SETTLEMENT_INTERVAL,
    settlementLinger: values.SETTLEMENT_LINGER,
    dataDir: resolve(values.DATA_DIR),
    signer: keySource(values, "SIGNER_KEY", "SIGNER"),
    submitter: keySource(values, "PRIVATE_KEY", "SUBMITTER"),
    takeoverAfter: values.TAKEOVER_AFTER,
    patience: values.RESEND_AFTER,
    maxFee: values.MAX_FEE_GWEI === undefined ? undefined : parseGwei(String(values.MAX_FEE_GWEI)),
    acceptFork: values.ACCEPT_FORK,
    finality: values.FINALITY_BLOCKS,
    pollInterval: values.POLL_INTERVAL,
    heartbeatInterval: values.HEARTBEAT_INTERVAL,
    meterBindings: values.METER_BINDINGS,
    frontendUrls: values.FRONTEND_URL,
    operators: values.OPERATORS,
    openReadings: values.OPEN_READINGS,
    trustedProxies: values.TRUSTED_PROXIES,
    alertWebhook: webhookOf(values.ALERT_WEBHOOK_URL, values.ALERT_WEBHOOK_SECRET),
    displayReset: values.DISPLAY_RESET,
    creditCutOff: values.CREDIT_CUT_OFF,
    retentionDays: values.RETENTION_DAYS,
    backup:
      values.BACKUP_DIR === undefined
        ? undefined
        : {
            folder: resolve(values.BACKUP_DIR),
            every: values.BACKUP_INTERVAL * 3_600_000,
            kept: values.BACKUP_KEEP,
          },
    production: values.NODE_ENV === "production",
    logLevel: values.LOG_LEVEL,
  };
}

/** Chains that exist only for development: their keys and money are worthless. */
const developmentChains = new Set([31_337, 31_338]);

export type ChainSettings = ReturnType<typeof chainSettings>;

/**
 * What depends on the chain that was found.
 * @throws an error that names the variable that this chain does not allow.
 */
export function chainSettings(config: Config, chainId: number) {
  const development = developmentChains.has(chainId);
  if (config.chainId !== undefined && config.chainId !== chainId) {
    throw new Error(`CHAIN_ID: ${config.chainId} is expected, but RPC_URL serves chain ${chainId}`);
  }
  return {
    development,
    /** On a network that everybody reads, a quarter hour's history beside a place is a diary of who is at home. */
    settlementInterval: config.settlementInterval ?? (development ? 900 : 86_400),
    finality: config.finality ?? (development ? 1 : 30),
    pollInterval: config.pollInterval ?? (development ? 100 : 2_000),
    patience: config.patience ?? (development ? 3_000 : 25_000),
    takeover: config.takeoverAfter ?? (development ? 3_000 : 60_000),
    /** Without a new block for so many milliseconds something is wrong; a development chain may stand still. */
    longestPause: development ? Number.POSITIVE_INFINITY : 180_000,
  };
}
