/**
 * The development broker: aedes with one user per meter. A meter publishes and subscribes below its own serial only;
 * the oracle reads every meter and sends commands; oracle peers talk below `$committee`, closed to meters.
 * Memory only: a real deployment runs Mosquitto or EMQX with the same rules.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:net";
import { Aedes } from "aedes";

const PREFIX = "enerlink/v1";
const FROM_METER = new Set(["reading", "telemetry", "status", "ack"]);
export const ORACLE_USER = "oracle";

/** The password of `user`, derived from the run's secret, so that no list of passwords is kept. */
export function brokerPassword(secret: string, user: string): string {
  return createHmac("sha256", secret).update(user).digest("base64url");
}

export function mayPublish(user: string, topic: string): boolean {
  const [a, b, serial, kind, ...rest] = topic.split("/");
  if (`${a}/${b}` !== PREFIX) return false;
  if (user === ORACLE_USER) return serial === "$committee" || (kind === "command" && rest.length === 0);
  return serial === user && FROM_METER.has(kind ?? "") && rest.length === 0;
}

export function maySubscribe(user: string, filter: string): boolean {
  if (user === ORACLE_USER) return filter.startsWith(`${PREFIX}/`);
  return filter === `${PREFIX}/${user}/command`;
}

/** Listens on `port` of this machine. Whoever has the password that `secret` gives a user may connect as that user. */
export async function startBroker({ port, secret }: { port: number; secret: string }) {
  const names = new Map<string, string>();
  const aedes = await Aedes.createBroker({
    authenticate: (client, user, password, done) => {
      const expected = Buffer.from(brokerPassword(secret, user ?? ""));
      const given = Buffer.from(password ?? "");
      const welcome =
        user !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
      if (welcome) names.set(client.id, user);
      done(null, welcome);
    },
    authorizePublish: (client, packet, done) => {
      const allowed = client !== null && mayPublish(names.get(client.id) ?? "", packet.topic);
      done(allowed ? null : new Error(`publishing to ${packet.topic} is not allowed`));
    },
    authorizeSubscribe: (client, subscription, done) => {
      // A null subscription is refused in the SUBACK and leaves the connection open.
      done(null, maySubscribe(names.get(client.id) ?? "", subscription.topic) ? subscription : null);
    },
  });
  const server = createServer(aedes.handle);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });

  async function stop(): Promise<void> {
    await new Promise<void>((resolve) => aedes.close(resolve));
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  return { stop };
}
