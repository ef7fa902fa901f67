/** Who may say and hear what at the broker, by the access list that is shipped. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startMosquitto } from "../mosquitto/start.ts";
import { freePort } from "./system.ts";

export function brokerRules() {
  let folder: string;
  let broker: Awaited<ReturnType<typeof startMosquitto>>;
  let url: string;
  const clients: MqttClient[] = [];
  const users = { oracle: "oracle-secret", "home-01": "one-secret", "home-02": "two-secret" };

  async function connect(username: keyof typeof users) {
    const client = await mqtt.connectAsync(url, { username, password: users[username] }, false);
    clients.push(client);
    const heard: string[] = [];
    client.on("message", (topic, payload) => heard.push(`${topic} ${payload}`));
    return { client, heard };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "broker-"));
    const port = await freePort();
    url = `mqtt://127.0.0.1:${port}`;
    broker = await startMosquitto({ port, folder, users });
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await broker.stop();
    await rm(folder, { recursive: true });
  });

  test("nobody comes in without a name, or with another's password", async () => {
    await expect(mqtt.connectAsync(url, { reconnectPeriod: 0 }, false)).rejects.toThrow(/[Nn]ot authorized/);
    const wrong = { username: "home-01", password: users["home-02"], reconnectPeriod: 0 };
    await expect(mqtt.connectAsync(url, wrong, false)).rejects.toThrow(/[Nn]ot authorized/);
  });

  test("a meter speaks and listens below its own serial only, and never among the committee", async () => {
    const oracle = await connect("oracle");
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
      "enerlink/v1/$committee/proposal",
      "elsewhere",
    ])
      await one.client.publishAsync(topic, "by home-01", { qos: 1 });
    await oracle.client.publishAsync("enerlink/v1/home-01/command", "by the oracle", { qos: 1 });
    await oracle.client.publishAsync("enerlink/v1/$committee/proposal", "by the oracle", { qos: 1 });
    await vi.waitFor(() => {
      expect(oracle.heard).toContain("enerlink/v1/$committee/proposal by the oracle");
      expect(one.heard).toContain("enerlink/v1/home-01/command by the oracle");
    });
    await sleep(200);
    expect(oracle.heard.filter((one) => one.endsWith("home-01"))).toEqual([
      "enerlink/v1/home-01/reading by home-01",
    ]);
    expect(new Set(one.heard)).toEqual(new Set(["enerlink/v1/home-01/command by the oracle"]));
    expect(two.heard).toEqual([]);
  });

  test("a message beyond 20 KiB ends its sender's connection", async () => {
    const { client } = await connect("home-01");
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    client.publish("enerlink/v1/home-01/reading", Buffer.alloc(30_000), { qos: 0 });
    await closed;
  });
}
