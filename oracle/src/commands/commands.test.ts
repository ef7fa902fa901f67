import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { energyConverterAbi, meterId, oracleCommitteeAbi } from "@enerlink/protocol";
import { commandDigest, parseCommand } from "@enerlink/protocol/wire/command";
import { devicePublicKey } from "@enerlink/protocol/wire/reading-signature";
import { makeLog } from "@enerlink/service/log";
import { encodeAbiParameters, encodeEventTopics, getAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { deviceKey } from "../../simulator/device-key.ts";
import { alone } from "../../testing/meter-world.ts";
import { makeChainAlerts } from "../alerts/from-chain.ts";
import type { Meter } from "../chain/mirror.ts";
import { type Events, makeEvents } from "../events/events.ts";
import { makeMetrics } from "../metrics.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { type Commands, makeCommands } from "./commands.ts";
import { makeFollowUps } from "./followups.ts";

const domain = { chainId: 31_337, registry: "0x5FbDB2315678afecb367f032d93F642f64180aa3" } as const;
const converter = "0x00000000000000000000000000000000000000cc";
const oracleCommittee = "0x00000000000000000000000000000000000000dd";
const members = [
  getAddress("0x00000000000000000000000000000000000000ab"),
  "0x0000000000000000000000000000000000000003",
] as const;
let configuration = 2;
const log = makeLog({ level: "error" });
const key = deviceKey("test", "home-01");
const meter = { serial: "home-01", key: devicePublicKey(key.x, key.y), epoch: 3 } as Meter;

const committed = {
  meters: () => [meter, { ...meter, serial: "plug-01", key: undefined }],
  committee: () => ({ members, quorum: 2, configuration }),
};

let folder: string;
let database: Database;
let commands: Commands;
let events: Events;
let leading: boolean;
let sent: string[];
let followUps: ReturnType<typeof makeFollowUps>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "commands-"));
  database = openDatabase(folder, { chainId: domain.chainId, genesisHash: "0x01" }, log);
  leading = true;
  sent = [];
  events = makeEvents({ database });
  commands = makeCommands({
    database,
    domain,
    signer: privateKeyToAccount(`0x${"11".repeat(32)}`),
    publish: async (_, text) => sent.push(parseCommand(Buffer.from(text)).id),
    leads: () => leading,
    quorum: alone,
    metrics: makeMetrics(),
    log,
  });
  followUps = makeFollowUps({
    energyConverter: converter,
    oracleCommittee,
    mirror: { ...committed, meter: (serial) => (serial === "home-01" ? meter : undefined) },
    commands,
    events,
    displayReset: true,
    creditCutOff: true,
    blockTime: () => 1_000n,
    log,
  });
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const relay = {
  serial: "home-01",
  name: "relay",
  values: { state: "off" },
  deadline: Math.floor(Date.now() / 1_000) + 60,
  requestedBy: "a test",
} as const;
const declared = (serial: string, epoch: number) =>
  ({
    address: converter,
    topics: encodeEventTopics({
      abi: energyConverterAbi,
      eventName: "EpochDeclared",
      args: { meterId: meterId(serial) },
    }),
    data: encodeAbiParameters([{ type: "uint32" }], [epoch]),
  }) as unknown as Parameters<typeof followUps.onLogs>[0][number];
const owing = (eventName: "CreditExceeded" | "DebtRepaid", debtWh: bigint, transaction: string) => {
  const repaid = eventName === "DebtRepaid";
  const args = { meterId: meterId("home-01"), ...(repaid ? { payer: converter } : {}) } as never;
  return {
    address: converter,
    transactionHash: `0x${transaction.repeat(32)}`,
    topics: encodeEventTopics({ abi: energyConverterAbi, eventName, args }),
    data: encodeAbiParameters(
      Array(repaid ? 2 : 1).fill({ type: "uint64" }),
      repaid ? [debtWh, debtWh] : [debtWh],
    ),
  } as unknown as Parameters<typeof followUps.onLogs>[0][number];
};
type Told = "MeterSettled" | "SlotsLeft" | "SlotsJoined";
/** @param amounts What the event tells beside the meter, in its order */
const told = (eventName: Told, types: string[], amounts: bigint[], transaction: string) =>
  ({
    address: converter,
    transactionHash: `0x${transaction.repeat(32)}`,
    topics: encodeEventTopics({
      abi: energyConverterAbi,
      eventName,
      args: { meterId: meterId("home-01"), owner: converter } as never,
    }),
    data: encodeAbiParameters(
      types.map((type) => ({ type })),
      amounts,
    ),
  }) as unknown as ReturnType<typeof owing>;
const left = (debtWh: bigint, transaction: string) =>
  told("SlotsLeft", ["uint64", "uint64"], [0n, debtWh], transaction);
const joined = (debtWh: bigint, transaction: string) =>
  told("SlotsJoined", ["uint64"], [debtWh], transaction);
const settled = (debtWh: bigint, transaction: string) => {
  const { inputs } = energyConverterAbi.find((item) => "name" in item && item.name === "MeterSettled")!;
  const data = inputs.filter((input) => !("indexed" in input && input.indexed));
  const amounts = data.map(({ name }) => (name === "debtWh" ? debtWh : 0n));
  return told(
    "MeterSettled",
    data.map(({ type }) => type),
    amounts,
    transaction,
  );
};
const all = () => commands.page("home-01", 10).map(({ id, name, state }) => ({ id, name, state }));

test("what follows from the chain has one id, and is sent by the member that leads", async () => {
  leading = false;
  await followUps.onLogs([declared("home-01", 3), declared("home-01", 3)]);
  expect(all()).toEqual([{ id: "epoch-home-01-3", name: "epoch", state: "queued" }]);
  expect(sent).toEqual([]);
  leading = true;
  await commands.check();
  expect(sent).toEqual(["epoch-home-01-3"]);
});

test("a first epoch, one that is over, and an unknown meter's concern no device", async () => {
  await followUps.onLogs([declared("home-01", 1), declared("home-01", 2), declared("home-02", 3)]);
  expect(all()).toEqual([]);
});

test("a display is zeroed once for each settlement that is final", async () => {
  const told = { meterId: "home-01", state: "settled", blockTime: new Date(900_000).toISOString() };
  const data = { ...told, transactionHash: `0x${"ab".repeat(32)}` };
  events.emit("settlement_completed", data);
  events.emit("settlement_completed", data);
  events.emit("settlement_completed", { ...data, state: "skipped", transactionHash: `0x${"cd".repeat(32)}` });
  // Heard of after a day's absence: the display has counted on since.
  events.emit("settlement_completed", {
    ...data,
    transactionHash: `0x${"ef".repeat(32)}`,
    blockTime: new Date(0).toISOString(),
  });
  await vi.waitFor(() => expect(sent).toEqual(["reset-home-01-abababababababab"]));
  expect(all()).toHaveLength(1);
});

test("a debt beyond its credit cuts import off once, until all of it is repaid", async () => {
  await followUps.onLogs([owing("CreditExceeded", 900n, "a1"), owing("CreditExceeded", 950n, "a2")]);
  await followUps.onLogs([owing("DebtRepaid", 1n, "a3"), owing("CreditExceeded", 990n, "a4")]);
  expect(sent).toEqual(["credit-home-01-a1a1a1a1a1a1a1a1"]);
  await followUps.onLogs([owing("DebtRepaid", 0n, "a5"), owing("DebtRepaid", 0n, "a6")]);
  const [opened, cut] = commands.page("home-01", 10);
  expect([cut!.arguments, opened!.arguments]).toEqual([{ mode: "export" }, { mode: "both" }]);
  await followUps.onLogs([owing("CreditExceeded", 900n, "a7")]);
  expect(sent).toHaveLength(3);
});

test("a slotted meter's debt ends when its arrears are repaid, not when it is read", async () => {
  const heard: string[] = [];
  const slots = {} as Meter["slots"];
  let known: Meter = { ...meter, slots };
  const mirror = { ...committed, meter: (serial: string) => (serial === "home-01" ? known : undefined) };
  const alerts = makeChainAlerts({
    energyConverter: converter,
    mirror,
    alerts: {
      raise: (kind) => void heard.push(kind),
      end: (kind) => void heard.push(`no ${kind}`),
    },
  });
  const cutOffs = makeFollowUps({
    ...{ energyConverter: converter, oracleCommittee, mirror, commands, events },
    ...{ displayReset: false, creditCutOff: true },
    ...{ blockTime: () => 1_000n, log },
  });
  const take = async (...logs: ReturnType<typeof owing>[]) => {
    await alerts(logs);
    await cutOffs.onLogs(logs);
    return [heard.at(-1), commands.page("home-01", 10).map(({ arguments: { mode } }) => mode)[0]];
  };
  const cut = ["credit-exceeded", "export"];
  const free = ["no credit-exceeded", "both"];
  try {
    expect(await take(owing("CreditExceeded", 900n, "b1"))).toEqual(cut);
    // Its settlements only count: that they say 0 says nothing of what it owes.
    expect(await take(settled(0n, "b2"))).toEqual(cut);
    expect(await take(owing("DebtRepaid", 1n, "b3"), settled(0n, "b4"))).toEqual(cut);
    // It leaves with its debt: what was read before is no word on it, and the mirror knows it as left already.
    known = { ...meter, slots: undefined };
    expect(await take(settled(0n, "b5"), left(700n, "b6"), settled(650n, "b7"))).toEqual(cut);
    expect(await take(settled(0n, "b8"))).toEqual(free);

    expect(await take(owing("CreditExceeded", 900n, "c1"))).toEqual(cut);
    // It joins after a settlement that repaid all.
    known = { ...meter, slots };
    expect(await take(settled(0n, "c2"), joined(0n, "c3"))).toEqual(free);
    expect(await take(owing("CreditExceeded", 900n, "c4"))).toEqual(cut);
    expect(await take(owing("DebtRepaid", 0n, "c5"))).toEqual(free);
  } finally {
    cutOffs.stop();
  }
});

test("a command is sent again under its id until it is answered or its time is over", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  try {
    const { id } = await commands.queue(relay);
    await commands.check();
    expect(sent).toEqual([id]);
    vi.setSystemTime(Date.now() + 2_000);
    await commands.check();
    expect(sent).toEqual([id, id]);
    vi.setSystemTime(Date.now() + 61_000);
    await commands.check();
    expect(all()).toEqual([{ id, name: "relay", state: "expired" }]);
    // A late answer is recorded, another meter's is not.
    commands.acknowledged("home-02", { id, state: "done", reason: "", timestamp: 1 });
    expect(all()[0]!.state).toBe("expired");
    commands.acknowledged("home-01", { id, state: "done", reason: "", timestamp: 1 });
    expect(commands.page("home-01", 1)[0]!.history.map(({ event }) => event)).toEqual([
      "queued",
      "sent",
      "sent",
      "expired",
      "done",
    ]);
  } finally {
    vi.useRealTimers();
  }
});

test("what a device answered before this node had queued it is not asked of it again", async () => {
  const epoch = { id: "epoch-home-01-3", state: "done", reason: "", timestamp: 1 } as const;
  commands.acknowledged("home-01", { ...epoch, id: "trade-9-1" });
  commands.acknowledged("home-02", epoch);
  commands.acknowledged("home-01", epoch);
  const concluded: string[] = [];
  commands.onConcluded(({ id }) => concluded.push(id));
  await followUps.onLogs([declared("home-01", 3)]);
  await commands.check();
  expect(all()).toEqual([{ id: epoch.id, name: "epoch", state: "done" }]);
  expect([concluded, sent]).toEqual([[epoch.id], []]);
});

test("an answer to another member's command of the same id, that says something else, is not this one's", async () => {
  const wish = { serial: "home-01", name: "grid", values: { mode: "off" }, id: "trade-7-1" } as const;
  const command = { ...wish, deadline: 4_000_000_000, requestedBy: "trade 7" };
  const ack = { id: "trade-7-1", state: "done", reason: "", timestamp: 1 } as const;
  const digest = (mode: string) =>
    commandDigest({ id: ack.id, name: "grid", arguments: { mode }, tradeId: undefined });
  // Heard before it is queued here.
  commands.acknowledged("home-01", { ...ack, of: digest("both") });
  await commands.queue(command);
  commands.acknowledged("home-01", { ...ack, of: digest("both") });
  expect(commands.page("home-01", 1)).toMatchObject([{ id: "trade-7-1", state: "sent" }]);
  commands.acknowledged("home-01", { ...ack, of: digest("off") });
  expect(commands.page("home-01", 1)).toMatchObject([{ id: "trade-7-1", state: "done" }]);
});

test("a change of the committee is told to each device that signs, as the chain has it; the first one to nobody", async () => {
  const changed = {
    address: oracleCommittee,
    topics: encodeEventTopics({
      abi: oracleCommitteeAbi,
      eventName: "CommitteeChanged",
      args: { configuration },
    }),
    data: encodeAbiParameters([{ type: "address[]" }, { type: "uint8" }], [[...members], 2]),
  } as unknown as Parameters<typeof followUps.onLogs>[0][number];
  configuration = 1;
  await followUps.onLogs([changed]);
  expect(all()).toEqual([]);
  configuration = 2;
  await followUps.onLogs([{ ...changed, address: converter }]);
  expect(all()).toEqual([]);
  await followUps.onLogs([changed, changed]);
  const [told, ...more] = commands.page("home-01", 10);
  expect([told, more]).toMatchObject([
    {
      id: "committee-home-01-2",
      name: "committee",
      arguments: {
        members: "0x0000000000000000000000000000000000000003,0x00000000000000000000000000000000000000ab",
        quorum: "2",
        configuration: "2",
      },
    },
    [],
  ]);
  expect(commands.page("plug-01", 10)).toEqual([]);
});
