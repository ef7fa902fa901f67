/** A simulated meter's connection to the broker, and what it says of itself there. */
import { meterTopic } from "@enerlink/protocol/wire/topics";
import mqtt from "mqtt";
import { deviceKey } from "./device-key.ts";
import { makeGate } from "./gate.ts";
import type { Commanders, Meter } from "./obedience.ts";

export function makeConnect({
  brokerUrl,
  credentials,
  seed,
  commanders,
  status,
  obey,
}: {
  brokerUrl: string;
  /** How each meter signs in at the broker; none where the broker is open. */
  credentials: ((serial: string) => { username: string; password: string }) | undefined;
  seed: string;
  /** Whom each meter obeys to begin with. */
  commanders: Commanders;
  /** What a meter says of itself. */
  status: (state: "online" | "offline") => string;
  /** Told of what is commanded. */
  obey: (meter: Meter, payload: Buffer) => Promise<void>;
}) {
  /** Resolves when the meter is online; rejects when it is refused. */
  return async function connect(serial: string): Promise<Meter> {
    const client = mqtt.connect(brokerUrl, {
      clientId: serial,
      clean: false,
      ...credentials?.(serial),
      will: {
        topic: meterTopic(serial, "status"),
        payload: Buffer.from(status("offline")),
        qos: 1,
        retain: true,
      },
    });
    const meter: Meter = {
      serial,
      key: deviceKey(seed, serial),
      client,
      epoch: 1,
      gate: makeGate(),
      readingSeconds: undefined,
      commanders,
      lastNonces: new Map(),
      answers: new Map(),
    };
    client.on("message", (_topic, payload) => void obey(meter, payload));
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error) => {
        client.end(true);
        reject(new Error(`meter ${serial} cannot connect to ${brokerUrl}: ${error.message}`));
      };
      client.once("error", refuse);
      client.once("connect", () => {
        // Once it was let in, a broker that is away for a while is no reason to give up.
        client.off("error", refuse);
        resolve();
      });
    });
    // MQTT.js reconnects by itself and says why it had to; the meter's status tells the rest.
    client.on("error", () => {});
    client.on("connect", () =>
      client.publish(meterTopic(serial, "status"), status("online"), { qos: 1, retain: true }),
    );
    await client.subscribeAsync(meterTopic(serial, "command"), { qos: 1 });
    await client.publishAsync(meterTopic(serial, "status"), status("online"), { qos: 1, retain: true });
    return meter;
  };
}
