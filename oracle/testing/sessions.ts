/**
 * Nobody takes over a session: a client that asks for another's name, and one that has another's password. What waits in a
 * session while its node is away is late, and known to be.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import mqtt, { type IClientOptions } from "mqtt";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type BrokerKind, credentialsOf } from "./broker.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const READINGS = 60;
/** Milliseconds. */
const APART = 40;
const RECONNECTS = 200;

export function sessions(broker: BrokerKind) {
  const start = Math.floor(Date.now() / 3_600_000) * 3_600 - 3_600;
  let system: TestSystem;

  let METER_BINDINGS: string;

  beforeAll(async () => {
    system = await startTestSystem(start - 3_600, { broker });
    METER_BINDINGS = join(system.folder, "bindings.json");
    const fields = { import: ["in"], export: null };
    await writeFile(
      METER_BINDINGS,
      JSON.stringify([{ serial: "plug-01", format: "json", topic: "tele/plug", fields }]),
    );
    await system.register(["plug-01", 1, 2]);
    await system.startOracle({ METER_BINDINGS });
  });
  afterAll(() => system?.stop());

  // biome-ignore lint/suspicious/noExplicitAny: what the assertions below are about.
  const get = async (path: string): Promise<any> => (await fetch(`${system.oracleUrl}${path}`)).json();

  /** Connects again and again with `options`, to a session that forgets. @returns how to end it, and how often it got in. */
  function insist(options: IClientOptions) {
    const url = system.brokerUrl.replace(/\/\/.*@/, "//");
    const client = mqtt.connect(url, { ...options, clean: true, reconnectPeriod: RECONNECTS });
    let connections = 0;
    client.on("error", () => {});
    client.on("connect", () => {
      connections++;
      // Somebody else's session would bring what is meant for it.
      client.stream.destroy();
    });
    return { connections: () => connections, end: () => client.endAsync(true) };
  }

  /** What `serial` signs at `at`, unix seconds. */
  function signedReading(serial: string, at: number, exportWh: bigint): string {
    const registers = { exportWh, importWh: 1_000_000n, storedWh: 0n };
    const reading = { serial, epoch: 1, sequence: BigInt(at), timestamp: at, ...registers };
    return JSON.stringify(
      readingJson(signReading(system.domain, reading, system.deviceKey(serial).privateKey)),
    );
  }

  /** Readings of a meter, one a second of its time, published from `first` seconds after the start on. */
  async function publishReadings(first: number): Promise<void> {
    const serial = "home-01";
    const client = await mqtt.connectAsync(system.brokerUrl.replace(/\/\/.*@/, "//"), credentialsOf(serial));
    for (let at = start + first; at < start + first + READINGS; at++) {
      await client.publishAsync(`enerlink/v1/${serial}/reading`, signedReading(serial, at, 1_000_000n), {
        qos: 1,
      });
      await sleep(APART);
    }
    await client.endAsync();
  }
  const stored = async () =>
    (await get(`/api/v1/device/readings/home-01?limit=${READINGS}`)).items.length as number;

  test("a meter that asks for the oracle's session gets its own, and nothing of the others is lost", async () => {
    const address = privateKeyToAccount(system.memberKeys[0]!).address.slice(2, 10).toLowerCase();
    const thieves = ["oracle", `enerlink-oracle-${address}`].map((clientId, index) =>
      insist({ ...credentialsOf(`home-0${index + 2}`), clientId }),
    );
    const ready: boolean[] = [];
    const watching = setInterval(async () => ready.push((await get("/ready")).ready), 100);
    await publishReadings(0);
    clearInterval(watching);
    await vi.waitFor(async () => expect(await stored()).toBe(READINGS));
    for (const { connections, end } of thieves) {
      expect(connections()).toBeGreaterThan(5);
      await end();
    }
    expect(new Set(ready)).toEqual(new Set([true]));
  });

  test("a meter that speaks where it may not is not heard there, whatever it says, and what it counts settles", async () => {
    const client = await mqtt.connectAsync(
      system.brokerUrl.replace(/\/\/.*@/, "//"),
      credentialsOf("home-01"),
    );
    const publish = (topic: string, text: string) =>
      client.publishAsync(`enerlink/v1/${topic}`, text, { qos: 1 });
    const end = start + 900;
    await system.mineAt(end + 60);
    // As home-02 itself would say it, as its device would answer, and as a member and the oracle would speak.
    await publish("home-02/reading", signedReading("home-02", end, 1_000_000n));
    await publish("home-02/status", '{"state":"online"}');
    const member = privateKeyToAccount(system.memberKeys[0]!).address.toLowerCase();
    await publish(`$committee/${member}/proposal`, "{}");
    await publish("home-02/command", "{}");
    await publish("home-01/reading", signedReading("home-01", end, 1_000_500n));
    await vi.waitFor(
      async () => expect((await system.settled("home-01")).slice(0, 2)).toEqual([1_000_500n, 1_000_000n]),
      { interval: 100 },
    );
    expect((await get("/api/v1/device/readings/home-02")).items).toEqual([]);
    expect((await get("/api/v1/device/rejects/home-02")).items).toEqual([]);
    expect(await get("/api/v1/device/status/home-02")).toMatchObject({ lastHeard: null, lastReading: null });
    expect((await system.settled("home-02"))[0]).toBe(0n);
    await client.endAsync();
  });

  test.skipIf(broker === "local")(
    "what a device without a clock said while the node was away does not count as if it were said now",
    async () => {
      const device = await mqtt.connectAsync(system.brokerUrl);
      const say = (wattHours: number) =>
        device.publishAsync("tele/plug", JSON.stringify({ in: wattHours / 1_000 }), { qos: 1 });
      const status = () => get("/api/v1/device/status/plug-01");
      await say(1_000);
      await vi.waitFor(async () => expect((await status()).lastReading).toMatchObject({ importKwh: "1" }));
      const { lastReading } = await status();
      const printed = system.output().length;
      expect(await system.stopOracle("SIGTERM")).toBe(0);
      expect(system.output().slice(printed)).toContain("stopped, as SIGTERM asks");
      const WAITING = 12;
      for (let said = 1; said <= WAITING; said++) await say(1_000 + said);
      await system.startOracle({ METER_BINDINGS });
      const rejects = async () => (await get("/api/v1/device/rejects/plug-01")).items as { reason: string }[];
      await vi.waitFor(async () => expect(await rejects()).toHaveLength(WAITING));
      expect(new Set((await rejects()).map(({ reason }) => reason))).toEqual(new Set(["retained"]));
      expect((await status()).lastReading).toEqual(lastReading);
      // What comes in live counts, all that was counted meanwhile with it.
      await vi.waitFor(
        async () => {
          await say(1_000 + WAITING + 1);
          expect(await status()).toMatchObject({ hold: null, lastReading: { importKwh: "1.013" } });
        },
        { interval: 500 },
      );
      await device.endAsync();
    },
  );

  test("who has the oracle's own password throws it out; it says so, and raises the alert", async () => {
    const double = insist({ ...credentialsOf("oracle"), clientId: "anything" });
    await vi.waitFor(
      async () =>
        expect((await get("/ready")).reasons.join()).toContain("another program connects as user oracle"),
      { interval: 100 },
    );
    await vi.waitFor(
      async () => {
        const metrics = await (await fetch(`${system.oracleUrl}/metrics`)).text();
        expect(metrics).toContain('enerlink_alerts_open{kind="broker"} 1');
      },
      { interval: 200 },
    );
    await double.end();
  });
}
