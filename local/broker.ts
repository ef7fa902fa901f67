/**
 * The development broker: aedes with one user per meter and per oracle node. A meter publishes and subscribes below its own
 * serial only; an oracle node reads everything, sends commands, and talks to its peers below its own address. A user has
 * one session, whatever client id it asks for. What a user may not write is dropped and told of, and the connection stays,
 * as at Mosquitto: devices announce themselves on topics of their own. Memory only: a real deployment runs Mosquitto or
 * EMQX with the same rules.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { meterTopic, TOPIC_PREFIX } from "@enerlink/protocol/wire/topics";
import { Aedes } from "aedes";

const FROM_METER = new Set(["reading", "telemetry", "status", "ack"]);

/** Oracle nodes: the address of each one's signing key by its user. */
export type Nodes = ReadonlyMap<string, string>;

/** The user of the oracle node `index`, from 0; the first has the name of the only one. */
export const oracleUser = (index: number, first = "oracle") =>
  index === 0 ? first : `${first}-${index + 1}`;

/** The password of `user`, derived from the run's secret, so that no list of passwords is kept. */
export function brokerPassword(secret: string, user: string): string {
  return createHmac("sha256", secret).update(user).digest("base64url");
}

/** Whether `user` has a device that does not sign at `topic`: below its own name, as such devices arrange their topics. */
const isOwnForeign = (user: string, topic: string) => {
  const [first, second] = topic.split("/");
  return !/^(enerlink$|[$+#])/.test(first!) && user !== "" && (first === user || second === user);
};

/** What an oracle node asks devices for: births of Sparkplug's edge nodes, and Venus OS to go on. */
const isRequest = (topic: string) =>
  /^spBv1\.0\/[^/]+\/NCMD\/[^/]+$|(?:^|\/)R\/[^/]+\/keepalive$/.test(topic);

export function mayPublish(nodes: Nodes, user: string, topic: string): boolean {
  const [a, b, serial, kind, ...rest] = topic.split("/");
  const native = `${a}/${b}` === TOPIC_PREFIX;
  const node = nodes.get(user);
  if (!native) return node === undefined ? isOwnForeign(user, topic) : isRequest(topic);
  if (rest.length > (serial === "$committee" ? 2 : 0)) return false;
  if (node !== undefined)
    return serial === "$committee" ? kind === node.toLowerCase() && rest.length > 0 : kind === "command";
  return serial === user && FROM_METER.has(kind ?? "");
}

export function maySubscribe(nodes: Nodes, user: string, filter: string): boolean {
  if (nodes.has(user)) return !filter.startsWith("$");
  return filter === meterTopic(user, "command") || isOwnForeign(user, filter);
}

/** Nobody reads it: a filter with a wildcard at its beginning does not reach it, and nobody may name it. */
const NOWHERE = "$dropped";
/** So many topics are told of: somebody who makes up more of them has been told. */
const MOST_TOLD = 100;

type Options = {
  port: number;
  secret: string;
  nodes: Nodes;
  /** Told once of each topic on which a user wrote what it may not. */
  dropped?: (user: string, topic: string) => void;
};

/**
 * Listens on `port` of this machine. Whoever has the password that `secret` gives a user may connect as that user;
 * `nodes` are oracle nodes, everybody else is a meter.
 */
export async function startBroker({ port, secret, nodes, dropped = () => {} }: Options) {
  const told = new Set<string>();
  function drop(user: string, packet: { topic: string; payload: string | Buffer; retain: boolean }): void {
    const what = `${user} ${packet.topic}`;
    if (!told.has(what) && told.size < MOST_TOLD) {
      told.add(what);
      dropped(user, packet.topic);
    }
    Object.assign(packet, { topic: NOWHERE, payload: Buffer.alloc(0), retain: false });
  }
  const aedes = await Aedes.createBroker({
    // Whoever names a session takes it over: its user does, with the password.
    preConnect: (_client, packet, done) => {
      packet.clientId = packet.username ?? "";
      done(null, true);
    },
    authenticate: (_client, user, password, done) => {
      const expected = Buffer.from(brokerPassword(secret, user ?? ""));
      const given = Buffer.from(password ?? "");
      done(null, !!user && given.length === expected.length && timingSafeEqual(given, expected));
    },
    authorizePublish: (client, packet, done) => {
      if (client === null || !mayPublish(nodes, client.id, packet.topic)) drop(client?.id ?? "", packet);
      done(null);
    },
    authorizeSubscribe: (client, subscription, done) => {
      // A null subscription is refused in the SUBACK and leaves the connection open.
      done(null, maySubscribe(nodes, client?.id ?? "", subscription.topic) ? subscription : null);
    },
  });
  return { stop: await listen(aedes, port) };
}

/**
 * Has a broker listen on `port` of this machine.
 * @returns how to end it: nobody is let in meanwhile, and who has only just come is not waited for
 */
export async function listen(aedes: Aedes, port: number): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await new Promise<void>((resolve) => aedes.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}
