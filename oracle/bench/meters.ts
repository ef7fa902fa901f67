/** Many meters: each its own key and its own connection to the broker, speaking MQTT 3.1.1 at QoS 1. */

import type { KeyObject } from "node:crypto";
import { connect, type Socket } from "node:net";
import { type ReadingDomain, readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { meterTopic } from "@enerlink/protocol/wire/topics";
import { generate } from "mqtt-packet";
import { deviceKey } from "../simulator/device-key.ts";

export const SEED = "a benchmark";
export const serialOfMeter = (index: number) => `meter-${index}`;
/** At once, so that the broker's queue of new connections is long enough. */
const CONNECTING = 100;

type Meter = { serial: string; key: KeyObject; socket: Socket; messageId: number };

export type Meters = Awaited<ReturnType<typeof connectMeters>>;

export async function connectMeters({
  count,
  port,
  password,
  domain,
}: {
  count: number;
  port: number;
  password: string;
  domain: ReadingDomain;
}) {
  const all: Meter[] = [];

  function open(serial: string): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.setNoDelay(true).once("error", reject);
      socket.once("data", (data) =>
        data[0] === 0x20 && data[3] === 0 ? resolve(socket) : reject(new Error(`${serial} was refused`)),
      );
      // Acknowledgements of its readings are of no further interest.
      socket.on("data", () => {});
      const packet = {
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clean: true,
        keepalive: 0,
      } as const;
      socket.write(
        generate({ ...packet, clientId: serial, username: serial, password: Buffer.from(password) }),
      );
    });
  }

  for (let first = 0; first < count; first += CONNECTING) {
    const serials = Array.from({ length: Math.min(CONNECTING, count - first) }, (_, i) =>
      serialOfMeter(first + i),
    );
    const sockets = await Promise.all(serials.map(open));
    for (const [index, serial] of serials.entries()) {
      const key = deviceKey(SEED, serial).privateKey;
      all.push({ serial, key, socket: sockets[index]!, messageId: 0 });
    }
  }

  /**
   * Signs the next reading of meter `index`, stamped `timestamp` (unix seconds); when `forged`, another than it says.
   * @returns how to publish it.
   */
  function prepare(
    index: number,
    timestamp: number,
    forged = false,
  ): { payload: Buffer; publish: () => void } {
    const meter = all[index]!;
    meter.messageId = (meter.messageId % 65_535) + 1;
    const { serial, messageId, socket } = meter;
    const values = { serial, epoch: 1, sequence: BigInt(timestamp), timestamp, storedWh: 0n };
    // 3.6 kW out and half as much in, ever since.
    const exportWh = BigInt(timestamp);
    const registers = { ...values, exportWh, importWh: exportWh / 2n };
    const signed = signReading(domain, registers, meter.key);
    const said = forged ? { ...signed, exportWh: exportWh + 1n } : signed;
    const payload = Buffer.from(JSON.stringify(readingJson(said)));
    const topic = meterTopic(serial, "reading");
    const packet = generate({ cmd: "publish", topic, payload, qos: 1, messageId, dup: false, retain: false });
    return { payload, publish: () => void socket.write(packet) };
  }

  return {
    prepare,
    stop: () => {
      for (const { socket } of all) socket.destroy();
    },
  };
}
