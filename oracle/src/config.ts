/** Settings of the oracle: the environment, checked once and completely before anything starts. */
import { resolve } from "node:path";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import { logLevels } from "./log.ts";

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

const isKey = (text: string) => isHex(text) && text.length === 66;
const secretKey = z.custom<Hex>((text) => isKey(String(text)), {
  error: "must be 0x and 64 hexadecimal digits",
});

const schema = z.object({
  RPC_URL: url("http", "https").default("http://127.0.0.1:8545"),
  /** Refuse any other chain. */
  CHAIN_ID: whole(1, Number.MAX_SAFE_INTEGER).optional(),
  MQTT_BROKER_URL: url("mqtt", "mqtts", "ws", "wss").default("mqtt://127.0.0.1:1883"),
  MQTT_USERNAME: z.string().optional(),
  MQTT_PASSWORD: z.string().optional(),
  PORT: whole(0, 65_535).default(3_000),
  /** Seconds of a settlement window. */
  SETTLEMENT_INTERVAL: whole(60, 86_400).default(900),
  /** Milliseconds that a closed window waits for others to share its transaction. */
  SETTLEMENT_LINGER: whole(0, 10_000).default(50),
  DATA_DIR: z.string().default(".local/oracle"),
  /** This node's committee key; several, comma-separated, only on a development chain. */
  SIGNER_KEYS: z
    .string({ error: "must be a committee member's private key (0x and 64 hexadecimal digits)" })
    .transform((text) => text.split(",").map((key) => key.trim()))
    .pipe(z.array(secretKey).min(1)),
  /** Pays the gas; development chains only. */
  PRIVATE_KEY: z
    .string({ error: "must be 0x and 64 hexadecimal digits: the account that pays the gas" })
    .pipe(secretKey),
  /** Blocks on top of a transaction's block until it counts as final. */
  FINALITY_BLOCKS: whole(0, 100_000).optional(),
  /** Milliseconds between two looks at the chain's head. */
  POLL_INTERVAL: whole(20, 60_000).optional(),
  /** Seconds between two signs of life that a device is expected to send. */
  HEARTBEAT_INTERVAL: whole(5, 86_400).default(30),
  /** File that says which topics of devices that do not sign speak for which meter. */
  METER_BINDINGS: z.string().optional(),
  FRONTEND_URL: z
    .string()
    .default("http://localhost:5173")
    .transform((text) => text.split(",").map((origin) => origin.trim().replace(/\/$/, "")))
    .pipe(z.array(url("http", "https")).min(1)),
  NODE_ENV: z.enum(["development", "production", "test"]).default("development"),
  LOG_LEVEL: z.enum(logLevels).default("info"),
});

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
  return {
    rpcUrl: values.RPC_URL,
    chainId: values.CHAIN_ID,
    mqtt: { url: values.MQTT_BROKER_URL, username: values.MQTT_USERNAME, password: values.MQTT_PASSWORD },
    port: values.PORT,
    settlementInterval: values.SETTLEMENT_INTERVAL,
    settlementLinger: values.SETTLEMENT_LINGER,
    dataDir: resolve(values.DATA_DIR),
    signerKeys: values.SIGNER_KEYS,
    privateKey: values.PRIVATE_KEY,
    finalityBlocks: values.FINALITY_BLOCKS,
    pollInterval: values.POLL_INTERVAL,
    heartbeatInterval: values.HEARTBEAT_INTERVAL,
    meterBindings: values.METER_BINDINGS,
    frontendUrls: values.FRONTEND_URL,
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
  if (!development)
    throw new Error(
      `PRIVATE_KEY: a plain key is allowed on development chains only, not on chain ${chainId}`,
    );
  return {
    development,
    finalityBlocks: config.finalityBlocks ?? (development ? 1 : 30),
    pollInterval: config.pollInterval ?? (development ? 100 : 2_000),
  };
}
