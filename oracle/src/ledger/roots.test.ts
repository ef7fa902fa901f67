/** Of a window this node signs one root, and what the chain takes back is committed no more. */
import { oracleCommitteeAbi } from "@enerlink/protocol";
import type { Item } from "@enerlink/protocol/wire/committee";
import { type Abi, encodeAbiParameters, encodeEventTopics, type Hex, pad } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import { log } from "../../testing/meter-world.ts";
import type { Logs } from "../chain/logs.ts";
import { makeMetrics } from "../metrics.ts";
import { type Database, openMemory } from "../store/database.ts";
import { makeRoots, type Roots, treeOf } from "./roots.ts";

const COMMITTEE = "0x00000000000000000000000000000000000000cc";
const WINDOW_END = 1_800_000_900;

const itemOf = (exportWh: bigint): Item => ({
  windowEnd: WINDOW_END,
  reading: {
    ...{ serial: "home-01", epoch: 1, sequence: 5n, timestamp: WINDOW_END - 3 },
    ...{ exportWh, importWh: 2n, storedWh: 0n, signature: Buffer.alloc(64, 7) },
  },
});
const rootOf = (items: readonly Item[]) => treeOf(items).root;

/** As the contract says that it has `root`. */
function committedIn(blockNumber: bigint, root: Hex, address: Hex = COMMITTEE): Logs {
  const args: Record<string, unknown> = {
    windowEnd: WINDOW_END,
    root,
    configuration: 1,
    submitter: COMMITTEE,
  };
  const abi = oracleCommitteeAbi as Abi;
  const event = abi.find((item) => item.type === "event" && item.name === "RootCommitted");
  if (event?.type !== "event") throw new Error("no event RootCommitted");
  const open = event.inputs.filter(({ indexed }) => !indexed);
  const topics = encodeEventTopics({ abi, eventName: event.name, args });
  const data = encodeAbiParameters(open, open.map(({ name }) => args[name!] ?? 0) as never);
  const transactionHash = pad("0x1");
  return [{ address, topics, data, blockNumber, transactionHash }] as unknown as Logs;
}

let database: Database;
let roots: Roots;
beforeEach(() => {
  database = openMemory();
  roots = makeRoots({ database, committee: COMMITTEE, kept: 1_000, metrics: makeMetrics(), log });
});
afterEach(() => void database.close());

test("of a window one root is signed, that one as often as it is asked for", () => {
  const items = [itemOf(10n)];
  expect(roots.sign(WINDOW_END, rootOf(items), items)).toBe(true);
  const others = [itemOf(11n)];
  expect(roots.sign(WINDOW_END, rootOf(others), others)).toBe(false);
  expect(roots.sign(WINDOW_END, rootOf(items), items)).toBe(true);
  expect(roots.signed(WINDOW_END)).toBe(rootOf(items));
  expect(roots.items(WINDOW_END)).toEqual(items);
});

test("what stood in blocks that were replaced is committed no more, what stood before them is", () => {
  const root = rootOf([itemOf(10n)]);
  expect(roots.onLogs(committedIn(5n, root))).toBe(true);
  expect(roots.committed(WINDOW_END)).toMatchObject({ root, blockNumber: 5n, final: false });
  roots.reorganised(6n);
  expect(roots.newest()).toMatchObject({ windowEnd: WINDOW_END, root });
  roots.reorganised(5n);
  expect(roots.committed(WINDOW_END)).toBeUndefined();
});

test("another contract commits nothing", () => {
  expect(
    roots.onLogs(committedIn(5n, rootOf([itemOf(10n)]), "0x00000000000000000000000000000000000000dd")),
  ).toBe(false);
  expect(roots.newest()).toBeUndefined();
});
