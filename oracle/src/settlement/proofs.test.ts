/** What is settled by proof and what in a batch, when, and by whom; a real chain is `testing/roots.ts`'s. */
import { oracleCommitteeAbi, reportLeaf, rootFrom } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import type { Item } from "@enerlink/protocol/wire/committee";
import { type Abi, decodeFunctionData, type Hex, type PublicClient } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Refusal } from "../../simulation/contracts.ts";
import { INTERVAL, log, openMeterWorld, signing } from "../../testing/meter-world.ts";
import type { Meter, Settled } from "../chain/mirror.ts";
import { inOrder, makeRoots, type Roots, treeOf } from "../ledger/roots.ts";
import type { StoredTransaction } from "../transactions/outbox.ts";
import { makeProofs } from "./proofs.ts";

/** Settlements are due every ten windows. */
const EVERY = 10 * INTERVAL;
const START = 1_800_000_000 - (1_800_000_000 % EVERY);
const CONTRACT = "0x00000000000000000000000000000000000000cc";
const SERIALS = ["home-01", "home-02", "home-03"];

let world: ReturnType<typeof openMeterWorld>;
let meters: Map<string, Meter>;
let settled: Map<string, Settled>;
let roots: Roots;
let blockTime: number;
let leads: boolean;
let refuse: Error | undefined;
let configuration: number;
let proofs: ReturnType<typeof makeProofs>;
let sent: { windowEnd: number; serials: string[] }[];
let flushed: number;

const settledAt = (timestamp: number): Settled => ({
  ...{ timestamp, epoch: 1, exportWh: 0n, importWh: 0n, storedWh: 0n },
});

beforeEach(() => {
  world = openMeterWorld({ meter: () => signing });
  const { database, metrics, settlements } = world;
  meters = new Map(SERIALS.map((serial) => [serial, { ...signing, serial }]));
  settled = new Map(SERIALS.map((serial) => [serial, settledAt(START)]));
  roots = makeRoots({ database, committee: CONTRACT, kept: 1, metrics, log });
  [sent, flushed, leads, refuse, configuration] = [[], 0, true, undefined, 1];
  // The second settlement is due.
  blockTime = START + EVERY + INTERVAL;
  let next = 0n;
  proofs = makeProofs({
    client: {
      simulateContract: async () => {
        if (refuse) throw refuse;
      },
    } as unknown as PublicClient,
    deployment: { contracts: { oracleCommittee: CONTRACT } } as unknown as Deployment,
    mirror: {
      meter: (serial) => meters.get(serial),
      meters: () => [...meters.values()],
      settled: (serial) => settled.get(serial),
      committee: () => ({ members: [CONTRACT, CONTRACT, CONTRACT], quorum: 2, configuration }),
    },
    settlements,
    roots,
    outbox: {
      sender: CONTRACT,
      full: () => false,
      submit: async ({ data, kind, to, gas }, bind) => {
        const hash = `0x${(++next).toString(16).padStart(64, "0")}` as const;
        database
          .prepare(
            `INSERT INTO transactions (id, kind, sender, nonce, target, data, gas, state, hash, created_at)
             VALUES (?, ?, '0x', ?, ?, ?, ?, 'pending', ?, 0)`,
          )
          .run(next, kind, next, to, data, gas, hash);
        bind(next);
        return { id: next, kind, nonce: Number(next), hash } as StoredTransaction;
      },
    },
    members: { leads: () => leads },
    takeover: 1_000,
    interval: INTERVAL,
    every: EVERY,
    blockTime: () => BigInt(blockTime),
    started: (items) => {
      sent.push({ windowEnd: items[0]!.windowEnd, serials: items.map(({ reading }) => reading.serial) });
    },
    flush: () => flushed++,
    log: { ...log, warn: () => {} },
  });
});
afterEach(() => world.stop());

/** Meters' reports of the window that ended so many windows after the start, as this node has them. */
function heard(window: number, serials = SERIALS): Item[] {
  return serials.map((serial) => {
    const timestamp = START + window * INTERVAL;
    const registers = { exportWh: BigInt(window), importWh: 0n, storedWh: 0n, signature: Buffer.alloc(64) };
    const reading = { serial, epoch: 1, sequence: BigInt(timestamp), timestamp, ...registers };
    const { id } = world.readings.insert(reading, 1);
    world.database
      .prepare(
        `INSERT INTO settlements (reading_id, serial, epoch, timestamp, window_end, state, route, created_at)
         VALUES (?, ?, 1, ?, ?, 'pending', 'root', 5)`,
      )
      .run(id, serial, timestamp, timestamp);
    return { windowEnd: timestamp, reading };
  });
}
/** The chain has a root of `items`; `known`: which this node has signed. */
function committed(items: readonly Item[], known = true): void {
  const all = inOrder(items);
  const { windowEnd } = all[0]!;
  const { root } = treeOf(all);
  if (known) roots.sign(windowEnd, root, all);
  world.database.prepare("INSERT INTO committed_roots VALUES (?, ?, 1, '0xaa', 1, 1)").run(windowEnd, root);
}
const rows = () =>
  world.database
    .prepare(
      "SELECT serial || ' ' || ((window_end - ?) / ?) || ' ' || route || ' ' || state FROM settlements ORDER BY id",
    )
    .pluck()
    .all(BigInt(START), BigInt(INTERVAL));

test("of each meter the newest report by the time is settled, by one proof that the contract would take", async () => {
  committed(heard(9));
  committed(heard(10));
  // What comes later waits for the next time.
  committed(heard(11));
  await proofs.check();
  expect(sent).toMatchObject([{ windowEnd: START + EVERY, serials: SERIALS }]);
  const data = world.database.prepare<unknown[], Hex>("SELECT data FROM transactions").pluck().get()!;
  const { functionName, args } = decodeFunctionData({ abi: oracleCommitteeAbi, data });
  expect([functionName, args![1]]).toEqual(["settleAllProven", START + EVERY]);
  const [first] = args![0] as Parameters<typeof reportLeaf>[0][];
  const tree = treeOf(roots.items(START + EVERY));
  expect(rootFrom(reportLeaf(first!), tree.proof(0))).toBe(roots.committed(START + EVERY)!.root);
  expect(rows().filter((row) => String(row).includes("submitted"))).toEqual(
    SERIALS.map((serial) => `${serial} 10 root submitted`),
  );
  // It is under way: not a second time.
  await proofs.check();
  expect(sent).toHaveLength(1);
});

test("nothing is settled before the time, a window after it, nor by whose turn it is not", async () => {
  committed(heard(10));
  blockTime = START + EVERY + INTERVAL - 1;
  await proofs.check();
  expect(sent).toEqual([]);
  blockTime++;
  leads = false;
  await proofs.check();
  expect(sent).toEqual([]);
});

test("a meter whose newest report is in no root goes in a batch, and by proof as far as it is in one", async () => {
  committed(heard(9, ["home-02"]));
  committed(heard(10, ["home-01"]));
  heard(10, ["home-02", "home-03"]);
  await proofs.check();
  // It may be disputed since: what was not is settled at any rate.
  expect(sent).toMatchObject([{ serials: ["home-01"] }, { serials: ["home-02"] }]);
  expect(rows()).toEqual([
    "home-02 9 root submitted",
    "home-01 10 root submitted",
    "home-02 10 batch pending",
    "home-03 10 batch pending",
  ]);
  expect(flushed).toBe(1);
});

test("what the chain has passed is done with", async () => {
  heard(8);
  committed(heard(10));
  for (const serial of SERIALS) settled.set(serial, settledAt(START + EVERY));
  await proofs.check();
  expect([sent, flushed]).toEqual([[], 0]);
  expect(rows().every((row) => String(row).endsWith("root settled"))).toBe(true);
});

test("a root of a committee that is no longer, or that the chain has let go, is settled in batches", async () => {
  committed(heard(10));
  configuration = 2;
  await proofs.check();
  expect(sent).toEqual([]);
  expect(rows().every((row) => String(row).endsWith("batch pending"))).toBe(true);
});

test("what the contract no longer knows goes in batches at the next look", async () => {
  committed(heard(10));
  refuse = new Refusal(oracleCommitteeAbi as Abi, "UnknownRoot", [START + EVERY]).error;
  await proofs.check();
  expect(sent).toEqual([]);
  refuse = undefined;
  await proofs.check();
  expect(sent).toEqual([]);
  expect(rows().every((row) => String(row).endsWith("batch pending"))).toBe(true);
});

test("a root of others is left to them first", async () => {
  committed(heard(10), false);
  await proofs.check();
  expect([sent, flushed]).toEqual([[], 0]);
  expect(rows().every((row) => String(row).endsWith("root pending"))).toBe(true);
});

test("a meter of a community is settled by none, and one that no longer counts neither", async () => {
  committed(heard(10));
  const slots = { communityId: 1 } as unknown as NonNullable<Meter["slots"]>;
  meters.set("home-01", { ...signing, serial: "home-01", slots });
  meters.set("home-02", { ...signing, serial: "home-02", suspended: true });
  await proofs.check();
  expect(sent).toMatchObject([{ serials: ["home-03"] }]);
});

test("of a meter that comes to share slots, or whose epoch is over, nothing waits for a root any more", () => {
  heard(8);
  heard(9);
  const slots = { communityId: 1 } as unknown as NonNullable<Meter["slots"]>;
  world.settlements.outOfRoots({ ...signing, serial: "home-01", slots });
  world.settlements.outOfRoots({ ...signing, serial: "home-02", epoch: 2 });
  world.settlements.outOfRoots({ ...signing, serial: "home-03" });
  expect(rows()).toEqual([
    "home-01 8 batch pending",
    "home-02 8 root skipped",
    "home-03 8 root pending",
    "home-01 9 batch pending",
    "home-02 9 root skipped",
    "home-03 9 root pending",
  ]);
});
