/** Roll-ups and retention, copies and their restoration, and a disk that takes no more. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog } from "@enerlink/service/log";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeReadings } from "../ledger/readings.ts";
import { type Database, meta, openDatabase, RESTORED } from "../store/database.ts";
import { makeBackup } from "./backup.ts";
import { restore } from "./restore.ts";
import { makeRollups } from "./rollups.ts";

const log = makeLog({ level: "error" });
const chain = { chainId: 31_337, genesisHash: "0x01" };
const DAY = 86_400;
const START = 1_800_000_000 - (1_800_000_000 % DAY);

let folder: string;
let data: string;
let database: Database;
let time: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keeping-"));
  data = join(folder, "data");
  database = openDatabase(data, chain, log);
  time = START * 1_000;
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

/** A reading of `serial` `seconds` after the start, received then. */
function insert(serial: string, seconds: number, exportWh: bigint, epoch = 1): bigint {
  const timestamp = START + seconds;
  return makeReadings(database).insert(
    {
      serial,
      epoch,
      sequence: BigInt(timestamp),
      timestamp,
      exportWh,
      importWh: exportWh / 2n,
      storedWh: 0n,
      signature: Buffer.alloc(64),
    },
    timestamp * 1_000,
  ).id;
}
const count = () => Number(database.prepare("SELECT count(*) FROM readings").pluck().get());

describe("roll-ups", () => {
  const rollups = (retentionDays?: number) => makeRollups({ database, retentionDays, now: () => time });

  test("hold the registers at the end of each span, whatever the order and the portions", () => {
    const all = rollups();
    insert("home-01", 0, 10n);
    insert("home-01", 880, 20n);
    all.sumUp();
    insert("home-01", 400, 15n);
    insert("home-01", 900, 30n);
    insert("home-01", 4_000, 40n);
    insert("home-02", 100, 7n);
    expect(all.sumUp()).toBe(false);
    const page = (span: 900 | 3_600 | 86_400) =>
      all
        .page("home-01", span, { from: 0, to: START + DAY }, 10)
        .map(({ start, exportWh, readings }) => [start - START, exportWh, readings]);
    expect(page(900)).toEqual([
      [3_600, 40n, 1],
      [900, 30n, 1],
      [0, 20n, 3],
    ]);
    expect(page(3_600)).toEqual([
      [3_600, 40n, 1],
      [0, 30n, 4],
    ]);
    expect(page(86_400)).toEqual([[0, 40n, 5]]);
  });

  test("go on in small portions until everything is summed up and let go", async () => {
    database.transaction(() => {
      for (let second = 0; second < 1_300; second++) insert("home-01", second, BigInt(second));
    })();
    time = (START + 31 * DAY) * 1_000;
    const all = rollups(30);
    all.check();
    const readings = () => all.page("home-01", 86_400, { from: 0, to: START + DAY }, 1)[0]?.readings;
    expect(readings()).toBe(500);
    all.check();
    expect(readings()).toBe(500);
    await vi.waitFor(() => expect([readings(), count()]).toEqual([1_300, 1]));
    all.stop();
  });

  test("outlive the readings; those that closed a window and the latest of each meter stay", () => {
    const first = insert("home-01", 0, 10n);
    insert("home-01", 10, 11n);
    insert("home-01", 20, 12n);
    insert("home-02", 30, 5n);
    insert("home-01", 30 * DAY, 900n);
    database
      .prepare(
        "INSERT INTO settlements (reading_id, serial, epoch, timestamp, window_end, state, created_at) VALUES (?, 'home-01', 1, 1, 1, 'settled', 1)",
      )
      .run(first);
    time = (START + 31 * DAY) * 1_000;
    expect(rollups().release()).toBe(0);
    // What is not summed up stays.
    expect(rollups(30).release()).toBe(0);
    const all = rollups(30);
    all.sumUp();
    expect(all.release()).toBe(2);
    expect(all.release()).toBe(0);
    expect(count()).toBe(3);
    expect(
      all.page("home-01", 86_400, { from: 0, to: START + 40 * DAY }, 10).map(({ exportWh }) => exportWh),
    ).toEqual([900n, 12n]);
    // What is young can still not be deleted by anybody.
    expect(() => database.exec("DELETE FROM readings")).toThrow();
    expect(() => database.exec(`DELETE FROM readings WHERE timestamp = ${START + 30 * DAY}`)).toThrow(
      "append-only",
    );
  });
});

describe("a copy", () => {
  const copies = join("copies");
  function makeCopies(where = join(folder, copies)) {
    const told: string[] = [];
    const alerts = {
      raise: (kind: string, _: unknown, detail: string) => void told.push(`${kind}: ${detail}`),
      end: (kind: string) => void told.push(`no ${kind}`),
    };
    const backup = makeBackup({
      database,
      folder: where,
      every: 1_000,
      kept: 2,
      alerts,
      log,
      now: () => time,
    });
    return { backup, told };
  }

  test("is taken while readings come in, and restored to the reading", async () => {
    insert("home-01", 0, 10n);
    const { backup } = makeCopies();
    const taking = backup.take();
    for (let second = 1; second < 200; second++) insert("home-01", second, BigInt(10 + second));
    await taking;
    insert("home-01", 500, 1_000n);
    const [name] = readdirSync(join(folder, copies));
    const copy = join(folder, copies, name!);
    expect(() => restore(copy, data)).toThrow("is in use");
    database.close();
    const aside = restore(copy, data)!;
    database = openDatabase(data, chain, log);
    const restored = makeReadings(database).newest("home-01", "signed")!;
    expect(restored.exportWh).toBeGreaterThanOrEqual(10n);
    expect(restored.exportWh).toBeLessThan(1_000n);
    expect(count()).toBe(Number(restored.exportWh) - 9);
    // It knows since when it may have forgotten what it signed.
    const restoredAt = Number(meta(database, RESTORED));
    expect(restoredAt).toBeGreaterThanOrEqual(Math.max(START, Math.floor(Date.now() / 1_000) - 60));
    // The former store is whole, what was in its write-ahead log included.
    database.close();
    restore(aside, data);
    database = openDatabase(data, chain, log);
    expect(count()).toBe(201);
  });

  test("is taken when it is time; the oldest go; a failure is told until one succeeds", async () => {
    const { backup, told } = makeCopies();
    for (let round = 0; round < 3; round++) {
      time += 1_000;
      backup.check();
      backup.check();
      await backup.stop();
    }
    expect(readdirSync(join(folder, copies))).toHaveLength(2);
    expect(told).toEqual(["no backup", "no backup", "no backup"]);
    const blocked = join(folder, "blocked");
    writeFileSync(blocked, "");
    const failing = makeCopies(blocked);
    await failing.backup.take();
    expect(failing.told).toEqual([expect.stringContaining("backup: BACKUP_DIR: ")]);
  });

  test("and the store are files of this user alone, whatever they were", async () => {
    const modes = (where: string) =>
      ["", ...readdirSync(where)].map(
        (name) => `${name} ${(statSync(join(where, name)).mode & 0o777).toString(8)}`,
      );
    const files = ["", "-lock", "-shm", "-wal"].map((end) => `oracle.sqlite${end} 600`);
    const privately = [" 700", ...files];
    insert("home-01", 0, 10n);
    expect(modes(data).sort()).toEqual(privately);
    await makeCopies().backup.take();
    const [name] = readdirSync(join(folder, copies));
    expect(modes(join(folder, copies))).toEqual([" 700", `${name} 600`]);
    database.close();
    chmodSync(join(folder, copies, name!), 0o644);
    const elsewhere = join(folder, "elsewhere");
    restore(join(folder, copies, name!), elsewhere);
    expect(modes(elsewhere)).toEqual([" 700", "oracle.sqlite 600"]);
    // An earlier version left them to everybody.
    chmodSync(data, 0o755);
    chmodSync(join(data, "oracle.sqlite"), 0o644);
    database = openDatabase(data, chain, log);
    insert("home-01", 1, 11n);
    expect(modes(data).sort()).toEqual(privately);
  });

  test("that is damaged is not restored", () => {
    const broken = join(folder, "broken.sqlite");
    writeFileSync(broken, "no database");
    database.close();
    expect(() => restore(broken, data)).toThrow();
    database = openDatabase(data, chain, log);
  });
});

test("a full disk fails the write and keeps what was stored", () => {
  insert("home-01", 0, 10n);
  const pages = database.pragma("page_count", { simple: true });
  database.pragma(`max_page_count = ${pages}`);
  expect(() => {
    for (let second = 1; second < 1_000; second++) insert("home-01", second, BigInt(10 + second));
  }).toThrow(/full/);
  const kept = count();
  database.close();
  database = openDatabase(data, chain, log);
  expect(count()).toBe(kept);
});

test("a store that has become read-only fails the write", () => {
  database.pragma("query_only = ON");
  expect(() => insert("home-01", 0, 10n)).toThrow(/readonly/);
  database.pragma("query_only = OFF");
  insert("home-01", 0, 10n);
  expect(count()).toBe(1);
});
