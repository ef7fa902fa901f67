import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog } from "@enerlink/service/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeReadings } from "../ledger/readings.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { makeHistory, type PastSettlement, positionOf } from "./history.ts";

const EVER = { from: 0, to: 2 ** 50 };
let folder: string;
let database: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "history-"));
  database = openDatabase(folder, { chainId: 31_337, genesisHash: "0x01" }, makeLog({ level: "error" }));
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

/** A report that this node has. */
function own(serial: string, timestamp: number, state: string, reason: string | null = null): void {
  const values = { exportWh: 7n, importWh: 3n, storedWh: 0n, signature: Buffer.alloc(64) };
  const reading = { serial, epoch: 1, sequence: BigInt(timestamp), timestamp, ...values };
  const { id } = makeReadings(database).insert(reading, 1);
  database
    .prepare(
      "INSERT INTO settlements (reading_id, serial, epoch, timestamp, window_end, state, reason, created_at) VALUES (?, ?, 1, ?, ?, ?, ?, 5)",
    )
    .run(id, serial, timestamp, timestamp, state, reason);
}
/** What the chain settled. */
function chain(serial: string, timestamp: number, final = 1): void {
  database
    .prepare("INSERT INTO chain_settlements VALUES (?, 1, ?, 40, 0, '0xab', 9, ?, 70, 30, 0)")
    .run(serial, timestamp, final);
}
function all(limit: number, meter?: string, span = EVER): PastSettlement[] {
  const { page } = makeHistory(database);
  const found: PastSettlement[] = [];
  for (;;) {
    const last = found.at(-1);
    const next = page(meter, span, last && positionOf(last.id), limit);
    found.push(...next);
    if (next.length < limit) return found;
  }
}
const ids = (settlements: PastSettlement[]) => settlements.map(({ id }) => id);

test("what the chain settled stands beside what this node knows, and goes before it", () => {
  own("home-01", 900, "pending");
  own("home-01", 1_800, "skipped", "stale");
  chain("home-01", 1_800);
  chain("home-02", 1_800, 0);
  own("home-03", 2_700, "skipped", "impossible");
  expect(all(10)).toMatchObject([
    { id: "home-03-1-2700", state: "skipped", reason: "impossible", signed: true, final: true },
    { id: "home-02-1-1800", state: "settled", exportWh: 70n, signed: undefined, final: false },
    // Two leaders had sent it: this node's own batch moved nothing.
    { id: "home-01-1-1800", state: "settled", reason: undefined, exportWh: 70n, tokensWh: 40n, final: true },
    { id: "home-01-1-900", state: "pending", exportWh: 7n, transactionHash: undefined, final: false },
  ]);
});

test("what a settlement counted is told from the one before it, of its own epoch", () => {
  const settled = database.prepare(
    "INSERT INTO chain_settlements VALUES ('home-01', ?, ?, 40, 0, '0xab', 9, 1, ?, ?, 0)",
  );
  settled.run(1, 900, 70, 30);
  settled.run(1, 2_700, 95, 31);
  settled.run(2, 3_600, 5, 4);
  settled.run(2, 4_500, 5, 10);
  database
    .prepare("INSERT INTO chain_settlements VALUES ('home-02', 1, 1800, 40, 0, '0xab', 9, 1, 80, 30, 0)")
    .run();
  own("home-01", 5_400, "pending");
  const counted = all(1, "home-01").map(({ exportedWh, importedWh }) => [exportedWh, importedWh]);
  expect(counted).toEqual([
    [undefined, undefined],
    [0n, 6n],
    [0n, 0n],
    [25n, 1n],
    [0n, 0n],
  ]);
});

test("no page loses a row, whatever its length, and a span is half-open", () => {
  for (let index = 0; index < 40; index++) {
    const timestamp = 900 * (1 + Math.floor(index / 4));
    const serial = `home-${index % 4}`;
    if (index % 3 !== 1) own(serial, timestamp, "pending");
    if (index % 3 !== 0) chain(serial, timestamp);
  }
  const wanted = ids(all(100));
  expect(new Set(wanted).size).toBe(40);
  for (const limit of [1, 2, 3, 7]) expect(ids(all(limit))).toEqual(wanted);
  expect(ids(all(3, "home-2"))).toEqual(wanted.filter((id) => id.startsWith("home-2-")));
  const between = (from: number, to: number) =>
    wanted.filter((id) => positionOf(id)!.timestamp >= from && positionOf(id)!.timestamp < to);
  expect(ids(all(3, undefined, { from: 1_800, to: 2_700 }))).toEqual(between(1_800, 2_700));
  expect(between(1_800, 2_700)).toHaveLength(4);
  expect(ids(all(3, "home-1", { from: 901, to: 2_701 }))).toEqual(["home-1-1-2700", "home-1-1-1800"]);
});

test("a page costs what it answers, however long the history is", { timeout: 60_000 }, () => {
  const times =
    "WITH RECURSIVE times (t) AS (SELECT 900 UNION ALL SELECT t + 900 FROM times WHERE t < 900 * 5000)";
  database.exec(`
    INSERT INTO readings ${times} SELECT t, 'home-01', 1, t, t, 7, 3, 0, x'00', 1 FROM times;
    INSERT INTO settlements (reading_id, serial, epoch, timestamp, state, created_at)
      ${times} SELECT t, 'home-01', 1, t, 'settled', 5 FROM times;
    INSERT INTO chain_settlements ${times} SELECT 'home-01', 1, t, 40, 0, '0xab', 9, 1, 70, 30, 0 FROM times;`);
  const { page } = makeHistory(database);
  const time = (work: () => unknown) => {
    const runs = Array.from({ length: 8 }, () => {
      const began = performance.now();
      work();
      return performance.now() - began;
    });
    return runs.toSorted((a, b) => a - b)[1]!;
  };
  const one = time(() => page("home-01", EVER, undefined, 1));
  const everything = time(() => page("home-01", EVER, undefined, 5_000));
  expect(one * 20).toBeLessThan(everything);
  const others = time(() => page(undefined, EVER, positionOf("home-01-1-2250000"), 1));
  expect(others * 20).toBeLessThan(everything);
});

test("what stands in a committed root is told from what waits, until the chain has settled it", () => {
  const root = "0x12";
  own("home-01", 900, "pending");
  own("home-02", 900, "pending");
  database.exec(`UPDATE settlements SET route = 'root';
    INSERT INTO signed_roots VALUES (900, '${root}', 0);
    INSERT INTO root_leaves VALUES (900, 'home-01', 1, 900, 900, 7, 3, 0, NULL);`);
  const { page } = makeHistory(database);
  const states = () =>
    page(undefined, EVER, undefined, 10, true).map(({ state, transactionHash }) => [state, transactionHash]);
  expect(states()).toEqual([
    ["pending", undefined],
    ["pending", undefined],
  ]);
  // It is a diary of who is at home, and the chain does not show it.
  expect(all(10)).toEqual([]);
  // Another root of the window than this node has signed says nothing of its reports.
  database.exec("INSERT INTO committed_roots VALUES (900, '0x34', 1, '0xcd', 8, 0)");
  expect(states()).toEqual([
    ["pending", undefined],
    ["pending", undefined],
  ]);
  database.exec(`UPDATE committed_roots SET root = '${root}'`);
  expect(states()).toEqual([
    ["pending", undefined],
    ["committed", "0xcd"],
  ]);
  chain("home-01", 900);
  expect(states()).toEqual([
    ["pending", undefined],
    ["settled", "0xab"],
  ]);
  expect(all(10).map(({ state }) => state)).toEqual(["settled"]);
});
