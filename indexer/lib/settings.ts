/** The index's settings: from the environment, each checked, each with a default. */
import { networks } from "@enerlink/edge";
import { parsePrice } from "@enerlink/protocol";
import { z } from "zod";

/** Chains that live in a developer's machine: their history may start anew under the same block numbers. */
export const DEVELOPMENT_CHAINS = [31337, 31338];

/** Farther than this a search would have to look at tens of thousands of cells. */
const FARTHEST_KM = 200;

// An empty variable counts as unset, as in `.env` files that list every name.
const unset = (value: unknown) => (value === "" ? undefined : value);
const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, "must be a whole number")
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be ${least} to ${most}`);

const settingsSchema = z
  .object({
    NODE_ENV: z.preprocess(unset, z.enum(["development", "test", "production"]).default("development")),
    RPC_URL: z.preprocess(unset, z.url({ protocol: /^(https?|wss?)$/ }).default("http://127.0.0.1:8545")),
    CHAIN_ID: z.preprocess(unset, whole(1, Number.MAX_SAFE_INTEGER).default(DEVELOPMENT_CHAINS[0]!)),
    POLLING_INTERVAL: z.preprocess(unset, whole(100, 60_000).default(750)),
    SETTLEMENT_INTERVAL: z.preprocess(unset, whole(60, 86_400).optional()),
    DATABASE_URL: z.preprocess(unset, z.url({ protocol: /^postgres(ql)?$/ }).optional()),
    DATABASE_READER_URL: z.preprocess(unset, z.url({ protocol: /^postgres(ql)?$/ }).optional()),
    DATABASE_DIR: z.preprocess(unset, z.string().default(".ponder/pglite")),
    ENABLE_ENERGY_TRADING: z.preprocess(
      unset,
      z
        .enum(["true", "false"])
        .default("true")
        .transform((text) => text === "true"),
    ),
    ENERGY_TRADING_MAX_DISTANCE: z.preprocess(
      unset,
      z
        .string()
        .regex(/^\d+(\.\d+)?$/, "must be a decimal number of km")
        .transform(Number)
        .refine((value) => value > 0 && value <= FARTHEST_KM, `must be above 0 and at most ${FARTHEST_KM} km`)
        .default(50),
    ),
    GRID_TARIFF: z.preprocess(
      unset,
      z
        .string()
        .regex(/^\d{1,9}(\.\d{1,3})?$/, "must be a decimal number of IDR/kWh with at most 3 decimals")
        // PLN's for households of 1,300 VA and more.
        .default("1444.70")
        .transform(parsePrice),
    ),
    RATE_LIMIT: z.preprocess(unset, whole(1, 100_000).default(100)),
    TRUSTED_PROXIES: z.preprocess(
      unset,
      z
        .string()
        .default("")
        .transform((text, context) => {
          try {
            return networks(text.split(",").filter((entry) => entry !== ""));
          } catch (error) {
            context.addIssue({ code: "custom", message: (error as RangeError).message });
            return z.NEVER;
          }
        }),
    ),
  })
  .refine((settings) => settings.NODE_ENV !== "production" || settings.DATABASE_URL !== undefined, {
    path: ["DATABASE_URL"],
    message: "must name a PostgreSQL database when NODE_ENV is production: PGlite is for development only",
  });

/**
 * @returns nodeEnv, rpcUrl, chainId, pollingInterval (ms), settlementInterval (s), databaseUrl or databaseDir (PGlite's),
 *   readerUrl (whose role the API reads with; databaseUrl's unless given), tradingEnabled (false: REST answers 503),
 *   maxDistanceKm (the widest search for offers), gridTariff (what the grid asks, milli-IDR per kWh; bounds the
 *   suggested price), requestsPerSecond (of one client), trustedProxies (whose `X-Forwarded-For` is believed)
 * @throws an error that names the variable and what is allowed
 */
export function readSettings(environment: Record<string, string | undefined> = process.env) {
  const parsed = settingsSchema.safeParse(environment);
  if (!parsed.success) {
    throw new Error(
      parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "),
    );
  }
  const settings = parsed.data;
  return {
    nodeEnv: settings.NODE_ENV,
    rpcUrl: settings.RPC_URL,
    chainId: settings.CHAIN_ID,
    pollingInterval: settings.POLLING_INTERVAL,
    settlementInterval: BigInt(
      settings.SETTLEMENT_INTERVAL ?? (DEVELOPMENT_CHAINS.includes(settings.CHAIN_ID) ? 900 : 86_400),
    ),
    databaseUrl: settings.DATABASE_URL,
    readerUrl: settings.DATABASE_READER_URL,
    databaseDir: settings.DATABASE_DIR,
    tradingEnabled: settings.ENABLE_ENERGY_TRADING,
    maxDistanceKm: settings.ENERGY_TRADING_MAX_DISTANCE,
    gridTariff: settings.GRID_TARIFF,
    requestsPerSecond: settings.RATE_LIMIT,
    trustedProxies: settings.TRUSTED_PROXIES,
  };
}
