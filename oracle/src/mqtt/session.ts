/** A process's session at the broker, opened before the process is there, so that nothing is missed until it is. */
import type { Shard } from "@enerlink/protocol/wire/shard";
import { isOf } from "@enerlink/protocol/wire/shard";
import { readDevices } from "../adapters/devices.ts";
import { network } from "../seams/network.ts";
import { NATIVE_TOPICS } from "./client.ts";

type Needs = {
  url: string;
  /** Names the session, as it will the process's. */
  username: string | undefined;
  password: string | undefined;
  bindings: string | undefined;
  shard: Shard;
};

/**
 * Resolves once the broker keeps what meters say for that user; nothing that comes in meanwhile is acknowledged.
 * @throws when no user is named, there is no way to the broker, or it does not let this user read them.
 */
export async function openSession({ url, username, password, bindings, shard }: Needs): Promise<void> {
  if (username === undefined) throw new Error("MQTT_USERNAME: name the user of the process that is to come");
  const devices = readDevices(bindings, (serial) => isOf(serial, shard));
  const client = network.broker(url, {
    clientId: username,
    username,
    clean: false,
    reconnectPeriod: 0,
    ...(password === undefined ? {} : { password }),
  });
  // With an error nothing is acknowledged, so that it stays the broker's; without `done` what comes behind it, as the answer
  // to the subscription, would never be read.
  client.handleMessage = (_packet, done) => done(new Error("kept for the process that is to come"));
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", reject);
      client.once("close", () => reject(new Error("it does not answer")));
    });
    const granted = await client.subscribeAsync([...NATIVE_TOPICS, ...devices.topics], { qos: 1 });
    if (granted.some(({ qos }) => qos !== 1)) throw new Error("it grants a lower quality of service than 1");
  } catch (error) {
    throw new Error(
      `MQTT_BROKER_URL, MQTT_USERNAME: no session for ${username}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  } finally {
    await client.endAsync(true).catch(() => {});
  }
}
