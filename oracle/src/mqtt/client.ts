/**
 * The oracle's connection to the broker. A message is acknowledged only after `handle` has returned, that is after what
 * it brought is on disk; a broker that gets no acknowledgement sends it again.
 */
import mqtt from "mqtt";
import { type Log, messageOf } from "../log.ts";
import type { Metrics } from "../metrics.ts";

export const TOPIC_PREFIX = "enerlink/v1";
const kinds = ["reading", "telemetry", "status", "ack"] as const;
export type MessageKind = (typeof kinds)[number];

/** A message of a meter's; `handle` throws only when the store fails. */
export type Handle = (message: { topic: string; serial: string; kind: MessageKind; payload: Buffer }) => void;

export type Broker = Awaited<ReturnType<typeof connectBroker>>;

/** Connects with a fixed session, so that nothing is missed while away. Resolves when subscribed. */
export async function connectBroker({
  url,
  username,
  password,
  clientId,
  handle,
  failed,
  metrics,
  log,
}: {
  url: string;
  username: string | undefined;
  password: string | undefined;
  clientId: string;
  handle: Handle;
  /** The store failed: the message was not acknowledged, and the process must not go on. */
  failed: (error: unknown) => void;
  metrics: Metrics;
  log: Log;
}) {
  const client = mqtt.connect(url, {
    clientId,
    clean: false,
    resubscribe: true,
    reconnectPeriod: 1_000,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
  let broken = false;

  client.handleMessage = ({ topic, payload }, done) => {
    if (broken) return; // No acknowledgement after the store has failed.
    const [, , serial, kind] = topic.split("/");
    const known = kinds.find((candidate) => candidate === kind);
    try {
      if (known && serial !== undefined)
        handle({ topic, serial, kind: known, payload: Buffer.from(payload) });
    } catch (error) {
      broken = true;
      failed(error);
      return;
    }
    done();
  };
  client.on("connect", () => {
    metrics.brokerConnected.set(1);
    log.info("connected to the broker");
  });
  client.on("close", () => metrics.brokerConnected.set(0));
  let lastError = "";
  client.on("error", (error) => {
    if (error.message !== lastError) log.error(`the broker: ${error.message || error.name}`);
    lastError = error.message;
  });
  const topics = kinds.map((kind) => `${TOPIC_PREFIX}/+/${kind}`);
  try {
    const granted = await client.subscribeAsync(topics, { qos: 1 });
    if (granted.some(({ qos }) => qos !== 1)) throw new Error("it grants a lower quality of service than 1");
  } catch (error) {
    client.end(true);
    throw new Error(
      `MQTT_USERNAME: the broker does not let this user read ${topics.join(", ")} (${messageOf(error)})`,
    );
  }
  return {
    connected: () => client.connected,
    publish: (topic: string, text: string) => client.publishAsync(topic, text, { qos: 1 }),
    stop: () => client.endAsync(),
  };
}
