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

const nativeTopics = kinds.map((kind) => `${TOPIC_PREFIX}/+/${kind}`);

/** Whose message a topic carries, and of what kind, if it is one of the meters' own. */
export function nativeTopic(topic: string): { serial: string; kind: MessageKind } | undefined {
  const [first, second, serial, last, ...more] = topic.split("/");
  const kind = kinds.find((candidate) => candidate === last);
  if (`${first}/${second}` !== TOPIC_PREFIX || !serial || !kind || more.length > 0) return undefined;
  return { serial, kind };
}

/** `retained`: the broker kept it from before the subscription, who knows how long. */
export type Message = { topic: string; payload: Buffer; retained: boolean };

export type Broker = Awaited<ReturnType<typeof connectBroker>>;

/** Connects with a fixed session, so that nothing is missed while away. Resolves when subscribed. */
export async function connectBroker({
  url,
  username,
  password,
  clientId,
  foreignTopics,
  handle,
  failed,
  metrics,
  log,
}: {
  url: string;
  username: string | undefined;
  password: string | undefined;
  clientId: string;
  /** Of devices that do not sign, read beside the meters' own. */
  foreignTopics: readonly string[];
  /** Throws only when the store fails. */
  handle: (message: Message) => void;
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

  client.handleMessage = ({ topic, payload, retain }, done) => {
    if (broken) return; // No acknowledgement after the store has failed.
    try {
      handle({ topic, payload: Buffer.from(payload), retained: retain });
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
  const topics = [...nativeTopics, ...foreignTopics];
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
