/**
 * docs/devices.md followed by somebody new to it: a Tasmota plug, a Deye inverter and a Zigbee meter are bound on the
 * local market, with a mistake in each; each is told by `enerlink meter why`, put right, and all three settle.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { energyConverterAbi, meterId } from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import mqtt, { type MqttClient } from "mqtt";
import { createPublicClient, http } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stateOf } from "../../cli/home-assistant/discovery.ts";
import { askHome } from "../../cli/home-assistant/home.ts";
import { homes, operator } from "../../local/accounts.ts";
import { waitFor } from "../../local/processes.ts";
import { ask, done, runCommand, type System, startSystem, type Told } from "./system.ts";

const owner = homes[0]!;
const ZIGBEE = "0x00158d0001a2b3c4";
const plug = {
  serial: "plug",
  format: "tasmota",
  topic: "tele/plug",
  offset: "+07:00",
  fields: { import: ["ENERGY", "Total"], export: null },
};
const deye = {
  serial: "deye",
  format: "values",
  registers: {
    import: [{ topic: "deye/ac/total_energy_bought" }],
    export: [{ topic: "deye/ac/total_energy_sold" }],
  },
};
const zigbee = {
  serial: "zigbee-meter",
  format: "zigbee2mqtt",
  topic: "zigbee2mqtt/zigbee-meter",
  device: ZIGBEE,
};
const serials = [plug, deye, zigbee].map(({ serial }) => serial);

const { offset: _, ...withoutOffset } = plug;
const mistaken = [
  withoutOffset,
  { ...deye, registers: { ...deye.registers, import: [{ topic: "deye/ac/total_energy_buy" }] } },
  { ...zigbee, device: "0x00158d0001a2b3c5" },
];

let system: System;
let folder: string;
let bindings: string;
/** The oracle nodes' processes as they run now. */
const nodes = new Map<string, number>();
const clients: MqttClient[] = [];
let talking = true;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "enerlink-devices-"));
  bindings = join(folder, "bindings.json");
  await writeFile(bindings, JSON.stringify(mistaken));
  system = await startSystem({
    days: 1,
    environment: { METER_BINDINGS: bindings, RESIDENTS_TRADE: "false" },
    onTold: ({ part, pid }: Told) => {
      if (part?.startsWith("oracle") && pid !== undefined) nodes.set(part, pid);
    },
  });
}, 300_000);

afterAll(async () => {
  talking = false;
  for (const client of clients) await client.endAsync(true);
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const enerlink = ({ privateKey }: { privateKey: string }, ...args: string[]) =>
  ask(args, { ...system.environment, RPC_URL: system.rpcUrl, PRIVATE_KEY: privateKey });
const why = async (serial: string): Promise<string> => {
  const settings = { ...system.environment, RPC_URL: system.rpcUrl, PRIVATE_KEY: operator.privateKey };
  return (await runCommand(["meter", "why", serial, "--node", system.oracleUrl], settings)).output;
};

/** So that each of a connection's values is a little more than before: 1 Wh in ten seconds. */
const grown = (kwh: number, since: number) =>
  (kwh + Math.floor((Date.now() - since) / 10_000) / 1_000).toFixed(3);
const began = Date.now();
const says: Record<string, () => Record<string, string>> = {
  plug: () => {
    const Time = new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 19);
    return {
      "tele/plug/SENSOR": JSON.stringify({ Time, ENERGY: { Total: Number(grown(12, began)), Power: 360 } }),
    };
  },
  deye: () => ({
    "deye/ac/total_energy_bought": grown(100, began),
    "deye/ac/total_energy_sold": grown(40, began),
  }),
  "zigbee-meter": () => ({
    "zigbee2mqtt/zigbee-meter": JSON.stringify({
      energy: Number(grown(7, began)),
      produced_energy: Number(grown(3, began)),
      device: { ieeeAddr: ZIGBEE },
    }),
  }),
};

/** A device connects as its user, and says every few seconds what it counts. */
async function switchOn(serial: string): Promise<void> {
  const { answer } = await enerlink(operator, "device", "password", serial);
  const client = await mqtt.connectAsync(system.mqttUrl, {
    username: answer.user,
    password: answer.password,
  });
  clients.push(client);
  void (async () => {
    for (; talking; await sleep(3_000))
      for (const [topic, payload] of Object.entries(says[serial]!())) client.publish(topic, payload);
  })();
}

test("each is registered and accepted as the page says, and class C is let settle", async () => {
  for (const serial of serials) {
    const connection = ["--connection", `${serial}-house`, "--cell", "-6.2,106.8", "--trust", "C"];
    const rated =
      serial === "plug"
        ? ["--kind", "consumer", "--import-watts", "2200"]
        : ["--kind", "prosumer", "--import-watts", "5500", "--export-watts", "5000"];
    const given = ["--serial", serial, "--owner", owner.account.address, ...connection];
    await done(enerlink(operator, "meter", "register", ...given, ...rated));
  }
  const before = await why("plug");
  expect(before).toContain("the registry allows no unsigned settlement: enerlink meter unsigned allow");
  expect(before).toContain("Nobody owns it yet");
  expect(before).toContain(
    "Nothing was heard of it since the node started on tele/plug/SENSOR, tele/plug/LWT: compare `topic` of plug in METER_BINDINGS",
  );
  const previewed = await enerlink(operator, "meter", "unsigned", "allow", "--preview");
  expect(previewed.answer).toMatchObject({ delaySeconds: 0 });
  await done(enerlink(operator, "meter", "unsigned", "allow"));
  for (const serial of serials) await done(enerlink(owner, "meter", "accept", serial));
});

test("the mistake in each binding is told, with topic, field and setting", async () => {
  for (const serial of serials) await switchOn(serial);
  const told: Record<string, string> = {};
  const expected: Record<string, string[]> = {
    plug: ["on tele/plug/SENSOR", "Time: has no zone, so the binding must give an offset"],
    deye: [
      "Nothing was heard yet on deye/ac/total_energy_buy, and nothing of it counts before: compare `registers`",
      "of deye in METER_BINDINGS",
    ],
    "zigbee-meter": [
      "on zigbee2mqtt/zigbee-meter",
      'device.ieeeAddr: "0x00158d0001a2b3c4" spoke on the topic of "0x00158d0001a2b3c5"',
    ],
  };
  for (const [serial, words] of Object.entries(expected)) {
    const isTold = async () => words.every((one) => told[serial]!.includes(one));
    await waitFor(
      serial,
      async () => {
        told[serial] = await why(serial);
        return isTold();
      },
      30,
    ).catch(() => {});
    for (const one of words) expect(told[serial]).toContain(one);
    expect(told[serial]).toContain("No reading of it has counted yet.");
  }
});

test("put right, all three settle", async () => {
  await writeFile(bindings, JSON.stringify([plug, deye, zigbee]));
  const before = [...nodes.values()];
  // `start` has them run again, with the bindings as they are now.
  for (const pid of before) process.kill(pid, "SIGTERM");
  await waitFor("The nodes", async () => [...nodes.values()].every((pid) => !before.includes(pid)), 60);

  const chain = createPublicClient({ chain: hardhat, transport: http(system.rpcUrl), cacheTime: 0 });
  const settled = (serial: string) =>
    chain.readContract({
      address: system.contracts.energyConverter,
      abi: energyConverterAbi,
      functionName: "settled",
      args: [meterId(serial)],
    });
  const first: Record<string, readonly [bigint, bigint]> = {};
  const grows = async (): Promise<boolean> => {
    const states = await Promise.all(
      serials.map(async (serial) => {
        const [exportWh, importWh, , , at] = await settled(serial);
        if (at === 0) return false;
        first[serial] ??= [exportWh, importWh];
        return importWh > first[serial][1] && (serial === "plug" || exportWh > first[serial][0]);
      }),
    );
    return states.every(Boolean);
  };
  await waitFor("Settlements of all three", grows, 240).catch(() => {});
  expect(await grows(), (await Promise.all(serials.map(why))).join("\n")).toBe(true);
  for (const serial of serials) expect(await why(serial)).toMatch(new RegExp(`^${serial} counts\\.$`, "m"));
}, 330_000);

test("Home Assistant would be shown what the index knows of a neighbour's home", async () => {
  const home = homes[8]!;
  const { shows } = await askHome(system.indexUrl, home.name);
  const [, importWh] = await createPublicClient({
    chain: hardhat,
    transport: http(system.rpcUrl),
  }).readContract({
    address: system.contracts.energyConverter,
    abi: energyConverterAbi,
    functionName: "settled",
    args: [meterId(home.name)],
  });
  const kwh = /^\d+(\.\d{1,3})?$/;
  expect(shows).toMatchObject({
    power: expect.stringMatching(/^-?\d+$/),
    import: expect.stringMatching(kwh),
    export: expect.stringMatching(kwh),
    money: expect.stringMatching(/^\d+(\.\d{1,6})?$/),
    sellFrom: expect.any(Number),
    buyUpTo: expect.any(Number),
  });
  // The chain may have gone on since: it never goes back.
  expect(Number(shows.import) * 1_000).toBeLessThanOrEqual(Number(importWh));
  expect(shows).toHaveProperty("price");
  await expect(askHome(system.indexUrl, "nobody")).rejects.toThrow("No meter nobody is registered");
  expect(Object.keys(stateOf({ serial: home.name, kind: "PROSUMER", shows }))).not.toContain("stored");
});
