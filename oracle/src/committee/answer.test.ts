/** What a member answers to a proposal, and whose signature it takes for whose. */
import {
  approvalText,
  committeeTopic,
  type Item,
  readApproval,
  readCommitteeTopic,
  seal,
} from "@enerlink/protocol/wire/committee";
import { WHOLE } from "@enerlink/protocol/wire/shard";
import { makeLog } from "@enerlink/service/log";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { inOrder, makeRoots, treeOf } from "../ledger/roots.ts";
import { makeMetrics } from "../metrics.ts";
import { type Database, openMemory } from "../store/database.ts";
import { makeCommittee } from "./committee.ts";
import { makeMembers } from "./members.ts";
import { batchOf, rootOf } from "./round.ts";
import { makeSiblings } from "./siblings.ts";
import { makeSignedReports } from "./signed.ts";

const [self, second, third] = [1, 2, 3].map((digit) =>
  privateKeyToAccount(`0x${String(digit).repeat(64)}`),
) as [
  ReturnType<typeof privateKeyToAccount>,
  ReturnType<typeof privateKeyToAccount>,
  ReturnType<typeof privateKeyToAccount>,
];
const domain = { chainId: 1, committee: `0x${"ab".repeat(20)}` } as const;
const committee = {
  members: [self, second, third].map(({ address }) => address),
  quorum: 2,
  configuration: 1,
};
const NOW = 1_800_000_000n;

const item: Item = {
  windowEnd: 900,
  reading: {
    ...{
      serial: "home-01",
      epoch: 1,
      sequence: 890n,
      timestamp: 890,
      exportWh: 5n,
      importWh: 2n,
      storedWh: 0n,
    },
    signature: Buffer.alloc(64),
  },
};

let database: Database;
let node: ReturnType<typeof makeCommittee>;
let said: { topic: string; text: string }[];
let halted: boolean;
let metrics: ReturnType<typeof makeMetrics>;
beforeEach(() => {
  vi.useFakeTimers({
    now: Number(NOW) * 1_000,
    toFake: ["setTimeout", "clearTimeout", "Date", "performance"],
  });
  database = openMemory();
  [said, halted] = [[], false];
  node = start();
});
function start() {
  metrics = makeMetrics();
  return makeCommittee({
    ...{ domain, signer: self, shard: WHOLE, mirror: { committee: () => committee } },
    siblings: makeSiblings({ shard: WHOLE }),
    openSlots: () => [],
    members: makeMembers({ self: self.address, committee: () => committee, takeover: 1_000 }),
    signed: makeSignedReports(database, 900),
    roots: makeRoots({
      database,
      committee: domain.committee,
      kept: 1,
      metrics,
      log: makeLog({ level: "error" }),
    }),
    confirm: { confirm: async () => [], take: async () => new Set() },
    disputes: { keep: () => {} } as never,
    probe: { heard: () => {} },
    blockTime: () => NOW,
    halted: () => halted,
    publish: async (topic, text) => void said.push({ topic, text }),
    failed: (error) => {
      throw error;
    },
    metrics,
    log: makeLog({ level: "error" }),
  });
}
afterEach(() => {
  vi.useRealTimers();
  database.close();
});

const receive = (topic: string, text: string) =>
  node.receive({ topic, payload: Buffer.from(text), retained: false });

/** Resolves to the kinds of what it answers. */
async function answersTo(deadline: bigint, configuration = 1): Promise<(string | undefined)[]> {
  const text = await seal(domain, second, "proposal", { deadline, configuration, items: [item] });
  receive(committeeTopic(second.address, "proposal"), text);
  await node.stop();
  return said.map(({ topic }) => readCommitteeTopic(topic)?.kind);
}

test("a batch that holds for a while is signed", async () => {
  expect(await answersTo(NOW + 7_200n)).toEqual(["approval"]);
  const { hash } = batchOf(domain, 1, [item], NOW + 7_200n);
  expect(readApproval(Buffer.from(said[0]!.text)).batch).toBe(hash);
});

test("until its last second", async () => {
  expect(await answersTo(NOW)).toEqual(["approval"]);
});

test.each([
  ["that has expired", NOW - 1n, 1],
  ["that would hold for longer than anybody should remember", NOW + 7_201n, 1],
  ["of a committee that is no longer", NOW + 60n, 2],
])("a batch %s is not", async (_, deadline, configuration) => {
  expect(await answersTo(deadline, configuration)).toEqual([]);
  expect(database.prepare("SELECT * FROM signed_reports").all()).toEqual([]);
});

test("a node that does not trust the chain signs nothing", async () => {
  halted = true;
  expect(await answersTo(NOW + 60n)).toEqual([]);
  expect(database.prepare("SELECT * FROM signed_reports").all()).toEqual([]);
});

test.each([
  ["its own key", second, "agreed"],
  ["another member's", third, "silent"],
] as const)("what comes on a member's topic counts when it is signed with %s", async (_, by, outcome) => {
  const agreement = node.agree([item]);
  await vi.waitFor(() => expect(said).toHaveLength(1));
  const { typedData, hash } = batchOf(domain, 1, [item], NOW + 3_600n);
  const text = approvalText({ batch: hash, signature: await by.signTypedData(typedData) });
  receive(committeeTopic(second.address, "approval"), text);
  await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(10_000);
  expect((await agreement).outcome).toBe(outcome);
});

/** A report of another meter, in the same window. */
const of = (serial: string, more: Partial<Item> = {}): Item => ({
  windowEnd: 900,
  ...more,
  reading: { ...item.reading, serial },
});

/** Has the node stand for `items`, then asks it for a root. Resolves to the kinds of what it answers to that. */
async function rootAnswers(
  items: readonly Item[],
  {
    root = treeOf(inOrder(items)).root,
    windowEnd = 900,
    deadline = NOW + 60n,
    batches = undefined as Hex[] | undefined,
  } = {},
): Promise<(string | undefined)[]> {
  const { hash } = batchOf(domain, 1, items, NOW + 60n);
  const proposal = { deadline: NOW + 60n, configuration: 1, items: [...items], leaves: true };
  receive(committeeTopic(second.address, "proposal"), await seal(domain, second, "proposal", proposal));
  await vi.waitFor(() => expect(said).toHaveLength(1));
  said.length = 0;
  const message = { windowEnd, root, deadline, configuration: 1 };
  const asked = { ...message, batches: batches ?? [hash] };
  receive(committeeTopic(second.address, "root"), await seal(domain, second, "root", asked));
  // What one member says is read after a rest.
  await vi.waitFor(async () =>
    expect(await metrics.text()).toContain('enerlink_committee_messages_total{outcome="root"} 1'),
  );
  await node.stop();
  const [first] = said;
  if (first) expect(readApproval(Buffer.from(first.text)).batch).toBe(rootOf(domain, message).hash);
  return said.map(({ topic }) => readCommitteeTopic(topic)?.kind);
}
const rootsSigned = () => database.prepare("SELECT window_end, root FROM signed_roots").all();

test("a root of what was approved is signed, and noted before", async () => {
  const items = [of("home-02"), of("home-01")];
  expect(await rootAnswers(items)).toEqual(["approval"]);
  expect(rootsSigned()).toEqual([{ window_end: 900n, root: treeOf(inOrder(items)).root }]);
  expect(database.prepare("SELECT serial FROM root_leaves").pluck().all()).toEqual(["home-01", "home-02"]);
});

test.each<[string, Parameters<typeof rootAnswers>]>([
  ["of other reports than were approved", [[of("home-01")], { root: `0x${"12".repeat(32)}` }]],
  ["of a batch that was not", [[of("home-01")], { batches: [`0x${"12".repeat(32)}`] }]],
  ["of another window", [[of("home-01", { windowEnd: 890 })], {}]],
  ["that has expired", [[of("home-01")], { deadline: NOW - 1n }]],
])("a root %s is not", async (_, [items, more]) => {
  expect(await rootAnswers(items, more)).toEqual([]);
  expect(rootsSigned()).toEqual([]);
});

test("nor a second one of a window, whoever asks", async () => {
  database.prepare("INSERT INTO signed_roots VALUES (900, ?, 0)").run(`0x${"12".repeat(32)}`);
  expect(await rootAnswers([of("home-01")])).toEqual([]);
});

test("nor one that the store may have forgotten", async () => {
  database.prepare("INSERT INTO meta VALUES ('restored', '500')").run();
  node = start();
  expect(await rootAnswers([of("home-01")])).toEqual([]);
});
