import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Shard } from "@enerlink/protocol/wire/shard";
import { makeLog } from "@enerlink/service/log";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { restore } from "../keeping/restore.ts";
import { openDatabase, openReader, setMeta } from "./database.ts";
import { create, LATEST_VERSION, migrate, versionOf } from "./migrations.ts";
import { FIRST_VERSION } from "./schema.ts";

const log = makeLog({ level: "error" });
const one = { chainId: 31_337, genesisHash: "0x01" };
const two = { chainId: 31_337, genesisHash: "0x02" };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "store-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(identity: typeof one, serial: string): void {
  const database = openDatabase(folder, identity, log);
  database.prepare("INSERT INTO readings VALUES (NULL, ?, 1, 1, 1, 1, 1, 1, x'00', 1)").run(serial);
  database.close();
}

function serials(identity: typeof one): unknown[] {
  const database = openDatabase(folder, identity, log);
  const rows = database.prepare("SELECT serial FROM readings").pluck().all();
  database.close();
  return rows;
}

test("another chain's store is set aside whole, and its own chain is never mixed in", () => {
  write(one, "home-01");
  expect(serials(two)).toEqual([]);
  write(two, "home-02");
  expect(serials(two)).toEqual(["home-02"]);
  const aside = readdirSync(folder).filter((name) => name.startsWith("oracle.sqlite-set-aside-"));
  expect(aside).toHaveLength(1);
});

test("a store is of one shard, and no other's process opens it", () => {
  const open = (shard?: Shard) => openDatabase(folder, one, log, shard);
  const [first, second] = [1, 2].map((number) => ({ number, count: 2 })) as [Shard, Shard];
  open(first).close();
  for (const other of [undefined, second, { number: 1, count: 4 }])
    expect(() => open(other)).toThrow(/^SHARD: ./);
  expect(() => open()).toThrow("SHARD: 1/1 is set, but the store");
  const database = open(first);
  // As stores were before there were shards.
  database.prepare("DELETE FROM meta WHERE key = 'shard'").run();
  database.close();
  expect(() => open(first)).toThrow("is that of 1/1");
  open().close();
});

test("accepted readings can be neither changed nor deleted", () => {
  write(one, "home-01");
  const database = openDatabase(folder, one, log);
  expect(() => database.exec("UPDATE readings SET export_wh = 2")).toThrow("append-only");
  expect(() => database.exec("DELETE FROM readings")).toThrow("append-only");
  database.close();
});

test("nothing is put into a temporary folder, which may be read-only", () => {
  const writer = openDatabase(folder, one, log);
  const reader = openReader(folder);
  for (const database of [writer, reader]) {
    expect(database.pragma("temp_store", { simple: true })).toBe(2n);
    database.close();
  }
});

test("commits reach the disk before they are reported", () => {
  const database = openDatabase(folder, one, log);
  expect(database.pragma("synchronous", { simple: true })).toBe(2n);
  expect(database.pragma("journal_mode", { simple: true })).toBe("wal");
  setMeta(database, "a", "1");
  setMeta(database, "a", "2");
  expect(database.prepare("SELECT value FROM meta WHERE key = 'a'").pluck().get()).toBe("2");
  database.close();
});

test.each([
  [LATEST_VERSION + 1, "written by a newer oracle"],
  [FIRST_VERSION - 1, `versions ${FIRST_VERSION} to ${LATEST_VERSION} can be read`],
])("a store of version %s is not opened and not restored, and stays as it is", (version, words) => {
  write(one, "home-01");
  const database = openDatabase(folder, one, log);
  database.pragma(`user_version = ${version}`);
  database.pragma("journal_mode = DELETE");
  database.close();
  expect(() => openDatabase(folder, one, log)).toThrow(words);
  expect(() => restore(join(folder, "oracle.sqlite"), join(folder, "elsewhere"))).toThrow(words);
  expect(serials(two)).toEqual([]);
});

describe("a store of an earlier version", () => {
  const steps = [
    { what: "a first column", sql: "ALTER TABLE accounts ADD COLUMN first TEXT" },
    { what: "a second column", sql: "ALTER TABLE accounts ADD COLUMN second TEXT" },
  ];
  const file = () => join(folder, "oracle.sqlite");
  const columns = (path: string) => {
    const database = new Sqlite(path, { readonly: true });
    const names = database.prepare("SELECT name FROM pragma_table_info('accounts')").pluck().all();
    const rows = database.prepare("SELECT address FROM accounts").pluck().all();
    database.close();
    return { names, rows };
  };
  /** A store as it was before any step, with a row. */
  function old() {
    const database = new Sqlite(file());
    create(database, []);
    database.exec("INSERT INTO accounts VALUES ('0x1', 'Sari', 1)");
    return database;
  }

  test("is copied, and brought up to date step by step with its rows", () => {
    const database = old();
    const copy = migrate(database, file(), steps)!;
    expect(versionOf(database)).toBe(FIRST_VERSION + 2);
    expect(migrate(database, file(), steps)).toBeUndefined();
    database.close();
    expect(columns(file())).toEqual({
      names: ["address", "name", "created_at", "first", "second"],
      rows: ["0x1"],
    });
    expect(columns(copy)).toEqual({ names: ["address", "name", "created_at"], rows: ["0x1"] });
  });

  test("stays at the last step that succeeded, and goes on from there", () => {
    const database = old();
    const failing = [
      steps[0]!,
      { what: "a mistake", sql: "ALTER TABLE accounts ADD COLUMN second TEXT; nonsense" },
    ];
    expect(() => migrate(database, file(), failing)).toThrow(
      /could not be brought to version 7 \(a mistake\)/,
    );
    expect(versionOf(database)).toBe(FIRST_VERSION + 1);
    migrate(database, file(), steps);
    database.close();
    expect(columns(file()).names).toContain("second");
  });

  test("has the tables of a new one afterwards", () => {
    const database = old();
    migrate(database, file());
    const fresh = new Sqlite(":memory:");
    create(fresh);
    const tables = (of: typeof fresh) =>
      of.prepare("SELECT type, name, tbl_name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").all();
    expect(tables(database)).toEqual(tables(fresh));
    expect(versionOf(database)).toBe(LATEST_VERSION);
    database.close();
  });
});
