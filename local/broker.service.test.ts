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

test("what a user may not write is dropped and told of once, and what it may goes on over the same connection", async () => {
  const port = await freePorts(1);
  const secret = "of a test";
  const told: string[] = [];
  const nodes = new Map([["oracle", "0x01"]]);
  const broker = await startBroker({ port, secret, nodes, dropped: (...what) => told.push(what.join(" ")) });
  const connect = (username: string) =>
    mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
      username,
      password: brokerPassword(secret, username),
      reconnectPeriod: 0,
    });
  try {
    const [oracle, plug] = [await connect("oracle"), await connect("plug")];
    const heard: string[] = [];
    oracle.on("message", (topic, payload) => heard.push(`${topic} ${payload}`));
    await oracle.subscribeAsync(["#", "+/#", "tasmota/discovery/#"]);
    let closed = false;
    plug.once("close", () => {
      closed = true;
    });
    for (const qos of [0, 1, 2, 0] as const)
      await plug.publishAsync("tasmota/discovery/A1/config", "{}", { qos, retain: true });
    await plug.publishAsync("enerlink/v1/home-01/reading", "{}");
    await plug.publishAsync("tele/plug/SENSOR", "last", { qos: 1 });
    await expect.poll(() => heard).toEqual(["tele/plug/SENSOR last"]);
    expect(told).toEqual(["plug tasmota/discovery/A1/config", "plug enerlink/v1/home-01/reading"]);
    expect(closed).toBe(false);
    await Promise.all([oracle.endAsync(), plug.endAsync()]);
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
