/** The index's settings: from the environment, each checked, each with a default. */
import { parsePrice } from "@enerlink/protocol";
import { DEVELOPMENT_CHAINS, windowSeconds } from "@enerlink/protocol/chains";
import { networks } from "@enerlink/service/networks";
import {
  CHAIN_ID_IS,
  chainId,
  checkSaid,
  ENABLE_ENERGY_TRADING_IS,
  type Environment,
  flag,
  NODE_ENV,
  RPC_URL,
  readSettings as read,
  SETTLEMENT_INTERVAL,
  secret,
  secretsOf,
  TRUSTED_PROXIES,
  url,
  whole,
} from "@enerlink/service/settings";
import { z } from "zod";

/** Farther than this a search would have to look at tens of thousands of cells. */
const FARTHEST_KM = 200;

const distance = z
  .string()
  .regex(/^\d+(\.\d+)?$/, "must be a decimal number of km")
  .transform(Number)
  .refine((value) => value > 0 && value <= FARTHEST_KM, `must be above 0 and at most ${FARTHEST_KM} km`);
const tariff = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,3})?$/, "must be a decimal number of IDR/kWh with at most 3 decimals");
const postgres = url("postgres", "postgresql").optional();

export const indexSettings = z
  .object({
    RPC_URL,
    CHAIN_ID: chainId.default(DEVELOPMENT_CHAINS[0]!).describe(CHAIN_ID_IS),
    POLLING_INTERVAL: whole(100, 60_000)
      .default(750)
      .describe("Milliseconds between the index's looks at the chain."),
    SETTLEMENT_INTERVAL: SETTLEMENT_INTERVAL.optional(),
    DATABASE_URL: secret(
      postgres,
      "PostgreSQL of the index, by the role that writes; without it PGlite in DATABASE_DIR.",
    ),
    DATABASE_READER_URL: secret(
      postgres,
      "The same by a role that may only read: what the API asks with (docs/production.md).",
    ),
    DATABASE_DIR: z
      .string()
      .default(".ponder/pglite")
      .describe("Where PGlite keeps the index on a development machine."),
    ENABLE_ENERGY_TRADING: flag.default(true).describe(ENABLE_ENERGY_TRADING_IS),
    ENERGY_TRADING_MAX_DISTANCE: distance
      .default(50)
      .describe(`How far "nearby" reaches by default and at most, km, up to ${FARTHEST_KM}.`),
    GRID_TARIFF: tariff
      .default("1444.70")
      .transform(parsePrice)
      .describe(
        "The grid's price, decimal IDR/kWh: the ceiling of the suggested price. By default PLN's for households of 1,300 VA and more.",
      ),
    RATE_LIMIT: whole(1, 100_000)
      .default(100)
      .describe("Requests a second of one client; of an account whose key comes along four times as many."),
    KEYS_FROM: url("http", "https")
      .optional()
      .describe(
        "The oracle's node that is asked whose a program's key is; without it the index looks at no key.",
      ),
    TRUSTED_PROXIES,
    NODE_ENV,
  })
  .refine((settings) => settings.NODE_ENV !== "production" || settings.DATABASE_URL !== undefined, {
    path: ["DATABASE_URL"],
    message: "must name a PostgreSQL database when NODE_ENV is production: PGlite is for development only",
  });

/**
 * @returns secrets (what no line of the log may show), nodeEnv, rpcUrls, chainId, pollingInterval (ms), settlementInterval (s), databaseUrl or databaseDir (PGlite's),
 *   readerUrl (whose role the API reads with; databaseUrl's unless given), tradingEnabled (false: REST answers 503),
 *   maxDistanceKm (the widest search for offers), gridTariff (what the grid asks, milli-IDR per kWh; bounds the
 *   suggested price), requestsPerSecond (of one client), keysFrom (an oracle's node), trustedProxies (whose `X-Forwarded-For` is believed)
 * @throws an error that names the variable and what is allowed
 */
export function readSettings(environment: Environment = process.env) {
  const settings = read(indexSettings, environment);
  checkSaid(environment, settings.CHAIN_ID);
  return {
    secrets: secretsOf(indexSettings, settings),
    nodeEnv: settings.NODE_ENV,
    rpcUrls: settings.RPC_URL,
    chainId: settings.CHAIN_ID,
    pollingInterval: settings.POLLING_INTERVAL,
    settlementInterval: BigInt(settings.SETTLEMENT_INTERVAL ?? windowSeconds(settings.CHAIN_ID)),
    databaseUrl: settings.DATABASE_URL,
    readerUrl: settings.DATABASE_READER_URL,
    databaseDir: settings.DATABASE_DIR,
    tradingEnabled: settings.ENABLE_ENERGY_TRADING,
    maxDistanceKm: settings.ENERGY_TRADING_MAX_DISTANCE,
    gridTariff: settings.GRID_TARIFF,
    requestsPerSecond: settings.RATE_LIMIT,
    keysFrom: settings.KEYS_FROM,
    trustedProxies: networks(settings.TRUSTED_PROXIES),
  };
}
