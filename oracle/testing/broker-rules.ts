/** Who may say and hear what at the broker, by the access list that is shipped. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { committeeTopic, committeeTopics } from "@enerlink/protocol/wire/committee";
import { WHOLE } from "@enerlink/protocol/wire/shard";
import { makeLog } from "@enerlink/service/log";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { freePorts } from "../../test/ports.ts";
import { nodeRules, startMosquitto } from "../mosquitto/start.ts";
import { makeProbe } from "../src/committee/probe.ts";
import { makeMetrics } from "../src/metrics.ts";
import { makeBroker } from "../src/mqtt/client.ts";
import { openSession } from "../src/mqtt/session.ts";

export function brokerRules() {
  let folder: string;
  let broker: Awaited<ReturnType<typeof startMosquitto>>;
  let url: string;
  const clients: MqttClient[] = [];
  const users = {
    oracle: "oracle-secret",
    "oracle-2": "second-secret",
    "home-01": "one-secret",
    "home-02": "two-secret",
  };
  const address = `0x${"ab".repeat(20)}` as const;

  async function connect(username: keyof typeof users, options: IClientOptions = {}) {
    const client = await mqtt.connectAsync(url, { username, password: users[username], ...options }, false);
    clients.push(client);
    const heard: string[] = [];
    client.on("message", (topic, payload) => heard.push(`${topic} ${payload}`));
    return { client, heard };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "broker-"));
    const port = await freePorts(1);
    url = `mqtt://127.0.0.1:${port}`;
    broker = await startMosquitto({ port, folder, users, rules: nodeRules("oracle-2", address) });
  });
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.endAsync(true))));
  afterAll(async () => {
    await broker.stop();
    await rm(folder, { recursive: true });
  });

  test("nobody comes in without a name, or with another's password", async () => {
    await expect(mqtt.connectAsync(url, { reconnectPeriod: 0 }, false)).rejects.toThrow(/[Nn]ot authorized/);
    const wrong = { username: "home-01", password: users["home-02"], reconnectPeriod: 0 };
    await expect(mqtt.connectAsync(url, wrong, false)).rejects.toThrow(/[Nn]ot authorized/);
  });

  test("a meter speaks and listens below its own serial only, and a member of the committee below its own address", async () => {
    const [oracle, member] = [await connect("oracle"), await connect("oracle-2")];
    await oracle.client.subscribeAsync("enerlink/v1/#", { qos: 1 });
    const [one, two] = [await connect("home-01"), await connect("home-02")];
    for (const { client } of [one, two])
      await client.subscribeAsync(
        ["enerlink/v1/#", "enerlink/v1/home-01/command", "enerlink/v1/$committee/#"],
        { qos: 1 },
      );
    for (const topic of [
      "enerlink/v1/home-01/reading",
      "enerlink/v1/home-02/reading",
      "enerlink/v1/home-01/command",
      `enerlink/v1/$committee/${address}/proposal`,
      "enerlink/v1/$committee/home-01/proposal",
      "elsewhere",
    ])
      await one.client.publishAsync(topic, "by home-01", { qos: 1 });
    await oracle.client.publishAsync("enerlink/v1/home-01/command", "by the oracle", { qos: 1 });
    for (const who of [address, `0x${"cd".repeat(20)}`])
      await member.client.publishAsync(`enerlink/v1/$committee/${who}/proposal`, "by a member", { qos: 1 });
    await oracle.client.publishAsync(`enerlink/v1/$committee/${address}/proposal`, "by another", { qos: 1 });
    await vi.waitFor(() => {
      expect(oracle.heard).toContain(`enerlink/v1/$committee/${address}/proposal by a member`);
      expect(one.heard).toContain("enerlink/v1/home-01/command by the oracle");
    });
    await sleep(200);
    expect(oracle.heard.filter((one) => one.endsWith("home-01"))).toEqual([
      "enerlink/v1/home-01/reading by home-01",
    ]);
    expect(oracle.heard.filter((one) => one.includes("$committee"))).toEqual([
      `enerlink/v1/$committee/${address}/proposal by a member`,
    ]);
    expect(new Set(one.heard)).toEqual(new Set(["enerlink/v1/home-01/command by the oracle"]));
    expect(two.heard).toEqual([]);
  });

  test("a meter that speaks MQTT 5 is held to the same rules, and told what it may not do", async () => {
    const oracle = await connect("oracle");
    await oracle.client.subscribeAsync("enerlink/v1/+/reading", { qos: 1 });
    const { client } = await connect("home-01", { protocolVersion: 5 });
    await expect(
      client.publishAsync("enerlink/v1/home-02/reading", "by home-01", { qos: 1 }),
    ).rejects.toThrow("Not authorized");
    await client.publishAsync("enerlink/v1/home-01/reading", "by home-01", { qos: 1 });
    await vi.waitFor(() => expect(oracle.heard).toEqual(["enerlink/v1/home-01/reading by home-01"]));
  });

  test.each([
    ["3.1.1", {}, true],
    ["5", { protocolVersion: 5 }, false],
    ["5 with an expiry", { protocolVersion: 5, properties: { sessionExpiryInterval: 3_600 } }, true],
  ] satisfies [string, IClientOptions, boolean][])(
    "whether what comes while a meter is away waits for it: MQTT %s",
    async (_version, options, waits) => {
      const lasting = { ...options, clean: false, clientId: "home-02" };
      const command = "enerlink/v1/home-02/command";
      const before = await connect("home-02", { ...options, clean: true });
      await before.client.endAsync();
      const away = await connect("home-02", lasting);
      await away.client.subscribeAsync(command, { qos: 1 });
      await away.client.endAsync();
      const { client } = await connect("oracle");
      await client.publishAsync(command, "while away", { qos: 1 });
      const back = mqtt.connect(url, { username: "home-02", password: users["home-02"], ...lasting });
      clients.push(back);
      const found = await new Promise<boolean>((resolve) =>
        back.once("connect", ({ sessionPresent }) => resolve(sessionPresent)),
      );
      expect(found).toBe(waits);
    },
  );

  test("what meters say waits for a process that is to come, however often its session is opened", async () => {
    const coming = { username: "oracle", password: users.oracle };
    const open = () => openSession({ url, ...coming, bindings: undefined, shard: WHOLE });
    const { client } = await connect("home-01");
    const say = (text: string) => client.publishAsync("enerlink/v1/home-01/reading", text, { qos: 1 });
    await open();
    await say("first");
    await open();
    await say("second");
    await open();
    const process = mqtt.connect(url, { ...coming, clientId: coming.username, clean: false });
    clients.push(process);
    const heard: string[] = [];
    process.on("message", (_topic, payload) => heard.push(String(payload)));
    await vi.waitFor(() => expect(heard).toEqual(["first", "second"]));
    // Nothing waits for who comes under that name in other tests.
    await process.endAsync();
    await (await connect("oracle", { clientId: coming.username, clean: true })).client.endAsync();
  });

  test("carries a member's largest message to the committee; a node that may not write there says so", async () => {
    const obstacles = await Promise.all(
      (["oracle-2", "oracle"] as const).map(async (username) => {
        const topic = committeeTopic(address, "probe");
        let heard = () => {};
        const connection = makeBroker({
          ...{ url, username, password: users[username], clientId: "", ownTopic: topic },
          metrics: makeMetrics(),
          log: makeLog({ level: "error" }),
        });
        await connection.connect({
          foreignTopics: [committeeTopics()],
          handle: async (group) => {
            if (group.some((message) => message.topic === topic)) heard();
          },
          failed: () => {},
        });
        const publish = (to: string, text: string) => connection.publish(to, text, 0);
        const probe = makeProbe({ self: address, publish, log: makeLog({ level: "error" }) });
        // What the other one says is not this one's.
        if (username === "oracle-2") heard = probe.heard;
        await probe.send();
        await sleep(5_500);
        probe.stop();
        await connection.stop();
        return probe.obstacle();
      }),
    );
    expect(obstacles[0]).toBeUndefined();
    expect(obstacles[1]).toContain("does not carry messages of 20000 bytes to the committee");
  });

  test("a message beyond 20 KiB ends its sender's connection", async () => {
    const { client } = await connect("home-01");
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    client.publish("enerlink/v1/home-01/reading", Buffer.alloc(30_000), { qos: 0 });
    await closed;
  });
}
