/** One device of each format, through a Mosquitto as it is shipped, to the registers on the chain. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { energyConverterAbi, meterId, meterRegistryAbi } from "@enerlink/protocol";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasMosquitto } from "../mosquitto/start.ts";
import { formats } from "../src/adapters/adapters.ts";
import { clockSettings, type FastClock, makeClock } from "./fast-clock.ts";
import { deviceRules, devices, sparkplugBirth } from "./formats.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

/** A day in the past, and a minute in three seconds. */
const clock: FastClock = { began: Date.now(), origin: Date.now() - 86_400_000, speed: 20 };
const now = makeClock(clock);
/** Real milliseconds between two messages of a device. */
const EVERY = 1_000;

describe.skipIf(!hasMosquitto())("devices that do not sign, at Mosquitto", () => {
  let system: TestSystem;
  let client: MqttClient;
  /** What the oracle asked devices for. */
  const asked = new Set<string>();
  const serials = devices.map(({ binding }) => binding.serial);
  const seconds = () => Math.floor(now() / 1_000);

  const publish = (said: ReturnType<typeof sparkplugBirth>) =>
    Promise.all(
      said.map(([topic, payload]) =>
        client.publishAsync(topic, typeof payload === "string" ? payload : Buffer.from(payload), { qos: 1 }),
      ),
    );
  async function mine(): Promise<void> {
    const { timestamp } = await system.chain.getBlock();
    await system.mineAt(Math.max(seconds(), Number(timestamp) + 1));
  }
  /** What the chain has settled of every device, import and export. */
  const onChain = () =>
    Promise.all(
      serials.map(async (serial) => {
        const [exportWh, importWh] = await system.settled(serial);
        return [serial, importWh, exportWh] as const;
      }),
    );
  const meant = (place: 0 | 1) =>
    devices.map(({ binding: { serial }, registers }) => [
      serial,
      registers[place].importWh,
      registers[place].exportWh,
    ]);

  /** Every device says again and again what it has counted, until the chain has it, or not in time. */
  async function settle(place: 0 | 1): Promise<void> {
    for (const late = Date.now() + 25_000; Date.now() < late; ) {
      await Promise.all(devices.map(({ says }) => publish(says(seconds(), place))));
      for (const next = Date.now() + EVERY; Date.now() < next; await sleep(50)) await mine();
      if (JSON.stringify(await onChain(), text) === JSON.stringify(meant(place), text)) break;
    }
    const metrics = await (await fetch(`${system.oracleUrl}/metrics`)).text();
    const counts = metrics.split("\n").filter((line) => /^enerlink_(rejects|readings)_total/.test(line));
    expect(await onChain(), `${counts.join("\n")}\n${system.output().slice(-3_000)}`).toEqual(meant(place));
  }

  beforeAll(async () => {
    system = await startTestSystem(seconds() - 7_200, {
      homes: 1,
      broker: "mosquitto",
      program: "oracle/testing/fast-node.ts",
      oracleRules: deviceRules,
    });
    await system.register(...serials.map((serial): [string, 1, 0] => [serial, 1, 0]));
    await system.walletOf(0).writeContract({
      gas: 200_000n,
      address: system.deployment.contracts.meterRegistry,
      abi: meterRegistryAbi,
      functionName: "setUnsignedSettlement",
      args: [true],
    });
    const bindings = join(system.folder, "bindings.json");
    await writeFile(bindings, JSON.stringify(devices.map(({ binding }) => binding)));
    await system.startOracle({ METER_BINDINGS: bindings, ...clockSettings(clock) });
    client = await mqtt.connectAsync(system.brokerUrl);
    client.on("message", (topic) => {
      asked.add(topic);
      if (topic.includes("/NCMD/")) void publish(sparkplugBirth(seconds()));
    });
    await client.subscribeAsync(["spBv1.0/+/NCMD/+", "R/+/keepalive"], { qos: 1 });
    await system.chain.setAutomine(false);
  });
  afterAll(async () => {
    await client?.endAsync();
    await system?.stop();
  });

  test("there is one of each format", () => {
    expect(devices.map(({ binding }) => binding.format).toSorted()).toEqual(formats.toSorted());
  });

  test("every one settles: what it has counted first, and what it counts then, to the Wh", async () => {
    await settle(0);
    await settle(1);
    // What was minted, burned and owed is what the registers have grown by, and nothing that they showed first.
    const events = await system.chain.getContractEvents({
      address: system.deployment.contracts.energyConverter,
      abi: energyConverterAbi,
      eventName: "MeterSettled",
      fromBlock: 0n,
      strict: true,
    });
    for (const { binding, registers } of devices) {
      const own = events.filter(({ args }) => args.meterId === meterId(binding.serial));
      const [first, then] = registers;
      const net = then.exportWh - first.exportWh - (then.importWh - first.importWh);
      const debtWh = (await system.settled(binding.serial))[2];
      const tokens = own.reduce((sum, { args }) => sum + args.tokensWh, 0n);
      expect([binding.serial, tokens - debtWh]).toEqual([binding.serial, net]);
    }
  });

  test("an edge node was asked for the names of its aliases, and a Venus to go on", () => {
    expect([...asked].toSorted()).toEqual(["R/aabbccddeeff/keepalive", "spBv1.0/Solar/NCMD/edge-7"]);
  });
});

const text = (_key: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
