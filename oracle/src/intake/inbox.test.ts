import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog } from "@enerlink/service/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deviceKey } from "../../simulator/device-key.ts";
import { makeDevices } from "../adapters/devices.ts";
import type { Meter } from "../chain/mirror.ts";
import { makeReadings } from "../ledger/readings.ts";
import { makeSettlements } from "../ledger/settlements.ts";
import { makeHolds } from "../meters/holds.ts";
import { makeLevelStore } from "../meters/level-store.ts";
import { makePower } from "../meters/power.ts";
import { makePresence } from "../meters/presence.ts";
import { makeMetrics } from "../metrics.ts";
import { FLOOD } from "../rules/floods.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { devicePublicKey, readingJson, signReading } from "../wire/reading.ts";
import { makeInbox } from "./inbox.ts";
import { makeIntake } from "./intake.ts";

const domain = { chainId: 31_337, registry: "0x5FbDB2315678afecb367f032d93F642f64180aa3" } as const;
const key = deviceKey("test", "home-01");
const log = makeLog({ level: "error" });
const START = Math.floor(Date.now() / 900_000) * 900;
const meter: Meter = {
  serial: "home-01",
  key: devicePublicKey(key.x, key.y),
  owner: "0x00000000000000000000000000000000000000aa",
  kind: "prosumer",
  trust: "A",
  suspended: false,
  settles: true,
  exportWatts: 11_000,
  importWatts: 11_000,
  capacityWh: 0n,
  epoch: 1,
  epochDeclaredAt: 1,
  activeFrom: 1,
};

let folder: string;
let database: Database;
let closed: string[];
let failAt: number | undefined;
let system: ReturnType<typeof start>;

function start() {
  const metrics = makeMetrics();
  const alerts = { raise: () => {}, end: () => {} };
  const readings = makeReadings(database);
  const holds = makeHolds({ database, alerts, metrics, log });
  const settlements = makeSettlements({ database, interval: 900 });
  const presence = makePresence({ interval: () => 30, alerts, metrics, log });
  const mirror = {
    meter: (serial: string) => (serial === meter.serial ? meter : undefined),
    settled: () => undefined,
  };
  const power = makePower();
  const close: typeof settlements.close = (meter, previous, current) => {
    if (current.timestamp === failAt) throw new TypeError("a fault of this program");
    return settlements.close(meter, previous, current);
  };
  const intake = makeIntake({
    database,
    domain,
    mirror,
    readings,
    holds,
    levels: makeLevelStore(database),
    settlements: { ...settlements, close },
    power,
    interval: 900,
    metrics,
    log: { ...log, warn: () => {} },
  });
  const inbox = makeInbox({
    database,
    devices: makeDevices([]),
    mirror,
    intake,
    presence,
    holds,
    power,
    commands: { acknowledged: () => {} },
    settler: {
      windowClosed: (serial: string) => {
        // What is reported next must be on disk by now.
        expect(database.inTransaction).toBe(false);
        closed.push(serial);
      },
    },
    metrics,
  });
  return { inbox, holds, readings };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "inbox-"));
  database = openDatabase(folder, { chainId: domain.chainId, genesisHash: "0x01" }, log);
  closed = [];
  failAt = undefined;
  system = start();
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

function reading(timestamp: number, exportWh: bigint) {
  const values = { serial: "home-01", epoch: 1, sequence: BigInt(timestamp), timestamp };
  const signed = signReading(domain, { ...values, exportWh, importWh: 0n, storedWh: 0n }, key.privateKey);
  return message("reading", readingJson(signed));
}
function message(kind: string, content: object) {
  const payload = Buffer.from(JSON.stringify(content));
  return { topic: `enerlink/v1/home-01/${kind}`, payload, retained: false };
}
const stored = () => database.prepare("SELECT timestamp FROM readings ORDER BY id").pluck().all().map(Number);
const rejected = () => database.prepare("SELECT reason FROM rejects ORDER BY id").pluck().all();

test("a group is judged in order, and committed before its windows are reported", async () => {
  await system.inbox([
    reading(START, 10n),
    reading(START + 10, 20n),
    reading(START + 10, 20n),
    reading(START - 900, 5n),
  ]);
  expect(stored()).toEqual([START, START + 10, START - 900]);
  expect(closed).toEqual(["home-01"]);
});

test("a store that fails takes the whole group back, and says so", async () => {
  database.exec(
    "CREATE TEMP TRIGGER full BEFORE INSERT ON readings WHEN NEW.export_wh = 20 BEGIN SELECT RAISE(ABORT, 'disk'); END",
  );
  await expect(system.inbox([reading(START, 10n), reading(START + 10, 20n)])).rejects.toThrow("disk");
  expect(stored()).toEqual([]);
  expect(closed).toEqual([]);
});

test("a message that makes the program fail is set aside whole; the others of its group count", async () => {
  failAt = START + 10;
  await system.inbox([reading(START, 10n), reading(START + 10, 20n), reading(START + 20, 30n)]);
  expect(stored()).toEqual([START, START + 20]);
  expect(rejected()).toEqual(["unexpected"]);
});

test("of a flood of forged readings a few are kept; what the meter itself sends amid it counts as ever", async () => {
  const forged = Array.from({ length: 1_000 }, (_, index) => {
    const { topic, payload, retained } = reading(START + index, 10n);
    const text = payload.toString().replace('"exportWh":10', '"exportWh":11');
    return { topic, payload: Buffer.from(text), retained };
  });
  const status = { state: "online", bootId: "a", uptime: 1, firmware: "1", tamper: ["cover"] };
  const own = reading(START, 10n);
  await system.inbox([...forged.slice(0, 500), own, message("status", status), ...forged.slice(500)]);
  expect(stored()).toHaveLength(1);
  expect(rejected()).toEqual(Array(FLOOD.atOnce).fill("wrong-signature"));
  expect(system.holds.of("home-01", 1)?.reason).toBe("tamper");
});

test("what counts is never a flood: a meter sends all that it has kept for days at once", async () => {
  const kept = Array.from({ length: 1_000 }, (_, index) => reading(START - 90_000 + index, BigInt(index)));
  await system.inbox(kept);
  await system.inbox(kept);
  expect(stored()).toHaveLength(1_000);
  expect(rejected()).toEqual([]);
});

test("a meter is held while its device reports tampering, and settles in full afterwards", async () => {
  const status = { state: "online", bootId: "a", uptime: 1, firmware: "1" };
  await system.inbox([reading(START, 10n), message("status", { ...status, tamper: ["cover", "magnet"] })]);
  expect(system.holds.of("home-01", 1)).toMatchObject({ reason: "tamper", detail: "cover, magnet" });
  await system.inbox([reading(START + 10, 20n)]);
  expect(rejected()).toEqual(["tamper"]);
  await system.inbox([message("status", status), reading(START + 20, 30n)]);
  expect(system.holds.of("home-01", 1)).toBeUndefined();
  expect(system.readings.newest("home-01", "signed")?.exportWh).toBe(30n);
});
