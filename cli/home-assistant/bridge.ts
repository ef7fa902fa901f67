/** Shows a home to Home Assistant for as long as it runs: asks the index, and tells the broker of the house. */
import mqtt, { type MqttClient } from "mqtt";
import { UsageError } from "../options.ts";
import { discoveryOf, stateOf, topicsOf } from "./discovery.ts";
import { askHome, type Home } from "./home.ts";

export type Bridge = {
  serial: string;
  index: string;
  broker: string;
  username: string | undefined;
  password: string | undefined;
  prefix: string;
  seconds: number;
};

const retained = { qos: 1, retain: true } as const;

/** @throws UsageError when the broker is not there or does not let the user in. */
async function connect({ serial, broker, username, password, prefix }: Bridge): Promise<MqttClient> {
  const will = { topic: topicsOf(serial, prefix).availability, payload: Buffer.from("offline"), ...retained };
  // A session of its own: two homes at one broker would throw each other out.
  const clientId = `enerlink-home-${serial}`;
  const user = { ...(username && { username }), ...(password && { password }) };
  return mqtt.connectAsync(broker, { clientId, ...user, will }, false).catch((cause) => {
    throw new UsageError(`--broker ${broker}: ${cause.message || "no broker answers there"}`, { cause });
  });
}

/** Takes the home out of Home Assistant again. */
export async function withdraw(bridge: Bridge): Promise<void> {
  const client = await connect(bridge);
  for (const topic of Object.values(topicsOf(bridge.serial, bridge.prefix)))
    await client.publishAsync(topic, "", retained);
  await client.endAsync();
}

/**
 * Announces the home, then shows it every `seconds`. While the index does not answer, it is unavailable there.
 * @param say What people at the terminal should know
 * @returns how it is ended
 * @throws UsageError when broker, index or meter are not there at the start.
 */
export async function startBridge(bridge: Bridge, say: (text: string) => void) {
  const { serial, index, prefix, seconds } = bridge;
  const topics = topicsOf(serial, prefix);
  let home: Home | undefined = await askHome(index, serial);
  const client = await connect(bridge);
  let told = "";

  /** All of it, since a broker that was started anew may have lost what it kept. */
  async function tell(): Promise<void> {
    if (home) {
      await client.publishAsync(topics.discovery, JSON.stringify(discoveryOf(home, prefix)), retained);
      await client.publishAsync(topics.state, JSON.stringify(stateOf(home)), retained);
    }
    await client.publishAsync(topics.availability, home ? "online" : "offline", retained);
  }
  async function look(): Promise<void> {
    home = await askHome(index, serial).catch((error: Error) => {
      if (told !== error.message) say(`${error.message}; asked again every ${seconds} s`);
      told = error.message;
      return undefined;
    });
    if (home && told) say("the index answers again");
    if (home) told = "";
    if (client.connected) await tell();
  }
  const later = (work: () => Promise<void>) =>
    void work().catch((error: Error) => say(`the broker took nothing: ${error.message}`));

  client.on("error", (error) => say(`the broker: ${error.message}`));
  client.on("offline", () => say("the broker is away; tried again"));
  client.on("connect", () => later(tell));
  await tell();
  const timer = setInterval(() => later(look), seconds * 1_000);

  return async function stop(): Promise<void> {
    clearInterval(timer);
    if (client.connected) await client.publishAsync(topics.availability, "offline", retained);
    await client.endAsync(!client.connected);
  };
}
