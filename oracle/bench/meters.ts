/**
 * Many meters, each with its own key, speaking MQTT 3.1.1 at QoS 1: over a connection of its own, or, where they are more
 * than a machine has connections, over those of gateways that speak for any of them, as a utility's head-end does.
 */

import type { KeyObject } from "node:crypto";
import { connect, type Socket } from "node:net";
import { type ReadingDomain, readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { meterTopic } from "@enerlink/protocol/wire/topics";
import { generate } from "mqtt-packet";
import { deviceKey } from "../simulator/device-key.ts";

export const SEED = "a benchmark";
export const serialOfMeter = (index: number) => `meter-${index}`;
export const gatewayOf = (index: number) => `gateway-${index}`;
/** What meter `index` shows at `timestamp` (unix seconds), Wh: 3.6, 7.2 or 10.8 kW out and half as much in, ever since. */
export function registersAt(index: number, timestamp: number): { exportWh: bigint; importWh: bigint } {
  const exportWh = BigInt(timestamp) * BigInt(1 + (index % 3));
  return { exportWh, importWh: exportWh / 2n };
}
/** At once, so that the broker's queue of new connections is long enough. */
const CONNECTING = 100;

type Connection = { socket: Socket; messageId: number };
type Meter = { serial: string; key: KeyObject; connection: Connection };

export type Meters = Awaited<ReturnType<typeof connectMeters>>;

export async function connectMeters({
  count,
  gateways = 0,
  port,
  password,
  domain,
}: {
  count: number;
  /** How many connections speak for all of them; 0 where each has its own. */
  gateways?: number;
  port: number;
  password: string;
  domain: ReadingDomain;
}) {
  const connections: Connection[] = [];

  function open(user: string): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.setNoDelay(true).once("error", reject);
      socket.once("data", (data) =>
        data[0] === 0x20 && data[3] === 0 ? resolve(socket) : reject(new Error(`${user} was refused`)),
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
      socket.write(generate({ ...packet, clientId: user, username: user, password: Buffer.from(password) }));
    });
  }

  const users = Array.from({ length: gateways || count }, (_, index) =>
    gateways > 0 ? gatewayOf(index) : serialOfMeter(index),
  );
  for (let first = 0; first < users.length; first += CONNECTING) {
    const sockets = await Promise.all(users.slice(first, first + CONNECTING).map(open));
    connections.push(...sockets.map((socket) => ({ socket, messageId: 0 })));
  }
  const all: Meter[] = Array.from({ length: count }, (_, index) => {
    const serial = serialOfMeter(index);
    const key = deviceKey(SEED, serial).privateKey;
    return { serial, key, connection: connections[index % connections.length]! };
  });

  /**
   * Signs the next reading of meter `index`, stamped `timestamp` (unix seconds); when `forged`, another than it says.
   * @returns how to publish it.
   */
  function prepare(
    index: number,
    timestamp: number,
    forged = false,
  ): { payload: Buffer; publish: () => void } {
    const { serial, key, connection } = all[index]!;
    connection.messageId = (connection.messageId % 65_535) + 1;
    const { messageId, socket } = connection;
    const values = { serial, epoch: 1, sequence: BigInt(timestamp), timestamp, storedWh: 0n };
    const registers = { ...values, ...registersAt(index, timestamp) };
    const signed = signReading(domain, registers, key);
    const said = forged ? { ...signed, exportWh: signed.exportWh + 1n } : signed;
    const payload = Buffer.from(JSON.stringify(readingJson(said)));
    const topic = meterTopic(serial, "reading");
    const packet = generate({ cmd: "publish", topic, payload, qos: 1, messageId, dup: false, retain: false });
    return { payload, publish: () => void socket.write(packet) };
  }

  return {
    prepare,
    stop: () => {
      for (const { socket } of connections) socket.destroy();
    },
  };
}
