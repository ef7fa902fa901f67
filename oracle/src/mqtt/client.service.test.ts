import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { makeLog } from "@enerlink/service/log";
import { Aedes, type AedesOptions, type Client } from "aedes";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeMetrics } from "../metrics.ts";
import { type Broker, type Message, makeBroker } from "./client.ts";

const OWN_TOPIC = "enerlink/v1/$committee/0xabc/probe";
let aedes: Aedes;
let server: Server;
let url: string;
let meter: MqttClient;
let broker: Broker;
/** Groups in the order in which they were handed over, and how each ends. */
let groups: { texts: string[]; waited: boolean[]; stored: () => void; failed: (error: Error) => void }[];
/** Acknowledgements that the broker has received. */
let acknowledged: number;
let failures: unknown[];
let oracle: Client | undefined;

beforeEach(async () => {
  groups = [];
  acknowledged = 0;
  failures = [];
  aedes = await Aedes.createBroker();
  aedes.on("ack", (packet, client) => {
    const isOwn = "topic" in packet && packet.topic === OWN_TOPIC;
    if (client.id === "oracle" && !isOwn) acknowledged++;
  });
  aedes.on("client", (client) => {
    if (client.id === "oracle") oracle = client;
  });
  server = createServer(aedes.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `mqtt://127.0.0.1:${(server.address() as { port: number }).port}`;
  meter = await mqtt.connectAsync(url);
  broker = await connect();
});
afterEach(async () => {
  for (const { stored } of groups) stored();
  await broker.stop();
  await meter.endAsync();
  await new Promise<void>((resolve) => aedes.close(() => resolve()));
  server.close();
});

const connect = async (to = url) => {
  const made = makeBroker({
    url: to,
    username: undefined,
    password: undefined,
    clientId: "oracle",
    ownTopic: OWN_TOPIC,
    metrics: makeMetrics(),
    log: makeLog({ level: "error" }),
  });
  await expect(made.publish("x", "too early")).rejects.toThrow("the broker is not connected");
  await made.connect({
    foreignTopics: [OWN_TOPIC],
    handle: (group: Message[]) =>
      new Promise<void>((stored, failed) => {
        const texts = group.map(({ payload }) => payload.toString());
        groups.push({ texts, waited: group.map(({ waited = false }) => waited), stored, failed });
      }),
    failed: (error) => failures.push(error),
  });
  return made;
};
const publish = (text: string) => meter.publishAsync("enerlink/v1/home-01/reading", text, { qos: 1 });
const groupsToBe = (count: number) => vi.waitFor(() => expect(groups).toHaveLength(count));

test("nothing is acknowledged before its group is on disk, and what waits becomes one group", async () => {
  await publish("0");
  await groupsToBe(1);
  const rest = Array.from({ length: 50 }, (_, index) => String(index + 1));
  await Promise.all(rest.map(publish));
  await sleep(100);
  expect([groups.length, acknowledged]).toEqual([1, 0]);
  groups[0]!.stored();
  await groupsToBe(2);
  await vi.waitFor(() => expect(acknowledged).toBe(1));
  await sleep(50);
  expect(groups.map(({ texts }) => texts)).toEqual([["0"], rest]);
  expect(acknowledged).toBe(1);
  groups[1]!.stored();
  await vi.waitFor(() => expect(acknowledged).toBe(51));
});

test("a store that fails stops all acknowledgements; the broker sends the messages again", async () => {
  await publish("first");
  await publish("second");
  await groupsToBe(1);
  groups[0]!.failed(new Error("the disk is full"));
  await vi.waitFor(() => expect(failures).toHaveLength(1));
  await sleep(100);
  expect([groups.length, acknowledged]).toEqual([1, 0]);

  await broker.stop();
  broker = await connect();
  await vi.waitFor(() => {
    for (const { stored } of groups) stored();
    expect(acknowledged).toBe(2);
  });
  expect(groups.slice(1).flatMap(({ texts }) => texts)).toEqual(["first", "second"]);
});

test("a connection that is lost before the commit takes its acknowledgements with it", async () => {
  await publish("kept");
  await groupsToBe(1);
  oracle?.close();
  await sleep(50);
  groups[0]!.stored();
  await sleep(50);
  expect(acknowledged).toBe(0);
  await vi.waitFor(() => expect(groups).toHaveLength(2));
  expect(groups[1]!.texts).toEqual(["kept"]);
  groups[1]!.stored();
  await vi.waitFor(() => expect(acknowledged).toBe(1));
});

test("what was being published when the connection went is told so, and nobody waits for it", async () => {
  await publish("held");
  await groupsToBe(1);
  // The stream keeps what is written until the group is committed: it is full at once.
  const lost = Promise.allSettled(
    [0, 1].map((qos) => broker.publish("x", "x".repeat(100_000), qos as 0 | 1)),
  );
  await sleep(50);
  oracle?.close();
  expect(await lost).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
});

test("stopping waits for the group that is being stored", async () => {
  await publish("last");
  await groupsToBe(1);
  let stopped = false;
  const stopping = broker.stop().then(() => {
    stopped = true;
  });
  await sleep(50);
  expect(stopped).toBe(false);
  groups[0]!.stored();
  await stopping;
  await vi.waitFor(() => expect(acknowledged).toBe(1));
});

test("what waited at the broker meanwhile is told from what is said now", async () => {
  await publish("live");
  await groupsToBe(1);
  groups[0]!.stored();
  await vi.waitFor(() => expect(acknowledged).toBe(1));
  await broker.stop();
  await publish("waits");
  await publish("waits too");
  // What is being stored holds everything back that is said to the broker.
  const storing = setInterval(() => {
    for (const { stored } of groups) stored();
  }, 10);
  broker = await connect();
  // Whatever comes before the broker brings back that this node is there again counts as late.
  await vi.waitFor(
    async () => {
      await publish("live again");
      expect(groups.at(-1)).toMatchObject({ texts: ["live again"], waited: [false] });
    },
    { interval: 100 },
  );
  clearInterval(storing);
  const heard = groups.flatMap(({ texts, waited }) => texts.map((text, at) => [text, waited[at]]));
  expect(heard.slice(0, 3)).toEqual([
    ["live", false],
    ["waits", true],
    ["waits too", true],
  ]);
  expect(heard.flat()).not.toContainEqual(expect.stringContaining("back at"));
});

/** Refuses the oracle's connection with a return code of MQTT 3.1.1. */
const refusing =
  (returnCode: number): NonNullable<AedesOptions["authenticate"]> =>
  ({ id }, _user, _password, done) => {
    if (id === "oracle") done(Object.assign(new Error(), { returnCode }) as never, null);
    else done(null, true);
  };

test("a broker that lets nobody in is not said to forbid topics", async () => {
  aedes.authenticate = (_client, _user, _password, done) => done(null, false);
  await expect(connect()).rejects.toThrow(
    "MQTT_BROKER_URL, MQTT_USERNAME: no way to the broker (Connection refused: Not authorized)",
  );
});

test("a broker that is not there yet, or not ready for anybody, is waited for", async () => {
  const { port } = server.address() as { port: number };
  await broker.stop();
  await new Promise<void>((resolve) => aedes.close(() => resolve()));
  await new Promise<void>((resolve) => server.close(() => resolve()));
  let reached = false;
  const connecting = connect(`mqtt://127.0.0.1:${port}`).finally(() => {
    reached = true;
  });
  await sleep(300);
  aedes = await Aedes.createBroker({ authenticate: refusing(3) });
  server = createServer(aedes.handle);
  const refused = new Promise((resolve) => aedes.once("clientError", resolve));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await refused;
  expect(reached).toBe(false);
  aedes.authenticate = (_client, _user, _password, done) => done(null, true);
  broker = await connecting;
  await vi.waitFor(() => expect(meter.connected).toBe(true));
  await publish("after all");
  await groupsToBe(1);
});

test("a broker that refuses a node it has let in before is asked again", async () => {
  const { authenticate } = aedes;
  aedes.authenticate = refusing(5);
  const refused = new Promise((resolve) => aedes.once("clientError", resolve));
  oracle?.close();
  await refused;
  aedes.authenticate = authenticate;
  await vi.waitFor(() => expect(broker.obstacle()).toBeUndefined(), { timeout: 10_000 });
  await publish("again");
  await groupsToBe(1);
});

const within = { timeout: 10_000 };
/** The broker dies with all that it kept, and another one takes its place. */
async function restart(options: AedesOptions): Promise<void> {
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => aedes.close(() => resolve()));
  await new Promise<void>((resolve) => server.close(() => resolve()));
  aedes = await Aedes.createBroker(options);
  server = createServer(aedes.handle);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
}

test("a broker that has forgotten the session is relied upon once it hands on again", async () => {
  await restart({
    authorizeSubscribe: (_client, subscription, done) => void setTimeout(() => done(null, subscription), 200),
  });
  await vi.waitFor(() => expect(broker.obstacle()).toBe("the broker hands nothing on yet"), within);
  await vi.waitFor(() => expect(broker.obstacle()).toBeUndefined(), within);
  await publish("new");
  await groupsToBe(1);
  expect(groups[0]!.texts).toEqual(["new"]);
});

test("a session that the broker kept, in which this node was not yet subscribed, is heard in all the same", async () => {
  await restart({});
  // As a connection leaves it that was lost before it had subscribed, or a store from before a device was bound.
  const earlier = await mqtt.connectAsync(url, { clientId: "oracle", clean: false });
  await earlier.subscribeAsync("another/topic", { qos: 1 });
  await earlier.endAsync();
  await vi.waitFor(
    async () => {
      await publish("new");
      expect(groups[0]?.texts).toEqual(["new"]);
    },
    { ...within, interval: 100 },
  );
  expect(broker.obstacle()).toBeUndefined();
});

test("a broker that refuses the subscription for a while is asked again", async () => {
  let refuses = true;
  await restart({
    authorizeSubscribe: (client, subscription, done) =>
      done(null, refuses && client?.id === "oracle" ? null : subscription),
  });
  await vi.waitFor(() => expect(broker.obstacle()).toBe("the broker hands nothing on yet"), within);
  await sleep(200);
  refuses = false;
  await vi.waitFor(() => expect(broker.obstacle()).toBeUndefined(), within);
  await publish("new");
  await groupsToBe(1);
  expect(groups[0]!.texts).toEqual(["new"]);
});
