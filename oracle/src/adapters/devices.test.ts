import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog } from "@enerlink/service/log";
import { expect, test } from "vitest";
import { makeAsking } from "./asking.ts";
import { makeDevices, readDevices } from "./devices.ts";

const silent = makeLog({ level: "silent" });
const tasmota = { serial: "home-21", format: "tasmota", topic: "tele/plug" };

const tasmotaPart = (serial: string, into: unknown[]) => ({
  ...tasmota,
  serial,
  fields: { import: into, export: null },
});
const spark = (fields: unknown) => ({ serial: "a", format: "sparkplug", topic: "g/e", fields });
const valued = (topic: string, more = {}) => ({
  serial: "a",
  format: "values",
  registers: { import: [{ topic, ...more }], export: null },
});

test("what devices fall silent without is asked for once for each portal, at most twice a minute", async () => {
  const devices = makeDevices([
    { serial: "a", format: "victron", topic: "N/p/grid/30" },
    { serial: "b", format: "victron", topic: "N/p/grid/31" },
    tasmota,
  ]);
  expect(devices.keepAlives().map(({ topic }) => topic)).toEqual(["R/p/keepalive"]);
  let seconds = 0;
  const sent: string[] = [];
  const publish = async (topic: string) => void sent.push(`${topic} at ${seconds}`);
  const ask = makeAsking({ publish, log: silent, now: () => seconds * 1_000 });
  for (; seconds < 70; seconds++) for (const request of devices.keepAlives()) ask(request);
  expect(sent).toEqual(["R/p/keepalive at 0", "R/p/keepalive at 30", "R/p/keepalive at 60"]);
});

test("subscriptions follow from the bindings, and each topic speaks for one meter", () => {
  const devices = makeDevices([
    tasmota,
    { serial: "home-22", format: "shelly", topic: "site/3em" },
    { serial: "home-23", format: "sparkplug", topic: "Solar/edge", fields: { import: "in", export: null } },
  ]);
  expect(devices.topics).toEqual([
    "tele/plug/SENSOR",
    "tele/plug/LWT",
    "site/3em/status/emdata:0",
    "site/3em/events/rpc",
    "site/3em/online",
    "spBv1.0/Solar/NBIRTH/edge",
    "spBv1.0/Solar/NDEATH/edge",
    "spBv1.0/Solar/NDATA/edge",
  ]);
  expect(devices.of("tele/plug/SENSOR")).toMatchObject([
    { binding: { serial: "home-21", unit: "kWh", heartbeat: 300 } },
  ]);
  expect(devices.of("tele/plug/STATE")).toEqual([]);
});

test.each<[unknown, string]>([
  [{}, "METER_BINDINGS: must be a list of bindings"],
  [[null], "METER_BINDINGS: entry 1: "],
  [
    [{ ...tasmota, format: "modbus" }],
    "entry 1 (home-21): format: must be one of enerlink-1, tasmota, shelly, zigbee2mqtt, sparkplug, values",
  ],
  [[{ ...tasmota, serial: "home 21" }], "entry 1 (home 21): serial: must be 1 to 32 characters"],
  [[{ ...tasmota, topic: "tele/+" }], "entry 1 (home-21): topic: must be one topic"],
  [[{ ...tasmota, topic: "enerlink/v1/home-21" }], "topic: must not lie below enerlink/v1"],
  [[{ ...tasmota, unit: "MWh" }], "entry 1 (home-21): unit: must be Wh or kWh"],
  [
    [{ ...tasmota, offset: "WIB" }],
    "entry 1 (home-21): offset: must be the device's zone: Z, an offset such as +07:00",
  ],
  [
    [{ ...tasmota, fields: { import: 1.5, export: null } }],
    "entry 1 (home-21): fields.import: must be a key, or a list",
  ],
  [[{ ...tasmota, heartbeat: 1n }], "heartbeat: must be a whole number from 5 to 86400"],
  [[{ ...tasmota, zone: "Z" }], 'entry 1 (home-21): Unrecognized key: "zone"'],
  [[tasmota, { ...tasmota, topic: "tele/other" }], "entry 2 (home-21): serial: is bound already"],
  [
    [tasmota, { ...tasmota, serial: "home-22" }],
    "entry 2 (home-22): topic: tele/plug/SENSOR speaks for home-21 already",
  ],
  [
    [{ serial: "a", format: "shelly", topic: "s", component: "em:0" }],
    "entry 1 (a): component: must be emdata:N",
  ],
  [[{ serial: "a", format: "enerlink-1", topic: "s" }], "entry 1 (a): device: "],
  [
    [{ ...tasmota, fields: { import: ["ENERGY", "Today"], export: null } }],
    "entry 1 (home-21): fields.import: counts one day and begins anew each night",
  ],
  [
    [{ ...tasmota, fields: { import: "in", export: "in" } }],
    "entry 1 (home-21): fields: reads the same place twice",
  ],
  [
    [tasmotaPart("a", ["ENERGY", "Total"]), tasmotaPart("b", ["ENERGY", "Total", 1n])],
    "entry 2 (b): topic: tele/plug/SENSOR speaks for a already by ENERGY.Total.1",
  ],
  [
    [valued("shellies/shellyem-1/emeter/0/energy")],
    "entry 1 (a): registers.import.0.topic: counts watt-minutes since the device was started",
  ],
  [[valued("deye/day_energy")], "registers.import.0.topic: counts one day"],
  [[valued("esp/sensor/total_daily_energy/state")], "registers.import.0.topic: counts one day"],
  [[valued("dsmr/day-consumption/electricity1")], "registers.import.0.topic: counts one day"],
  [[valued("dsmr/current-month/electricity1")], "registers.import.0.topic: counts a part of the year"],
  [[valued("evcc/loadpoints/1/sessionEnergy")], "registers.import.0.topic: counts one charge"],
  [[spark({ import: "Meter/Daily Energy", export: null })], "fields.import: counts one day"],
  [
    [tasmotaPart("a", ["ENERGY", "Power", 1n])],
    "entry 1 (a): fields.import: shows what flows at a moment; the register that counts energy is needed",
  ],
  [[valued("homeassistant/sensor/grid_power/state")], "registers.import.0.topic: shows what flows"],
  [[spark({ import: "Meter/Active Power", export: null })], "fields.import: shows what flows"],
  [[spark({ import: "Meter/Import", export: "Meter/ExportReactive" })], "fields.export: counts reactive"],
  [[spark({ import: null, export: null })], "fields: must read an import, an export, or both"],
  [[valued("x", { scale: "0" })], "registers.import.0.scale: must be a number from 0.000000001"],
  [[valued("x"), { ...valued("x"), serial: "b" }], "entry 2 (b): topic: x speaks for a already by x"],
  [
    [{ serial: "a", format: "json", topic: "j", offset: "Z", fields: { import: "x", export: null } }],
    "entry 1 (a): offset: says nothing without time",
  ],
  [[{ serial: "a", format: "victron", topic: "grid/30" }], "entry 1 (a): topic: must be N/<portal id>/"],
  [
    [{ serial: "a", format: "ocmf", topic: "cs" }],
    "entry 1 (a): key: must be a public key of P-256 in hex: a SubjectPublicKeyInfo, or 04 and both coordinates",
  ],
  [[{ serial: "a", format: "ocmf", topic: "cs", key: `04${"11".repeat(64)}` }], "entry 1 (a): key: must be"],
  [[{ serial: "a", format: "ocmf", topic: "cs", key: "MFkwEwYHKoZIzj0" }], "entry 1 (a): key: must be"],
  [
    [{ serial: "a", format: "sparkplug", topic: "a/b/c/d", fields: { import: "x", export: null } }],
    "entry 1 (a): topic: must be group/edge or group/edge/device",
  ],
])("a file that is wrong is refused by entry and field: %#", (entries, message) => {
  expect(() => makeDevices(entries)).toThrow(message);
});

test("what is only named after power may be a register", () => {
  for (const topic of [
    "p1/total_power_import_kwh",
    "solar_power/energy_total",
    "power/import/state",
    "current/kwh",
  ])
    expect(makeDevices([valued(topic)]).topics).toEqual([topic]);
});

test("each example of the documents is a file of bindings that can be read", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/devices.md"), "utf8");
  const all = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, example]) => example!);
  // A case is played in `play/cases.test.ts`.
  const examples = all.filter((example) => !example.includes('"messages"'));
  const folder = mkdtempSync(join(tmpdir(), "bindings-"));
  try {
    const file = join(folder, "bindings.json");
    const read = examples.map((example) => {
      writeFileSync(file, example);
      return readDevices(file).topics.length;
    });
    expect(read.length).toBeGreaterThan(1);
    expect(Math.min(...read)).toBeGreaterThan(3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("of meters that other processes are there for nothing is subscribed to, and what they share is theirs", () => {
  const devices = makeDevices(
    [tasmota, { serial: "home-22", format: "shelly", topic: "site/3em" }],
    (serial) => serial === "home-22",
  );
  expect(devices.topics).toEqual(["site/3em/status/emdata:0", "site/3em/events/rpc", "site/3em/online"]);
  expect(devices.of("tele/plug/SENSOR")).toEqual([]);
  expect(devices.all.map(({ binding }) => binding.serial)).toEqual(["home-22"]);
});

test("a file is read strictly, and no file means no bindings", () => {
  const folder = mkdtempSync(join(tmpdir(), "bindings-"));
  try {
    const file = join(folder, "bindings.json");
    writeFileSync(file, '[{"serial":"home-21","format":"tasmota","topic":"tele/plug","heartbeat":60}]');
    expect(readDevices(file).ofSerial("home-21")).toMatchObject({ binding: { heartbeat: 60 } });
    writeFileSync(file, '[{"serial":"home-21","serial":"home-22"}]');
    expect(() => readDevices(file)).toThrow('the key "serial" is there twice');
    expect(() => readDevices(join(folder, "none.json"))).toThrow("METER_BINDINGS: ");
    expect(readDevices(undefined).topics).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
