/** The brokers of tests: real ones, with the rules that are shipped, or without any. */
import { Aedes } from "aedes";
import { brokerPassword, listen, startBroker } from "../../local/broker.ts";
import { nodeRules, startMosquitto } from "../mosquitto/start.ts";

/**
 * `aedes` lets everybody in; `local` is the one of `pnpm start`; `mosquitto` runs with the settings and the access rules
 * that are shipped.
 */
export type BrokerKind = "aedes" | "local" | "mosquitto";

const SECRET = "a broker of tests";

/** How a user signs in where the broker asks for it. */
export const credentialsOf = (user: string) => ({ username: user, password: brokerPassword(SECRET, user) });

export type TestBroker = {
  kind: BrokerKind;
  port: number;
  /** Where a broker that keeps something keeps it. */
  folder: string;
  /** The oracle nodes' addresses by their users, and the users of the meters. */
  nodes: ReadonlyMap<string, string>;
  meters: readonly string[];
  /** Further lines of the first node's user in the access list. */
  oracleRules: readonly string[];
  /** Whether a message of the committee reaches the node at this address. Open brokers only. */
  reaches: (topic: string, clientId: string) => boolean;
};

/** Starts the broker. @returns how to end it, with everything that it kept in memory. */
export async function openBroker(options: TestBroker): Promise<() => Promise<unknown>> {
  const { kind, port, folder, nodes, meters, oracleRules, reaches } = options;
  if (kind === "local") return (await startBroker({ port, secret: SECRET, nodes })).stop;
  if (kind === "mosquitto") {
    const users = [...nodes.keys(), "tester", ...meters];
    const passwords = users.map((user) => [user, brokerPassword(SECRET, user)]);
    const { stop } = await startMosquitto({
      port,
      folder,
      users: Object.fromEntries(passwords),
      rules: [
        ...[...nodes].flatMap(([user, address]) => nodeRules(user, address)),
        ...["user oracle", ...oracleRules],
        ...["user tester", "topic readwrite #"],
      ],
    });
    return () => stop();
  }
  const broker = await Aedes.createBroker();
  broker.authorizeForward = (client, packet) => (reaches(packet.topic, client.id) ? packet : null);
  return listen(broker, port);
}
