import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Ack,
  type Command,
  commandDigest,
  commandText,
  membersText,
  signCommand,
} from "@enerlink/protocol/wire/command";
import { parseReading } from "@enerlink/protocol/wire/reading";
import { devicePublicKey, verifyReading } from "@enerlink/protocol/wire/reading-signature";
import { Aedes } from "aedes";
import mqtt, { type MqttClient } from "mqtt";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { listen } from "../../local/broker.ts";
import { freePorts } from "../../test/ports.ts";
import { deviceKey, type Fleet, loadHomes, makeFleet, shiftedHome } from "./index.ts";

const domain = { chainId: 31_337, registry: "0x5FbDB2315678afecb367f032d93F642f64180aa3" } as const;
const oracle = privateKeyToAccount(`0x${"11".repeat(32)}`);
const second = privateKeyToAccount(`0x${"55".repeat(32)}`);
const third = privateKeyToAccount(`0x${"66".repeat(32)}`);
const fourth = privateKeyToAccount(`0x${"77".repeat(32)}`);
const nobody = { members: [], quorum: 1, configuration: 1 };
const stranger = privateKeyToAccount(`0x${"22".repeat(32)}`);
const seed = "a test";

let folder: string;
let broker: Aedes;
let server: Server;
let url: string;
let fleet: Fleet;
let listener: MqttClient;
const seen: { topic: string; payload: Buffer; logged: string }[] = [];
const readingsOf = (serial: string) => seen.filter(({ topic }) => topic === `enerlink/v1/${serial}/reading`);
const acks = (serial = "") =>
  seen
    .filter(({ topic }) => topic.endsWith(`${serial}/ack`))
    .map(({ payload }): Ack => JSON.parse(`${payload}`));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-"));
  broker = await Aedes.createBroker();
  server = createServer(broker.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  url = `mqtt://127.0.0.1:${address.port}`;
  const logFile = join(folder, "readings.jsonl");
  listener = await mqtt.connectAsync(url);
  listener.on("message", async (topic, payload) => {
    seen.push({ topic, payload, logged: await readFile(logFile, "utf8").catch(() => "") });
  });
  await listener.subscribeAsync("enerlink/v1/#", { qos: 1 });
  fleet = await makeFleet({
    brokerUrl: url,
    domain,
    seed,
    homes: (await loadHomes()).slice(0, 2),
    batteries: [{ serial: "battery-01", capacityWh: 10_000, powerW: 3_600_000, storedWh: 6_000 }],
    gridSerial: "grid-01",
    deliveredBeforeWh: 7_000n,
    commanders: { members: [oracle.address, second.address, third.address], quorum: 2, configuration: 1 },
    logFile,
  });
});

afterAll(async () => {
  await fleet?.stop();
  await listener?.endAsync();
  await new Promise<void>((resolve) => broker.close(() => resolve()));
  server.close();
  await rm(folder, { recursive: true });
});

let nonce = 0n;
async function command(
  fields: Partial<Command> & Pick<Command, "id">,
  signer = oracle,
  serial = "battery-01",
  others: (typeof oracle)[] = [],
) {
  nonce += 1n;
  const unsigned: Command = {
    name: "discharge",
    arguments: { wattHours: 500n },
    nonce,
    deadline: Math.floor(Date.now() / 1_000) + 60,
    tradeId: 7n,
    ...fields,
  };
  const signed = await signCommand(domain, serial, unsigned, signer);
  const more = await Promise.all(others.map((other) => signCommand(domain, serial, unsigned, other)));
  const signatures = more.map(({ signature }) => signature);
  const text = commandText(others.length === 0 ? signed : { ...signed, signatures });
  await listener.publishAsync(`enerlink/v1/${serial}/command`, text, { qos: 1 });
  return text;
}

describe("the fleet", () => {
  test("publishes first what the grid's meter showed before it delivered anything", async () => {
    const hour = 1_700_000_000 - (1_700_000_000 % 3_600);
    await fleet.publishGridBefore(0, hour - 600);
    await vi.waitFor(() => expect(readingsOf("grid-01")).toHaveLength(1));
    const shown = parseReading(seen.splice(0).find(({ topic }) => topic.endsWith("/reading"))!.payload);
    const now = fleet.registers(0).get("grid-01")!;
    expect(shown).toMatchObject({ exportWh: now.exportWh - 7_000n, importWh: now.importWh });
    expect(shown.timestamp).toBe(hour - 600);
  });

  test("publishes one reading a meter and hour, each logged before and signed with the meter's own key", async () => {
    await fleet.publishHour(0, 1_700_000_000 - (1_700_000_000 % 3_600));
    await vi.waitFor(() => expect(seen.filter(({ topic }) => topic.endsWith("/reading"))).toHaveLength(4));
    for (const serial of fleet.serials) {
      const [{ payload, logged }] = readingsOf(serial) as [(typeof seen)[number]];
      const reading = parseReading(payload);
      const { x, y } = deviceKey(seed, serial);
      expect(verifyReading(domain, reading, devicePublicKey(x, y))).toBe(true);
      expect(logged).toContain(`${payload}`);
    }
  });

  test("the grid's meter counts the others from the other side, on top of what it had delivered", async () => {
    const registers = fleet.registers(30);
    const others = fleet.serials
      .filter((serial) => serial !== "grid-01")
      .map((serial) => registers.get(serial)!);
    const sum = (pick: (values: (typeof others)[number]) => bigint) =>
      others.reduce((total, one) => total + pick(one), 0n);
    expect(registers.get("grid-01")).toEqual({
      exportWh: 7_000n + sum((one) => one.importWh),
      importWh: sum((one) => one.exportWh),
      storedWh: 0n,
    });
  });

  test("a battery obeys a signed discharge once, and says when it is done", async () => {
    const before = fleet.registers(31).get("battery-01")!;
    const text = await command({ id: "discharge-1" });
    let second = 0;
    await vi.waitFor(() =>
      expect(fleet.registers(31, ++second).get("battery-01")!.exportWh).toBe(before.exportWh + 500n),
    );
    await vi.waitFor(() => expect(acks()).toMatchObject([{ id: "discharge-1", state: "done" }]));
    await listener.publishAsync("enerlink/v1/battery-01/command", text, { qos: 1 });
    await vi.waitFor(() => expect(acks()).toHaveLength(2));
    expect(fleet.registers(32).get("battery-01")!.exportWh).toBe(before.exportWh + 500n);
  });

  test("refuses what is late, replayed, too much or not understood, and ignores strangers", async () => {
    await command({ id: "strange" }, stranger);
    await command({ id: "late", deadline: 1_000 });
    await command({ id: "old", nonce: 1n });
    await command({ id: "much", arguments: { wattHours: 1_000_000n } });
    await command({ id: "odd", arguments: {} });
    await command({ id: "home" }, oracle, "home-01");
    await vi.waitFor(() => expect(acks()).toHaveLength(7));
    const reasons = Object.fromEntries(
      acks()
        .slice(2)
        .map(({ id, state, reason }) => [id, `${state}: ${reason}`]),
    );
    expect(reasons).toEqual({
      late: "rejected: the deadline has passed",
      old: expect.stringContaining("rejected: nonce 1 is not above"),
      much: expect.stringMatching(/^rejected: only \d+ Wh are available$/),
      odd: expect.stringContaining("rejected: arguments.wattHours"),
      home: "rejected: this meter has no battery",
    });
  });

  test("obeys its switches: what is closed counts nothing, and what is opened goes on from there", async () => {
    const exports = async (index: number) => {
      const { exportWh, importWh } = fleet.registers(index).get("home-01")!;
      return { exportWh, importWh };
    };
    const done = (id: string) =>
      vi.waitFor(() => expect(acks("home-01").find((ack) => ack.id === id)).toMatchObject({ state: "done" }));
    const grid = (id: string, mode: string) =>
      command({ id, name: "grid", arguments: { mode }, tradeId: undefined }, oracle, "home-01", [
        second,
      ]).then(() => done(id));
    const before = await exports(34);
    await grid("grid-off", "off");
    // Two days pass, each with sun and evening.
    expect(await exports(82)).toEqual(before);
    await grid("grid-import", "import");
    const imported = await exports(130);
    expect(imported.exportWh).toBe(before.exportWh);
    expect(imported.importWh).toBeGreaterThan(before.importWh);
    await grid("grid-both", "both");
    const both = await exports(178);
    expect(both.exportWh).toBeGreaterThan(before.exportWh);
    const relay = {
      id: "relay-off",
      name: "relay",
      arguments: { state: "off" },
      tradeId: undefined,
    } as const;
    await command(relay, third, "home-01", [oracle]).then(() => done("relay-off"));
    expect(await exports(226)).toEqual(both);
    await command({ ...relay, id: "relay-on", arguments: { state: "on" } }, second, "home-01", [third]);
    await done("relay-on");
    // The grid's meter has counted the same.
    const all = fleet.registers(228);
    const imports = ["home-01", "home-02", "battery-01"].reduce(
      (sum, one) => sum + all.get(one)!.importWh,
      0n,
    );
    expect(all.get("grid-01")!.exportWh).toBe(7_000n + imports);
  });

  describe("what switches power", () => {
    const SERIAL = "home-01";
    const relay = (id: string, state: "on" | "off", fields: Partial<Command> = {}) => ({
      ...{ id, name: "relay" as const, arguments: { state }, tradeId: undefined },
      ...fields,
    });
    const answers = (id: string) => acks(SERIAL).filter((ack) => ack.id === id);
    /** Something else that is answered after whatever came before it. */
    async function after(): Promise<void> {
      const id = `after-${nonce}`;
      await command({ id, name: "display-reset", arguments: {}, tradeId: undefined }, oracle, SERIAL);
      await vi.waitFor(() => expect(answers(id)).toHaveLength(1));
    }
    const flows = (index: number) => {
      const before = fleet.registers(index - 24).get(SERIAL)!.importWh;
      return fleet.registers(index).get(SERIAL)!.importWh > before;
    };

    test("is carried out for a quorum alone: one member, strangers, another meter's signatures are not heard", async () => {
      await command(relay("alone", "off"), oracle, SERIAL);
      await command(relay("twice", "off"), oracle, SERIAL, [oracle, oracle]);
      await command(relay("strange", "off"), oracle, SERIAL, [stranger]);
      await command(relay("strangers", "off"), stranger, SERIAL, [oracle]);
      await command(relay("grid", "off", { name: "grid", arguments: { mode: "off" } }), second, SERIAL);
      // Two members signed it for another meter, or for another time.
      const text = await command(relay("home-02", "off"), oracle, "home-02", [second]);
      await listener.publishAsync(`enerlink/v1/${SERIAL}/command`, text, { qos: 1 });
      const later = { ...JSON.parse(text), deadline: 4_000_000_000 };
      await listener.publishAsync("enerlink/v1/home-02/command", JSON.stringify(later), { qos: 1 });
      const third = { ...JSON.parse(text), version: 3 };
      await listener.publishAsync("enerlink/v1/home-02/command", JSON.stringify(third), { qos: 1 });
      await after();
      for (const id of ["alone", "twice", "strange", "strangers", "grid", "home-02"])
        expect([id, answers(id)]).toEqual([id, []]);
      expect(acks("home-02").filter(({ id }) => id === "home-02")).toHaveLength(1);
      expect(flows(280)).toBe(true);
    });

    test("is used up neither by one member's word nor by a harmless command of its id", async () => {
      const wish = relay("wanted", "off");
      await command(wish, oracle, SERIAL);
      await command({ ...wish, name: "display-reset", arguments: {} }, third, SERIAL);
      await vi.waitFor(() => expect(answers("wanted")).toHaveLength(1));
      await command(wish, oracle, SERIAL, [second]);
      await vi.waitFor(() => expect(answers("wanted")).toHaveLength(2));
      expect(answers("wanted").map(({ state }) => state)).toEqual(["done", "done"]);
      const [harmless, real] = answers("wanted").map(({ of }) => of);
      expect(real).toBe(
        commandDigest({ id: "wanted", name: "relay", arguments: { state: "off" }, tradeId: undefined }),
      );
      expect(harmless).not.toBe(real);
      expect(flows(330)).toBe(false);
    });

    test("is done once, whoever brings it again; what is older or late is refused", async () => {
      const on = await command(relay("on", "on"), third, SERIAL, [second]);
      await vi.waitFor(() => expect(answers("on")).toMatchObject([{ state: "done" }]));
      const last = nonce;
      await command(relay("off", "off"), oracle, SERIAL, [second]);
      await vi.waitFor(() => expect(answers("off")).toHaveLength(1));
      // Played back: answered again, and nothing is opened.
      await listener.publishAsync(`enerlink/v1/${SERIAL}/command`, on, { qos: 1 });
      await vi.waitFor(() => expect(answers("on")).toHaveLength(2));
      await command(relay("older", "on", { nonce: last }), oracle, SERIAL, [third]);
      await command(relay("late", "on", { deadline: 1_000 }), oracle, SERIAL, [third]);
      await command(relay("odd", "on", { arguments: { state: "half" } }), oracle, SERIAL, [third]);
      await vi.waitFor(() => expect(answers("odd")).toHaveLength(1));
      expect(["older", "late", "odd"].map((id) => answers(id)[0]!.reason)).toEqual([
        expect.stringContaining(`nonce ${last} is not above`),
        "the deadline has passed",
        "arguments.state: must be on or off",
      ]);
      expect(flows(380)).toBe(false);
      await command(relay("on again", "on"), oracle, SERIAL, [third]);
      await vi.waitFor(() => expect(answers("on again")).toMatchObject([{ state: "done" }]));
    });

    test("follows the committee, once a quorum of the one that is known says so", async () => {
      const next = (id: string, configuration: bigint, members = [second, third, fourth]) => ({
        id,
        name: "committee" as const,
        arguments: { members: membersText(members.map(({ address }) => address)), quorum: 2n, configuration },
        tradeId: undefined,
      });
      await command(next("forged", 2n, [oracle, stranger]), oracle, SERIAL, [stranger]);
      await command(next("same", 1n), oracle, SERIAL, [second]);
      await command(relay("early", "off"), third, SERIAL, [fourth]);
      // All of the new committee sign it, of whom two are known.
      await command(next("changed", 2n), fourth, SERIAL, [third, second]);
      await vi.waitFor(() => expect(answers("changed")).toMatchObject([{ state: "done" }]));
      expect(answers("same")).toMatchObject([{ reason: "configuration 1 is not above 1" }]);
      expect(answers("forged")).toEqual([]);
      expect(answers("early")).toEqual([]);
      // Who left has no say any more, and who came has.
      await command(relay("left", "off"), oracle, SERIAL, [second]);
      await command(relay("came", "off"), fourth, SERIAL, [second]);
      await vi.waitFor(() => expect(answers("came")).toMatchObject([{ state: "done" }]));
      expect(answers("left")).toEqual([]);
      await command(relay("end", "on"), third, SERIAL, [fourth]);
      await vi.waitFor(() => expect(answers("end")).toMatchObject([{ state: "done" }]));
    });
  });

  test("an id is used up by nothing but what it was given to: another's command of the same id is another", async () => {
    const before = acks().length;
    const answers = () => acks().slice(before);
    const shared = { id: "trade-9-1", tradeId: 9n };
    await command({ ...shared, name: "display-reset", arguments: {} }, second);
    await command({ ...shared, arguments: { wattHours: 1_000_000n } });
    await vi.waitFor(() => expect(answers()).toHaveLength(2));
    const [harmless, real] = answers();
    expect(harmless).toMatchObject({ id: "trade-9-1", state: "done" });
    expect(real).toMatchObject({ id: "trade-9-1", state: "rejected" });
    expect(real!.of).not.toBe(harmless!.of);
  });

  test("a commander's nonces are its own: two oracle nodes do not shut each other out", async () => {
    const before = acks("home-02").length;
    const answers = () => acks("home-02").slice(before);
    await command({ id: "first", name: "display-reset", arguments: {}, nonce: 1_000n }, oracle, "home-02");
    await command({ id: "second", name: "display-reset", arguments: {}, nonce: 999n }, second, "home-02");
    await command({ id: "again", name: "display-reset", arguments: {}, nonce: 999n }, second, "home-02");
    await vi.waitFor(() =>
      expect(answers().map(({ id, state }) => `${id} ${state}`)).toEqual([
        "first done",
        "second done",
        "again rejected",
      ]),
    );
  });

  test("goes on live from the last hour, aligned, signing from when it is told to, with balanced telemetry", async () => {
    const now = Math.floor(Date.now() / 1_000);
    const anchor = { index: 400, timestamp: now - 100 };
    seen.splice(0);
    fleet.live({ readingSeconds: 1, telemetrySeconds: 1, anchor, from: now + 3 });
    await vi.waitFor(() => expect(seen.some(({ topic }) => topic.endsWith("/telemetry"))).toBe(true));
    await vi.waitFor(() => expect(readingsOf("grid-01").length).toBeGreaterThan(2));
    const times = readingsOf("home-01").map(({ payload }) => parseReading(payload).timestamp);
    expect(times[0]).toBe(now + 3);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    const telemetry = JSON.parse(`${seen.find(({ topic }) => topic.endsWith("home-01/telemetry"))!.payload}`);
    expect(telemetry.timestamp).toBeLessThan(now + 3);
    expect(telemetry.homeW).toBe(telemetry.solarW + telemetry.batteryW + telemetry.gridW);
  });
});

test("a home that is connected later is read at once, and flows through the grid's meter from then on", async () => {
  const hour = 1_700_000_000 - (1_700_000_000 % 3_600);
  const [first, second] = await loadHomes();
  const other = await makeFleet({
    brokerUrl: url,
    domain,
    seed,
    homes: [shiftedHome(first!, 7, "roof-01")],
    batteries: [],
    gridSerial: "grid-02",
    commanders: nobody,
    logFile: join(folder, "roofs.jsonl"),
    now: () => hour + 1_800,
  });
  try {
    const roof = shiftedHome(second!, 14, "roof-02");
    await other.publishHour(13, hour);
    const before = other.registers(13, 1_800);
    await other.connect(roof);
    await vi.waitFor(() => expect(readingsOf("roof-02")).toHaveLength(1));
    const reading = parseReading(readingsOf("roof-02")[0]!.payload);
    const began = other.registers(13, 1_800);
    expect(reading).toMatchObject({ timestamp: hour + 1_800, ...began.get("roof-02")! });
    // It has counted for two weeks elsewhere; of that nothing came through here.
    expect(reading.importWh).toBeGreaterThan(10_000n);
    expect(began.get("grid-02")).toEqual(before.get("grid-02"));
    // Asked for a moment before it came, as a machine that stalled does, the grid's meter does not count back.
    expect(other.registers(13, 1_700).get("roof-02")).toEqual(began.get("roof-02"));

    const later = other.registers(37, 0);
    for (const [give, take] of [
      ["exportWh", "importWh"],
      ["importWh", "exportWh"],
    ] as const) {
      const counted = ["roof-01", "roof-02"].map(
        (serial) => later.get(serial)![take] - began.get(serial)![take],
      );
      expect(later.get("grid-02")![give] - began.get("grid-02")![give]).toBe(counted[0]! + counted[1]!);
      expect(counted[1]).toBeGreaterThan(0n);
    }
  } finally {
    await other.stop();
  }
});

test("a broker that is away, and refuses whoever comes back too early, ends no meter", async () => {
  const port = await freePorts(1);
  const open = async () => listen(await Aedes.createBroker(), port);
  let close = await open();
  const homes = (await loadHomes()).slice(0, 1);
  const other = await makeFleet({
    ...{ brokerUrl: `mqtt://127.0.0.1:${port}`, domain, seed, homes, batteries: [], commanders: nobody },
    ...{ gridSerial: "grid-01", logFile: join(folder, "other.jsonl") },
  });
  await close();
  // A second after it has lost its connection a meter tries again.
  await sleep(1_500);
  close = await open();
  await other.publishHour(0, 1_700_000_000 - (1_700_000_000 % 3_600));
  await other.stop();
  await close();
});
