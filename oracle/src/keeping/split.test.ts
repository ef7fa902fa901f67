import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOf, readShard, type Shard } from "@enerlink/protocol/wire/shard";
import { makeLog } from "@enerlink/service/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, fileOf, openDatabase } from "../store/database.ts";
import { verifyAudit } from "./audit.ts";
import { splitStore } from "./split.ts";

const log = makeLog({ level: "error" });
const chain = { chainId: 31_337, genesisHash: "0x01" };
const [FIRST, SECOND] = ["1/2", "2/2"].map((text) => readShard(text)!) as [Shard, Shard];
/** Of the first half, and of the second. */
const serials = ["home-02", "home-01"] as const;

let root: string;
let [data, further] = ["", ""];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "split-"));
  [data, further] = [join(root, "data"), join(root, "further")];
  const database = openDatabase(data, chain, log);
  database.exec(`
    INSERT INTO transactions (id, kind, sender, nonce, target, data, gas, state, created_at)
      VALUES (1, 'settle', '0x01', 0, '0x02', '0x', 1, 'pending', 1)`);
  for (const [index, serial] of serials.entries()) fill(database, serial, index);
  database.close();
});
afterEach(() => rmSync(root, { recursive: true }));

/** A meter with a report that was sent, one that waits, and what else may be under way. */
function fill(database: Database, serial: string, index: number): void {
  const id = 10 * (index + 1);
  database.exec(`
    INSERT INTO readings VALUES (${id}, '${serial}', 1, 1, 900, 1, 1, 1, x'00', 1);
    INSERT INTO readings VALUES (${id + 1}, '${serial}', 1, 2, 1800, 2, 2, 2, x'00', 2);
    INSERT INTO signed_reports VALUES ('${serial}', 1, 900, 900, '0xab', 1);
    INSERT INTO settlements (reading_id, serial, epoch, timestamp, window_end, state, transaction_id, created_at)
      VALUES (${id}, '${serial}', 1, 900, 900, 'submitted', 1, 1), (${id + 1}, '${serial}', 1, 1800, 1800, 'pending', NULL, 2);
    INSERT INTO holds VALUES ('${serial}', 1, 'register', '', 1);
    INSERT INTO trades (id, serial, accepted_block, accepted_log, state) VALUES (${id}, '${serial}', 1, 1, 'open');
    INSERT INTO alerts (kind, serial, detail, raised_at) VALUES ('silent', '${serial}', '', 1);
    INSERT INTO commands (id, serial, name, message, nonce, deadline, requested_by, state, next_at, created_at)
      VALUES ('c-${serial}', '${serial}', 'epoch', '', 1, 9, 'chain', 'sent', 1, 1);`);
}

function look<T>(folder: string, shard: Shard, sql: string): T[] {
  const database = openDatabase(folder, chain, log, shard);
  try {
    return database.prepare<[], T>(sql).raw().all();
  } finally {
    database.close();
  }
}

test("both stores know all that was heard and signed; what is under way is that of each one's meters", () => {
  expect(serials.map((serial) => isOf(serial, FIRST))).toEqual([true, false]);
  expect(splitStore(data, further, log)).toEqual([FIRST, SECOND]);
  for (const [index, [folder, shard]] of (
    [
      [data, FIRST],
      [further, SECOND],
    ] as const
  ).entries()) {
    const own = serials[index]!;
    expect(look(folder, shard, "SELECT count(*) FROM readings")).toEqual([[4n]]);
    expect(look(folder, shard, "SELECT serial FROM signed_reports ORDER BY serial")).toEqual([
      ["home-01"],
      ["home-02"],
    ]);
    for (const table of [
      "settlements WHERE state = 'pending'",
      "holds",
      "trades WHERE state = 'open'",
      "alerts WHERE ended_at IS NULL",
      "commands WHERE state = 'sent'",
    ])
      expect([table, look(folder, shard, `SELECT DISTINCT serial FROM ${table}`)]).toEqual([table, [[own]]]);
    expect(look(folder, shard, "SELECT command_id FROM command_events WHERE event = 'expired'")).toEqual([
      [`c-${serials[1 - index]}`],
    ]);
    const database = openDatabase(folder, chain, log, shard);
    expect(verifyAudit(database)).toMatchObject({ rows: 1, broken: undefined });
    database.close();
  }
});

test("what was sent stays with whom it was sent by, and is sent again by the other", () => {
  splitStore(data, further, log);
  const states =
    "SELECT serial, state, transaction_id FROM settlements WHERE timestamp = 900 ORDER BY serial";
  const transactions = "SELECT state FROM transactions";
  expect(look(data, FIRST, states)).toEqual([
    ["home-01", "submitted", 1n],
    ["home-02", "submitted", 1n],
  ]);
  expect(look(data, FIRST, transactions)).toEqual([["pending"]]);
  expect(look(further, SECOND, states)).toEqual([["home-01", "pending", null]]);
  expect(look(further, SECOND, transactions)).toEqual([["replaced"]]);
});

test("a store that a node has, or where one would go, is left as it is", () => {
  const database = openDatabase(data, chain, log);
  expect(() => splitStore(data, further, log)).toThrow("is in use or cannot be read");
  expect(existsSync(further)).toBe(false);
  database.close();
  splitStore(data, further, log);
  expect(() => splitStore(data, further, log)).toThrow("is there already: name a folder without a store");
  expect(look(data, FIRST, "SELECT count(*) FROM readings")).toEqual([[4n]]);
});

test("goes on where it was broken off, before the first store was another's and after", () => {
  const part = `${fileOf(further)}.part`;
  splitStore(data, further, log);
  // As it is before the copy gets its name.
  renameSync(fileOf(further), part);
  expect(() => splitStore(data, join(root, "elsewhere"), log)).toThrow(
    `its other half was being put in ${further}: name that folder`,
  );
  expect(splitStore(data, further, log)).toEqual([FIRST, SECOND]);
  expect(existsSync(part)).toBe(false);

  const third = join(root, "third");
  const kept = fileOf(further);
  // As it is before the first store is another's: the copy is made anew.
  splitStore(further, third, log);
  rmSync(kept);
  renameSync(fileOf(third), `${kept}.part`);
  expect(splitStore(data, further, log)).toEqual(["1/4", "3/4"].map((text) => readShard(text)));
});

test("there are at most 256", () => {
  for (let count = 2; count <= 256; count *= 2)
    expect(splitStore(data, join(root, String(count)), log)).toEqual(
      [1, 1 + count / 2].map((number) => ({ number, count })),
    );
  expect(() => splitStore(data, join(root, "512"), log)).toThrow("there are no more shards");
});
