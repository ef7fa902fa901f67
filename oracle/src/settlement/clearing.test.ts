import { type Report, slotPoolAbi } from "@enerlink/protocol";
import { makeLog } from "@enerlink/service/log";
import type { Abi } from "viem";
import { beforeEach, describe, expect, test } from "vitest";
import { Refusal } from "../../simulation/contracts.ts";
import type { Settlement, UnderWay } from "../ledger/settlements.ts";
import { makeMetrics } from "../metrics.ts";
import type { Community } from "../rules/clearing.ts";
import { type Database, openMemory } from "../store/database.ts";
import { makeClearing } from "./clearing.ts";

/** A slot of the communities ends there, unix seconds. */
const END = 1_800_000_000;
const POOL = "0x00000000000000000000000000000000000000cc";

let database: Database;
let communities: Community[];
let settled: Map<string, number>;
let underWay: UnderWay[];
let time: number;
/** By how many seconds the next block's time is ahead of the latest one's. */
let ahead: number;
let leads: boolean;
/** Since when a slot is known to be due, at each look by whose turn it is. */
let turns: number[];
/** Whether the account has as much under way as it may. */
let full: boolean;
/** Communities for which the pool reverts, or does not answer. */
let broken: Set<number>;
/** What it says then. */
let refusal: Error;
let asked: number[];
let sent: { community: number; slotEnd: number; gas: bigint }[];
let alert: string | undefined;
let clearing: ReturnType<typeof makeClearing>;

/** Two members, both read at the end of the slot before. */
const community = (id: number): Community => ({
  id,
  slots: { length: 900, tolerance: 120, patience: 600 },
  clearedTo: END - 900,
  present: 0b11n,
  members: [`home-${id}-a`, `home-${id}-b`],
});
const read = (serial: string, after = 0) => settled.set(serial, END + after);
const report = (serial: string, after = 0, windowEnd: number | null = END): Settlement =>
  ({ windowEnd: windowEnd ?? undefined, reading: { serial, timestamp: END + after } }) as Settlement & {
    reading: Report;
  };

let elsewhere: "none" | "under-way" | "unknown";
let clearsFirst: boolean;
beforeEach(() => {
  [elsewhere, clearsFirst] = ["none", true];
  database = openMemory();
  communities = [community(1), community(2)];
  settled = new Map(communities.flatMap(({ members }) => members.map((serial) => [serial, END - 890])));
  [underWay, asked, sent] = [[], [], []];
  broken = new Set();
  refusal = new Error("the pool does not answer");
  [turns, full] = [[], false];
  [time, ahead, leads, alert] = [END + 10, 0, true, undefined];
  const slotOf = (serial: string) => communities.find(({ members }) => members.includes(serial));
  clearing = makeClearing({
    siblings: { reportsOf: () => elsewhere, clearsFirst: () => clearsFirst },
    database,
    client: {
      simulateContract: async ({ args: [id] }: { args: [number] }) => {
        asked.push(id);
        if (broken.has(id)) throw refusal;
      },
      getBlock: async () => ({ timestamp: BigInt(time + ahead) }),
    } as never,
    deployment: { contracts: { slotPool: POOL } } as never,
    mirror: {
      settled: (serial) => ({ timestamp: settled.get(serial) }) as never,
      meter: (serial) => ({ slots: { communityId: slotOf(serial)?.id } }) as never,
      community: (id) => communities.find((one) => one.id === id),
      communities: () => communities,
    },
    settlements: {
      underWay: (serials, from, to) =>
        underWay.filter(
          ({ serial, timestamp }) => serials.includes(serial) && timestamp >= from && timestamp <= to,
        ),
    },
    outbox: {
      sender: POOL,
      full: () => full,
      handle: () => {},
      submit: async ({ kind, gas }, bind) => {
        const insert = `INSERT INTO transactions (kind, sender, nonce, target, data, gas, state, created_at)
          VALUES (?, '', ?, '', '', 0, 'pending', 0) RETURNING id`;
        const id = database.prepare<unknown[], bigint>(insert).pluck().get(kind, sent.length)!;
        bind(id);
        const row = database.prepare<unknown[], { community_id: bigint; slot_end: bigint }>(
          "SELECT community_id, slot_end FROM clearings WHERE transaction_id = ?",
        );
        const { community_id, slot_end } = row.get(id)!;
        sent.push({ community: Number(community_id), slotEnd: Number(slot_end), gas });
        return { id, kind, nonce: 0, hash: "0x" };
      },
    },
    members: {
      leads: (_, since) => {
        turns.push(since);
        return leads;
      },
    },
    blockTime: () => BigInt(time),
    alerts: {
      raise: (_kind, _serial, detail) => {
        alert = detail;
      },
      end: () => {
        alert = undefined;
      },
    },
    metrics: makeMetrics(),
    log: { ...makeLog({ level: "error" }), warn: () => {}, error: () => {} },
    now: () => (time + ahead) * 1_000,
  });
});
const cleared = () => sent.map(({ community: id }) => id);

test("clears when all who were there are read, by whose turn it is, once while that is under way", async () => {
  read("home-1-a");
  await clearing.check();
  expect(sent).toEqual([]);
  read("home-1-b", 60);
  leads = false;
  await clearing.check();
  expect(asked).toEqual([]);
  leads = true;
  await clearing.check();
  await clearing.check();
  expect(sent).toEqual([{ community: 1, slotEnd: END, gas: 500_000n }]);
});

test("tries again when its transaction was given up", async () => {
  for (const serial of ["home-1-a", "home-1-b"]) read(serial);
  await clearing.check();
  database.exec("UPDATE transactions SET kind = 'noop'");
  await clearing.check();
  expect(cleared()).toEqual([1, 1]);
});

test("waits for who is missing as long as the pool does, and no longer", async () => {
  read("home-1-a");
  time = END + 599;
  await clearing.check();
  expect(sent).toEqual([]);
  time = END + 600;
  await clearing.check();
  expect(cleared()).toEqual([1]);
});

test("waits no longer where blocks only come with transactions", async () => {
  read("home-1-a");
  ahead = 589;
  await clearing.check();
  expect(sent).toEqual([]);
  ahead = 590;
  await clearing.check();
  expect(cleared()).toEqual([1]);
});

test("waits for a report that is on its way, after an outage as well", async () => {
  read("home-1-a");
  underWay = [{ serial: "home-1-b", timestamp: END + 5, windowEnd: undefined, state: "pending" }];
  time = END + 5_000;
  await clearing.check();
  expect(sent).toEqual([]);
  underWay = [];
  await clearing.check();
  expect(cleared()).toEqual([1]);
});

test("one community's trouble stops no other, and is an alert after two minutes, when reports wait no more", async () => {
  for (const { members } of communities) for (const serial of members) read(serial);
  broken.add(1);
  await clearing.check();
  expect(cleared()).toEqual([2]);
  expect([alert, clearing.isOverdue(1)]).toEqual([undefined, false]);
  communities = communities.map((one) => (one.id === 2 ? { ...one, clearedTo: END } : one));
  time += 121;
  await clearing.check();
  expect(alert).toBe(`the slot until ${new Date(END * 1_000).toISOString()} of community 1 is not cleared`);
  expect([clearing.isOverdue(1), clearing.isOverdue(2)]).toEqual([true, false]);
  communities = communities.map((one) => ({ ...one, clearedTo: END }));
  await clearing.check();
  expect([alert, clearing.isOverdue(1)]).toEqual([undefined, false]);
});

test("a batch clears the slot that it completes, with what was sent before it", () => {
  const batch = [report("home-1-b", 20)];
  expect(clearing.completedBy(batch)).toBeUndefined();
  read("home-1-a");
  expect(clearing.completedBy(batch)).toEqual({ communityId: 1, slotEnd: END, gas: 500_000n });
  settled.delete("home-1-a");
  underWay = [{ serial: "home-1-a", timestamp: END, windowEnd: undefined, state: "pending" }];
  expect(clearing.completedBy(batch)).toBeUndefined();
  underWay = [{ serial: "home-1-a", timestamp: END, windowEnd: undefined, state: "submitted" }];
  expect(clearing.completedBy(batch)).toMatchObject({ communityId: 1 });
});

test("a batch clears one community's slot, and none that a report for no slot leaves incomplete", () => {
  const batch = [report("home-1-a", 300, null), report("home-1-b")];
  expect(clearing.completedBy(batch)).toBeUndefined();
  const others = communities[1]!.members.map((serial) => report(serial));
  expect(clearing.completedBy([...batch, ...others])).toMatchObject({ communityId: 2 });
  // Who was not there at the last slot's end is not waited for.
  communities = communities.map((one) => ({ ...one, present: 0b10n }));
  settled.delete("home-1-a");
  expect(clearing.completedBy(batch)).toMatchObject({ communityId: 1 });
});

test("what the pool refused is left for a while, but for what only has to wait", async () => {
  for (const serial of communities[0]!.members) read(serial);
  broken.add(1);
  refusal = new Refusal(slotPoolAbi as Abi, "StillWaiting", [1, END, 1n, END + 600]).error;
  await clearing.check();
  await clearing.check();
  expect(asked).toEqual([1, 1]);
  refusal = new Error("the pool does not answer");
  await clearing.check();
  await clearing.check();
  expect(asked).toEqual([1, 1, 1]);
});

test("turns are counted from when the slot was first known to be due", async () => {
  for (const serial of communities[0]!.members) read(serial);
  leads = false;
  await clearing.check();
  time += 30;
  await clearing.check();
  expect(turns).toEqual([(END + 10) * 1_000, (END + 10) * 1_000]);
});

test("an account with as much under way as it may clears nothing", async () => {
  for (const serial of communities[0]!.members) read(serial);
  full = true;
  await clearing.check();
  expect(sent).toEqual([]);
  full = false;
  await clearing.check();
  expect(cleared()).toEqual([1]);
});

test("a batch clears no slot that a transaction under way clears", async () => {
  for (const serial of communities[0]!.members) read(serial);
  const batch = [report("home-1-b", 20)];
  expect(clearing.completedBy(batch)).toMatchObject({ communityId: 1 });
  await clearing.check();
  expect(clearing.completedBy(batch)).toBeUndefined();
});

describe("where a community's meters are of several shards", () => {
  beforeEach(() => {
    for (const serial of communities[0]!.members) read(serial);
  });

  test("reports of the others are waited for, and no alert is raised meanwhile", async () => {
    elsewhere = "under-way";
    await clearing.check();
    time += 5_000;
    await clearing.check();
    expect([sent, alert]).toEqual([[], undefined]);
    expect(clearing.completedBy([report("home-1-b", 20)])).toBeUndefined();
    elsewhere = "none";
    await clearing.check();
    expect(cleared()).toEqual([1]);
  });

  test.each(["another shard's community", "not knowing of the others"])(
    "%s is left to others for a minute",
    async (why) => {
      if (why.startsWith("another")) clearsFirst = false;
      else elsewhere = "unknown";
      await clearing.check();
      time += 59;
      await clearing.check();
      expect(sent).toEqual([]);
      time += 1;
      await clearing.check();
      expect(cleared()).toEqual([1]);
    },
  );

  test("the others are told of the earliest slot of which reports are under way here", () => {
    const [serial] = communities[0]!.members;
    underWay = [END + 900, END + 5, END - 880].map((timestamp) => ({
      ...{ serial: serial!, timestamp, windowEnd: undefined, state: "pending" },
    }));
    expect(clearing.openSlots()).toEqual([[1, END]]);
  });
});
