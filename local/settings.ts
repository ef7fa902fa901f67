/** Settings of the local market: the environment, checked once. */
import { z } from "zod";

const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);

const schema = z.object({
  CHAIN_PORT: port(8545),
  MQTT_PORT: port(1883),
  ORACLE_PORT: port(3000),
  /** Oracle nodes, each with keys and a store of its own; more than half of them have to sign. */
  ORACLE_NODES: z.coerce.number().int().min(1).max(3).default(3),
  /** Port of the second node, one less than that of the third; by default the one after ORACLE_PORT. */
  ORACLE_PEER_PORT: z.coerce.number().int().min(1).max(65_534).optional(),
  INDEXER_PORT: port(42069),
  APP_PORT: port(5173),
  SETTLEMENT_INTERVAL: z.coerce.number().int().min(60).max(86_400).default(60),
  /** Hour of the recorded day, 0 to 23, at which the replay ends and life goes on; by default Jakarta's hour now. */
  MARKET_HOUR: z.coerce.number().int().min(0).max(23).optional(),
  /** Whether the homes' own programs go on trading after the replayed days. */
  RESIDENTS_TRADE: z
    .enum(["true", "false"])
    .default("true")
    .transform((text) => text === "true"),
  MQTT_BROKER_URL: z.url({ protocol: /^(mqtts?|wss?)$/ }).optional(),
});

export type Settings = z.infer<typeof schema>;

/** The oracle nodes' ports, that of the first at the head. */
export const oraclePorts = ({ ORACLE_PORT, ORACLE_PEER_PORT, ORACLE_NODES }: Settings): number[] =>
  Array.from({ length: ORACLE_NODES }, (_, node) =>
    node === 0 ? ORACLE_PORT : (ORACLE_PEER_PORT ?? ORACLE_PORT + 1) + node - 1,
  );

/** Which variable moves which part to another port. */
export const portSettings = {
  chain: "CHAIN_PORT",
  broker: "MQTT_PORT",
  oracle: "ORACLE_PORT",
  "oracle's peers": "ORACLE_PEER_PORT",
  indexer: "INDEXER_PORT",
  app: "APP_PORT",
} as const;

/** @throws an error that names the variable, and what is allowed. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new Error(`${issue.path.join(".")} is "${given[String(issue.path[0])]}": ${issue.message}`);
}
