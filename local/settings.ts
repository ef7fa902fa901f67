/** Settings of the local market: the environment, checked once. */
import { oracleSettings } from "@enerlink/oracle/settings";
import { flag, port, SETTLEMENT_INTERVAL, whole } from "@enerlink/service/settings";
import { z } from "zod";
import { appSettings } from "../app/settings.ts";
import { deploySettings } from "../contracts/parameters.ts";

const oracle = oracleSettings.shape;

export const localSettings = z.object({
  CHAIN_PORT: port.default(8545).describe("Port of the local chain."),
  MQTT_PORT: port.default(1883).describe("Port of the local broker."),
  ORACLE_PORT: port.default(3000).describe("Port of the first oracle node."),
  ORACLE_NODES: whole(1, 3)
    .default(3)
    .describe(
      "Oracle nodes of the local committee, each with keys and a store of its own; more than half of them have to sign.",
    ),
  ORACLE_PEER_PORT: whole(1, 65_534)
    .optional()
    .describe(
      "Port of the second oracle node, one less than that of the third; by default the one after ORACLE_PORT.",
    ),
  INDEXER_PORT: port.default(42069).describe("Port of the index."),
  APP_PORT: appSettings.shape.APP_PORT,
  SETTLEMENT_INTERVAL: SETTLEMENT_INTERVAL.default(60),
  SETTLEMENT_MODE: oracle.SETTLEMENT_MODE,
  MARKET_HOUR: whole(0, 23)
    .optional()
    .describe(
      "Hour of the recorded day at which the replay ends and life goes on: 13 has sun, 19 has evening's demand. By default Jakarta's hour now.",
    ),
  RESIDENTS_TRADE: flag
    .default(true)
    .describe("Whether the homes' own programs go on trading after the replayed days."),
  ENABLE_ENERGY_TRADING: deploySettings.shape.ENABLE_ENERGY_TRADING,
  MQTT_BROKER_URL: oracle.MQTT_BROKER_URL.unwrap().optional().describe(oracle.MQTT_BROKER_URL.description!),
  MQTT_USERNAME: oracle.MQTT_USERNAME,
  MQTT_PASSWORD: oracle.MQTT_PASSWORD,
});

export type Settings = z.infer<typeof localSettings>;

/** The oracle nodes' ports, that of the first at the head. */
export const oraclePorts = ({ ORACLE_PORT, ORACLE_PEER_PORT, ORACLE_NODES }: Settings): number[] =>
  Array.from({ length: ORACLE_NODES }, (_, node) =>
    node === 0 ? ORACLE_PORT : (ORACLE_PEER_PORT ?? ORACLE_PORT + 1) + node - 1,
  );

/** Seconds of a recorded hour. */
const HOUR = 3_600;

/** @throws where the settings do not go together */
export function checkSettings({ SETTLEMENT_MODE, SETTLEMENT_INTERVAL }: Settings): void {
  // Each hour is settled by proof a window after its end, before the next hour is played.
  if (SETTLEMENT_MODE === "roots" && (HOUR % SETTLEMENT_INTERVAL !== 0 || SETTLEMENT_INTERVAL === HOUR))
    throw new Error(
      `SETTLEMENT_INTERVAL: ${SETTLEMENT_INTERVAL} s; on the local market with SETTLEMENT_MODE=roots it must fit into an hour at least twice, and evenly: 60, 300 or 900, for example`,
    );
}

/** Seconds after a window's end at which what its root carries is settled; undefined where there are no roots. */
export const rootsSettledAfter = ({ SETTLEMENT_MODE, SETTLEMENT_INTERVAL }: Settings): number | undefined =>
  SETTLEMENT_MODE === "roots" ? SETTLEMENT_INTERVAL : undefined;

/** Which variable moves which part to another port. */
export const portSettings = {
  chain: "CHAIN_PORT",
  broker: "MQTT_PORT",
  oracle: "ORACLE_PORT",
  "oracle's peers": "ORACLE_PEER_PORT",
  indexer: "INDEXER_PORT",
  app: "APP_PORT",
} as const;
