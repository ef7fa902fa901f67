import { once } from "node:events";
import { connect as connectTo } from "node:net";
import mqtt from "mqtt";
import { expect, test } from "vitest";
import { freePorts } from "../test/ports.ts";
import { brokerPassword, startBroker } from "./broker.ts";

test("a client that speaks MQTT 5 is told that the local broker does not; the same one comes in with 3.1.1", async () => {
  const port = await freePorts(1);
  const secret = "of a test";
  const broker = await startBroker({ port, secret, nodes: new Map() });
  const connect = (protocolVersion: 4 | 5) =>
    mqtt.connectAsync(
      `mqtt://127.0.0.1:${port}`,
      { protocolVersion, username: "plug", password: brokerPassword(secret, "plug"), reconnectPeriod: 0 },
      false,
    );
  try {
    await expect(connect(5)).rejects.toThrow("Connection refused: Unacceptable protocol version");
    const client = await connect(4);
    await client.publishAsync("tele/plug/SENSOR", "{}", { qos: 1 });
    await client.endAsync();
  } finally {
    await broker.stop();
  }
});

test("ends though somebody has only just come, and has not said who", async () => {
  const port = await freePorts(1);
  const broker = await startBroker({ port, secret: "of a test", nodes: new Map() });
  const newcomer = connectTo(port, "127.0.0.1");
  await once(newcomer, "connect");
  await Promise.all([once(newcomer, "close"), broker.stop()]);
});
