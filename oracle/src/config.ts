/** Settings of the oracle: the environment, checked once and completely before anything starts. */
import { resolve } from "node:path";
import { ROOT_GRID } from "@enerlink/protocol";
import { isDevelopmentChain, windowSeconds } from "@enerlink/protocol/chains";
import { readShard, SHARD_ALLOWED, type Shard } from "@enerlink/protocol/wire/shard";
import { logLevels } from "@enerlink/service/log";
import {
  address,
  CHAIN_ID_IS,
  chainId,
  checkSaid,
  type Environment,
  flag,
  list,
  NODE_ENV,
  oneOf,
  privateKey,
  RPC_URL,
  readSettings,
  SETTLEMENT_INTERVAL,
  secret,
  secretsOf,
  some,
  TRUSTED_PROXIES,
  url,
  whole,
} from "@enerlink/service/settings";
import { type Hex, isHash, parseGwei } from "viem";
import { z } from "zod";
import type { KeySource } from "./keys/keys.ts";

const blockHash = z
  .string()
  .refine((text) => isHash(text), { error: "must be a block's hash: 0x and 64 hexadecimal digits" })
  .transform((text) => text as Hex);
const shard = z
  .string()
  .refine((text) => readShard(text) !== undefined, { error: `must be ${SHARD_ALLOWED}` })
  .transform((text) => readShard(text)!)
  .meta({ allowed: SHARD_ALLOWED });
const finality = z.union([z.literal("finalized"), whole(0, 100_000)], {
  error: "must be finalized, or from 0 to 100000",
});

export const oracleSettings = z.object({
  RPC_URL,
  CHAIN_ID: chainId.optional().describe(CHAIN_ID_IS),
  MQTT_BROKER_URL: url("mqtt", "mqtts", "ws", "wss")
    .default("mqtt://127.0.0.1:1883")
    .describe("The broker. The local market brings one of its own by default."),
  MQTT_USERNAME: z
    .string()
    .optional()
    .describe(
      "The node's user at the broker, its own for each node. The local market gives its second and third node this name with -2 and -3 behind it.",
    ),
  MQTT_PASSWORD: secret(z.string().optional(), "That user's password."),
  HOST: z
    .string()
    .optional()
    .describe(
      "Address that the oracle listens on: by default this machine's own only, in production all of them.",
    ),
  PORT: whole(0, 65_535).default(3_000).describe("Port that the oracle listens on."),
  PUBLIC_URL: url("http", "https")
    .transform((text) => text.replace(/\/$/, ""))
    .optional()
    .describe(
      "The node's own address as its users reach it; they sign in to it by that name. By default http://localhost:PORT.",
    ),
  FRONTEND_URL: z
    .string()
    .default("http://localhost:5173")
    .pipe(some(url("http", "https")))
    .transform((all) => all.map((origin) => origin.replace(/\/$/, "")))
    .describe("The dApp's addresses: pages of others may not use the oracle."),
  SETTLEMENT_INTERVAL: SETTLEMENT_INTERVAL.optional(),
  SETTLEMENT_LINGER: whole(0, 10_000)
    .default(50)
    .describe("Milliseconds that a closed window waits for others to share its transaction."),
  SETTLEMENT_MODE: oneOf(["batches", "roots"])
    .default("batches")
    .describe(
      "How closed windows go to the chain: each report in a batch, or one root of all of a window's reports, of which they are settled once a day. All members of a committee have the same.",
    ),
  ROOT_LINGER: whole(0, 600_000)
    .optional()
    .describe(
      "Milliseconds that a window's root waits for meters that have not reported: 3000 on development chains, else 60000.",
    ),
  ROOTS_SETTLED_EVERY: whole(60, 604_800)
    .default(86_400)
    .describe(
      "Seconds between two settlements of what the roots carry, counted from midnight UTC; each comes one window later.",
    ),
  SHARD: shard
    .prefault("1/1")
    .describe(
      "Which part of the meters this process is there for, where the member runs several with its one signing key; each has a store, a paying key and a user at the broker of its own. The store remembers it.",
    ),
  DATA_DIR: z.string().default(".local/oracle").describe("Where the oracle's store lives."),
  SIGNER_KEY: secret(
    privateKey.optional(),
    "What the node signs reports with: the key itself (development chains only), a keystore, or a program that signs.",
  ),
  SIGNER_KEYSTORE: z
    .string()
    .optional()
    .describe("The signing key in an encrypted file, as `enerlink keystore` writes it."),
  SIGNER_PASSWORD: secret(z.string().optional(), "The password of SIGNER_KEYSTORE."),
  SIGNER_URL: url("http", "https").optional().describe("The program that signs with the signing key."),
  SIGNER_ADDRESS: address.optional().describe("Which of that program's keys."),
  SUBMITTER_KEY: secret(
    privateKey.optional(),
    "What pays for the node's transactions and has no say: a key in the same three ways.",
  ),
  SUBMITTER_KEYSTORE: z.string().optional().describe("The paying key in an encrypted file."),
  SUBMITTER_PASSWORD: secret(z.string().optional(), "The password of SUBMITTER_KEYSTORE."),
  SUBMITTER_URL: url("http", "https").optional().describe("The program that signs with the paying key."),
  SUBMITTER_ADDRESS: address.optional().describe("Which of that program's keys."),
  RELAY_KEY: secret(
    privateKey.optional(),
    "What pays for calls that members' households sign, in the same three ways; without it nobody's are paid for.",
  ),
  RELAY_KEYSTORE: z.string().optional().describe("The relay's key in an encrypted file."),
  RELAY_PASSWORD: secret(z.string().optional(), "The password of RELAY_KEYSTORE."),
  RELAY_URL: url("http", "https").optional().describe("The program that signs with the relay's key."),
  RELAY_ADDRESS: address.optional().describe("Which of that program's keys."),
  RELAY_MOST_GAS: whole(100_000, 16_777_216)
    .default(2_000_000)
    .describe("Gas that one relayed transaction may use."),
  RELAY_DAILY_GAS: whole(100_000, Number.MAX_SAFE_INTEGER)
    .default(5_000_000)
    .describe("Gas that the relay pays for a household in a day (UTC)."),
  RELAY_DAILY_TOTAL: whole(100_000, Number.MAX_SAFE_INTEGER)
    .default(500_000_000)
    .describe("Gas that the relay pays for all households in a day (UTC)."),
  TAKEOVER_AFTER: whole(500, 3_600_000)
    .optional()
    .describe(
      "Milliseconds that a leading member has to bring a window to the chain, before the next takes over: 3000 on development chains, else 60000.",
    ),
  RESEND_AFTER: whole(200, 3_600_000)
    .optional()
    .describe(
      "Milliseconds after which a transaction of which nothing is seen is sent again: 3000 on development chains, else 25000.",
    ),
  MAX_FEE_GWEI: whole(1, 1_000_000).optional().describe("Gwei for each gas that no transaction exceeds."),
  ACCEPT_FORK: blockHash
    .optional()
    .describe("Hash of a block that stands where a final one stood: go on with that chain."),
  FINALITY_BLOCKS: finality
    .optional()
    .describe(
      "Blocks on top of a transaction's block until it counts as final, or finalized, the chain's own word on it: 1 on development chains, else 30.",
    ),
  POLL_INTERVAL: whole(20, 60_000)
    .optional()
    .describe(
      "Milliseconds between the oracle's looks at the chain: 100 on development chains, else 2000. While RPC_WS_URL tells of blocks, at least 2000.",
    ),
  RPC_WS_URL: url("ws", "wss")
    .optional()
    .describe(
      "Address at which a node of the chain tells of new blocks at once (eth_subscribe over a WebSocket); without it, or while it is away, the oracle looks every POLL_INTERVAL.",
    ),
  HEARTBEAT_INTERVAL: whole(5, 86_400)
    .default(30)
    .describe("Seconds between two signs of life that a device is expected to send."),
  METER_BINDINGS: z
    .string()
    .optional()
    .describe(
      "A JSON file that says which topic of a device that does not sign belongs to which meter (docs/devices.md).",
    ),
  OPERATORS: z
    .string()
    .default("")
    .pipe(list)
    .pipe(z.array(address))
    .describe(
      "Addresses that may see, settle and command every meter, comma-separated. Owners may do so with their own.",
    ),
  OPEN_READINGS: flag
    .optional()
    .describe("Whether everybody may see what meters say; by default on development chains only."),
  TRUSTED_PROXIES,
  DISPLAY_RESET: flag
    .default(false)
    .describe("Whether devices are told to zero their display once a settlement is final."),
  CREDIT_CUT_OFF: flag
    .default(false)
    .describe(
      "Whether a meter whose debt is beyond its credit is told to draw nothing from the grid, until all is repaid. A quorum of the committee's members must say so.",
    ),
  RETENTION_DAYS: whole(30, 36_500)
    .default(400)
    .describe("Days for which every reading is kept; roll-ups and what was settled stay for good."),
  BACKUP_DIR: z.string().optional().describe("Where copies of the store go; none are made without it."),
  BACKUP_INTERVAL: whole(1, 8_760).default(24).describe("Hours between two copies."),
  BACKUP_KEEP: whole(1, 1_000).default(7).describe("How many copies are kept."),
  ALERT_WEBHOOK_URL: url("http", "https").optional().describe("Where alerts are sent."),
  ALERT_WEBHOOK_SECRET: secret(
    z.string().min(16, { error: "must be at least 16 characters" }).optional(),
    "What alerts are signed with, 16 characters or more.",
  ),
  NODE_ENV,
  LOG_LEVEL: oneOf(logLevels).default("info").describe("What the log tells."),
});

type Values = z.output<typeof oracleSettings>;

type KeyName = "SIGNER" | "SUBMITTER" | "RELAY";
const waysOf = (prefix: KeyName) => [`${prefix}_KEY`, `${prefix}_KEYSTORE`, `${prefix}_URL`] as const;

/** The one of the three ways that is set. @throws when it is not exactly one, or a part of it is missing. */
function keySource(values: Values, prefix: KeyName): KeySource {
  const ways = waysOf(prefix);
  const given = ways.filter((way) => values[way] !== undefined);
  if (given.length !== 1) throw new Error(`${given[0] ?? ways[0]}: set exactly one of ${ways.join(", ")}`);
  const key = values[`${prefix}_KEY`];
  if (key !== undefined) return { kind: "plain", variable: `${prefix}_KEY`, key };
  const file = values[`${prefix}_KEYSTORE`];
  if (file !== undefined) {
    const password = values[`${prefix}_PASSWORD`];
    if (password === undefined)
      throw new Error(`${prefix}_PASSWORD: set exactly one of ${prefix}_PASSWORD, ${prefix}_PASSWORD_FILE`);
    return { kind: "keystore", variable: `${prefix}_KEYSTORE`, file: resolve(file), password };
  }
  const owner = values[`${prefix}_ADDRESS`];
  if (owner === undefined) throw new Error(`${prefix}_ADDRESS: say which of the signer's keys is meant`);
  return { kind: "remote", variable: `${prefix}_URL`, url: values[`${prefix}_URL`]!, address: owner };
}

/** Undefined where this node pays for nobody. */
function relayOf(values: Values) {
  if (waysOf("RELAY").every((way) => values[way] === undefined)) return undefined;
  return {
    key: keySource(values, "RELAY"),
    budget: {
      most: BigInt(values.RELAY_MOST_GAS),
      daily: BigInt(values.RELAY_DAILY_GAS),
      dailyTotal: BigInt(values.RELAY_DAILY_TOTAL),
    },
  };
}

function webhookOf(url: string | undefined, secret: string | undefined) {
  if (url === undefined) return undefined;
  if (secret === undefined)
    throw new Error("ALERT_WEBHOOK_SECRET: is needed to sign what ALERT_WEBHOOK_URL is sent");
  return { url, secret };
}

/** @throws where windows go to the chain as roots: it takes one of each window */
function checkShard({ SHARD, SETTLEMENT_MODE }: Values): Shard {
  if (SHARD.count > 1 && SETTLEMENT_MODE === "roots")
    throw new Error("SHARD: must be 1/1 with SETTLEMENT_MODE=roots; the chain takes one root of each window");
  return SHARD;
}

export type Config = ReturnType<typeof readConfig>;

/** @throws an error that names the variable and what is allowed; never the value of a secret. */
export function readConfig(environment: Environment = process.env) {
  const values = readSettings(oracleSettings, environment);
  return {
    /** What no line of the log may show. */
    secrets: secretsOf(oracleSettings, values),
    rpcUrls: values.RPC_URL,
    rpcWsUrl: values.RPC_WS_URL,
    chainId: values.CHAIN_ID,
    mqtt: { url: values.MQTT_BROKER_URL, username: values.MQTT_USERNAME, password: values.MQTT_PASSWORD },
    host: values.HOST ?? (values.NODE_ENV === "production" ? undefined : "127.0.0.1"),
    port: values.PORT,
    publicUrl: values.PUBLIC_URL,
    settlementInterval: values.SETTLEMENT_INTERVAL,
    settlementLinger: values.SETTLEMENT_LINGER,
    roots:
      values.SETTLEMENT_MODE === "roots"
        ? { linger: values.ROOT_LINGER, every: values.ROOTS_SETTLED_EVERY }
        : undefined,
    shard: checkShard(values),
    dataDir: resolve(values.DATA_DIR),
    signer: keySource(values, "SIGNER"),
    submitter: keySource(values, "SUBMITTER"),
    relay: relayOf(values),
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
    /** As it was said; undefined where it was not. */
    nodeEnv: environment.NODE_ENV,
    logLevel: values.LOG_LEVEL,
  };
}

export type ChainSettings = ReturnType<typeof chainSettings>;

/**
 * What depends on the chain that was found.
 * @throws an error that names the variable that this chain does not allow.
 */
export function chainSettings(config: Config, chainId: number) {
  const development = isDevelopmentChain(chainId);
  if (config.chainId !== undefined && config.chainId !== chainId) {
    throw new Error(`CHAIN_ID: ${config.chainId} is expected, but RPC_URL serves chain ${chainId}`);
  }
  checkSaid({ NODE_ENV: config.nodeEnv }, chainId);
  const settlementInterval = config.settlementInterval ?? windowSeconds(chainId);
  if (config.roots && settlementInterval % ROOT_GRID !== 0)
    throw new Error(
      `SETTLEMENT_INTERVAL: ${settlementInterval} s; with SETTLEMENT_MODE=roots a multiple of ${ROOT_GRID}`,
    );
  return {
    development,
    settlementInterval,
    finality: config.finality ?? (development ? 1 : 30),
    pollInterval: config.pollInterval ?? (development ? 100 : 2_000),
    patience: config.patience ?? (development ? 3_000 : 25_000),
    takeover: config.takeoverAfter ?? (development ? 3_000 : 60_000),
    rootLinger: config.roots?.linger ?? (development ? 3_000 : 60_000),
    /** Without a new block for so many milliseconds something is wrong; a development chain may stand still. */
    longestPause: development ? Number.POSITIVE_INFINITY : 180_000,
  };
}
