/** Topics at the broker: a meter's own are `enerlink/v1/{serial}/{kind}`, the committee's stand beside them. */

export const TOPIC_PREFIX = "enerlink/v1";

/** What a meter publishes. */
export const meterKinds = ["reading", "telemetry", "status", "ack"] as const;
export type MessageKind = (typeof meterKinds)[number];

/** @param kind what the meter publishes, or `command`, which it hears */
export const meterTopic = (serial: string, kind: MessageKind | "command") =>
  `${TOPIC_PREFIX}/${serial}/${kind}`;

/** Whose message a topic carries, and of what kind, if it is one of the meters' own. */
export function readMeterTopic(topic: string): { serial: string; kind: MessageKind } | undefined {
  const [first, second, serial, last, ...more] = topic.split("/");
  const kind = meterKinds.find((candidate) => candidate === last);
  if (`${first}/${second}` !== TOPIC_PREFIX || !serial || !kind || more.length > 0) return undefined;
  return { serial, kind };
}
