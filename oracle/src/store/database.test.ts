import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeLog } from "../log.ts";
import { openDatabase, setMeta } from "./database.ts";

const log = makeLog("error");
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

test("accepted readings can be neither changed nor deleted", () => {
  write(one, "home-01");
  const database = openDatabase(folder, one, log);
  expect(() => database.exec("UPDATE readings SET export_wh = 2")).toThrow("append-only");
  expect(() => database.exec("DELETE FROM readings")).toThrow("append-only");
  database.close();
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

test("a store of another version is not opened, and stays as it is", () => {
  write(one, "home-01");
  const database = openDatabase(folder, one, log);
  database.pragma("user_version = 1");
  database.close();
  expect(() => openDatabase(folder, one, log)).toThrow("DATA_DIR: another version of the oracle wrote");
  expect(serials(two)).toEqual([]);
});
