import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LARGEST_REGISTER } from "@enerlink/protocol/wire/reading";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { About } from "../rules/about.ts";
import { type Device, formats, makeDevice } from "./adapters.ts";
import { type Format, parseBinding } from "./bindings.ts";
import { scaled } from "./decimal.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 10_000);
// Without one each run has its own, which a failure names.
if (process.env.FUZZ_SEED !== undefined) fc.configureGlobal({ seed: Number(process.env.FUZZ_SEED) });
afterAll(() => fc.resetConfigureGlobal());

const bound = (entry: { topic: string } & Record<string, unknown>): Device =>
  makeDevice(parseBinding({ serial: "home-21", ...entry }));
const changed = (device: Device, change: object) =>
  makeDevice({ ...device.binding, ...change } as Device["binding"]);
const bytes = (payload: unknown) =>
  Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
const seconds = (iso: string) => Date.parse(iso) / 1_000;

/** The registers of a message, or why it is refused, or its liveness. */
function said(device: Device, topic: string, payload: unknown, receivedAt = 0) {
  const message = payload instanceof Uint8Array ? payload : bytes(payload);
  const adapted = device.adapt(topic, message, { at: receivedAt, retained: false });
  if ("fault" in adapted) return `${adapted.fault}: ${adapted.detail}`;
  return adapted.observations;
}
const registers = (importWh: bigint, exportWh: bigint, timestamp?: number, watts?: number) => [
  { kind: "registers", importWh, exportWh, timestamp, watts },
];

const tasmota = bound({ format: "tasmota", topic: "tele/tasmota_21AB34", offset: "+07:00" });
const SENSOR = "tele/tasmota_21AB34/SENSOR";
const energy =
  '{"Time":"2020-09-25T12:47:15","ENERGY":{"TotalStartTime":"2018-11-23T15:33:47","Total":0.017,"TotalTariff":[0.000,0.017],"Yesterday":0,"Today":0.002,"ExportActive":0.000,"ExportTariff":[0,0],"Period":0,"Power":0,"ApparentPower":7.84,"ReactivePower":-7.21,"Factor":0.39,"Frequency":50.0,"Voltage":234.31,"Current":0.039,"ImportActive":12.580,"ImportReactive":0.002,"ExportReactive":39.131,"PhaseAngle":290.45}}';
const noon = seconds("2020-09-25T12:47:15+07:00");

describe("Tasmota", () => {
  const plug = energy.replace(/"ImportActive":12.580,/, "");
  test("a plug's energy, in kWh, at a local time", () => {
    expect(said(tasmota, SENSOR, plug)).toEqual(registers(17n, 0n, noon, 0));
  });
  test("what came in alone, from a meter that counts both ways in its total", () => {
    const meter = changed(tasmota, {});
    expect(said(meter, SENSOR, energy)).toEqual(registers(12_580n, 0n, noon, 0));
    const unknown = energy.replace('"ImportActive":12.580', '"ImportActive":null');
    expect(said(meter, SENSOR, unknown)).toMatchObject([{ importWh: null, exportWh: 0n }]);
    expect(said(meter, SENSOR, plug)).toBe("malformed: ENERGY.ImportActive: is missing");
    const total = { import: [["ENERGY", "Total"]], export: [["ENERGY", "ExportActive"]] };
    expect(said(changed(tasmota, { fields: total }), SENSOR, energy)).toEqual(registers(17n, 0n, noon, 0));
  });
  test("phases are added up exactly; the sum of older firmware comes first", () => {
    const phases = {
      Time: "2020-09-25T12:47:15",
      ENERGY: { Total: [0.1, 0.2, 0.0005], ExportActive: [0, 1, 0.0006] },
    };
    const counters = { exportWh: 3, importWh: 3 };
    expect(said(tasmota, SENSOR, phases)).toMatchObject([{ ...registers(300n, 1_000n, noon)[0], counters }]);
    const old = {
      Time: "2020-09-25T12:47:15",
      ENERGY: { Total: [3.5, 1.5, 2], ExportActive: [0.25, 0, 0.25] },
    };
    expect(said(changed(tasmota, { arrays: "first" }), SENSOR, old)).toEqual(registers(3_500n, 250n, noon));
  });
  test("a meter read by script, under the names that its user chose", () => {
    const fields = { import: ["Main", "Total_in"], export: ["Main", "Total_out"] };
    const script =
      '{"Time":"2023-01-31T23:59:59","Main":{"Total_in":18934.4512,"Total_out":7.0000,"Power":-112}}';
    const sml = bound({ format: "tasmota", topic: "tele/sml", fields, offset: "Z" });
    const time = seconds("2023-01-31T23:59:59Z");
    expect(said(sml, "tele/sml/SENSOR", script)).toEqual(registers(18_934_451n, 7_000n, time));
    const inWh = bound({ format: "tasmota", topic: "tele/sml", fields, offset: "Z", unit: "Wh" });
    expect(said(inWh, "tele/sml/SENSOR", script)).toEqual(registers(18_934n, 7n, time));
  });
  test("its last will", () => {
    expect(said(tasmota, "tele/tasmota_21AB34/LWT", "Online")).toEqual([
      { kind: "liveness", state: "online" },
    ]);
    expect(said(tasmota, "tele/tasmota_21AB34/LWT", "Offline")).toEqual([
      { kind: "liveness", state: "offline" },
    ]);
    expect(said(tasmota, "tele/tasmota_21AB34/LWT", "")).toEqual([]);
  });
  test("without energy there is nothing to take, with half of it there is a fault", () => {
    expect(said(tasmota, SENSOR, '{"Time":"2020-09-25T12:47:15","AM2301":{"Temperature":21.3}}')).toEqual([]);
    expect(said(tasmota, SENSOR, '{"Time":"2020-09-25T12:47:15","ENERGY":{"Total":1.0}}')).toBe(
      "malformed: ENERGY.ExportActive: is missing",
    );
    const consumer = bound({
      format: "tasmota",
      topic: "tele/tasmota_21AB34",
      offset: "+07:00",
      fields: { import: ["ENERGY", "Total"], export: null },
    });
    expect(said(consumer, SENSOR, '{"Time":"2020-09-25T12:47:15","ENERGY":{"Total":1.0}}')).toEqual(
      registers(1_000n, 0n, noon),
    );
  });
  test.each<[string, string, string]>([
    ["no zone anywhere", energy, "Time: has no zone, so the binding must give an offset"],
    ["a time that is none", energy.replace("2020-09-25T12:47:15", "noon"), "Time: must be a time such as"],
    ["a date that is none", energy.replace("09-25", "02-30"), "Time: is not a time that exists"],
    ["no time", energy.replace('"Time":"2020-09-25T12:47:15",', ""), "Time: is missing"],
    ["no register", plug.replace('"Total":0.017,', ""), "ENERGY.Total: is missing"],
    ["NaN", plug.replace("0.017", "nan"), "ENERGY.Total: is nan"],
    ["infinity", plug.replace("0.017", "1e400"), "ENERGY.Total: must be a number of kWh from 0"],
    ["a negative register", plug.replace("0.017", "-0.017"), "ENERGY.Total: must be a number of kWh"],
    [
      "an array in an array",
      plug.replace('"Total":0.017', '"Total":[[1]]'),
      "ENERGY.Total: must be one number",
    ],
    ["an empty array", plug.replace('"Total":0.017', '"Total":[]'), "ENERGY.Total: must be one number"],
    ["a repeated key", energy.replace("{", '{"Time":"2020-09-25T12:47:15",'), "Time: is there twice"],
    [
      "a register beyond the range",
      plug.replace("0.017", "9223372036854775.808"),
      "ENERGY.Total: must be at most",
    ],
    ["what is cut off", energy.slice(0, 40), "not JSON at character"],
    ["too much", `${energy}${" ".repeat(262_144)}`, "at most 16384 are allowed"],
  ])("refuses %s", (name, payload, detail) => {
    const device = changed(tasmota, name === "no zone anywhere" ? { offset: undefined } : {});
    expect(said(device, SENSOR, payload)).toContain(detail);
  });
});

describe("Shelly", () => {
  const shelly = bound({ format: "shelly", topic: "site/3em", device: "shellypro3em-a0" });
  const emdata =
    '{"id":0,"a_total_act_energy":0.06,"a_total_act_ret_energy":0,"total_act":26289.57,"total_act_ret":131881.86}';
  test("three phases, in Wh, without a time", () => {
    expect(said(shelly, "site/3em/status/emdata:0", emdata)).toEqual(registers(26_289n, 131_881n));
  });
  test("a notification, at its own time, if it is about the component", () => {
    const rpc = `{"src":"shellypro3em-a0","dst":"site/3em/events","method":"NotifyStatus","params":{"ts":1757060280.21,"emdata:0":${emdata}}}`;
    expect(said(shelly, "site/3em/events/rpc", rpc)).toEqual(registers(26_289n, 131_881n, 1_757_060_280));
    expect(said(shelly, "site/3em/events/rpc", rpc.replace("emdata:0", "em:0"))).toEqual([]);
    expect(said(shelly, "site/3em/events/rpc", rpc.replace("NotifyStatus", "NotifyEvent"))).toEqual([]);
    expect(said(shelly, "site/3em/events/rpc", rpc.replace("3em-a0", "3em-b1"))).toBe(
      'wrong-serial: src: "shellypro3em-b1" spoke on the topic of "shellypro3em-a0"',
    );
  });
  test("one phase, and a plug that has no register for what it gives back", () => {
    const one = bound({ format: "shelly", topic: "s", component: "em1data:1" });
    expect(
      said(one, "s/status/em1data:1", { id: 1, total_act_energy: 1.9, total_act_ret_energy: 2 }),
    ).toEqual(registers(1n, 2n));
    const plug = bound({ format: "shelly", topic: "s", component: "switch:0", exports: false });
    const status = {
      id: 0,
      output: true,
      apower: 8.9,
      aenergy: { total: 6.532, by_minute: [45.199, 47.141, 88.397], minute_ts: 1_626_935_779 },
    };
    expect(said(plug, "s/status/switch:0", status)).toEqual(registers(6n, 0n, undefined, 8.9));
    expect(said(plug, "s/status/switch:0", { id: 0, output: true })).toEqual([]);
  });
  test("its last will", () => {
    expect(said(shelly, "site/3em/online", "true")).toEqual([{ kind: "liveness", state: "online" }]);
    expect(said(shelly, "site/3em/online", "false")).toEqual([{ kind: "liveness", state: "offline" }]);
  });
});

describe("Zigbee2MQTT", () => {
  const zigbee = bound({
    format: "zigbee2mqtt",
    topic: "zigbee2mqtt/Attic/meter",
    device: "0x00158d0001a2b3c4",
  });
  const topic = "zigbee2mqtt/Attic/meter";
  test("both registers, in kWh, from the bound hardware only", () => {
    const payload = { energy: 12.34, produced_energy: 5.6, power: -230, state: "ON" };
    expect(said(zigbee, topic, payload)).toEqual(registers(12_340n, 5_600n, undefined, 230));
    expect(said(zigbee, topic, { ...payload, device: { ieeeAddr: "0x00158d0001a2b3c4" } })).toEqual(
      registers(12_340n, 5_600n, undefined, 230),
    );
    expect(said(zigbee, topic, { ...payload, device: { ieeeAddr: "0x1" } })).toContain(
      "wrong-serial: device.ieeeAddr",
    );
    expect(said(zigbee, topic, { state: "ON" })).toEqual([]);
  });
  test("whether it is there, in either form", () => {
    expect(said(zigbee, `${topic}/availability`, { state: "offline" })).toEqual([
      { kind: "liveness", state: "offline" },
    ]);
    expect(said(zigbee, `${topic}/availability`, "online")).toEqual([{ kind: "liveness", state: "online" }]);
  });
});

describe("EnerLink's first firmware", () => {
  const first = bound({ format: "enerlink-1", topic: "enerlink/meters", device: "METER-7" });
  const side = (total: number) => ({
    daily_energy: 1,
    total_energy: total,
    settlement_energy: 7,
    active: true,
  });
  const data = {
    meterId: "METER-7",
    datetime: "2025-09-05T08:18:00.000Z",
    units: { voltage: "V", current: "mA", power: "mW", energy: "Wh" },
    data: { export: side(131_881.86), import: side(26_289), battery: 80, net_grid: -12 },
  };
  const at = seconds("2025-09-05T08:18:00Z");
  test("the registers that are never reset", () => {
    expect(said(first, "enerlink/meters/data", data)).toEqual(registers(26_289n, 131_881n, at));
    expect(said(first, "enerlink/meters/data", { ...data, units: { energy: "kWh" } })).toEqual(
      registers(26_289_000n, 131_881_860n, at),
    );
    expect(said(first, "enerlink/meters/data", { ...data, units: { energy: "J" } })).toContain(
      "units.energy: must be",
    );
  });
  test("its status, and nobody else's message on its topic", () => {
    const status = {
      meterId: "METER-7",
      datetime: "x",
      data: { grid: { mode: "import" }, system: { uptime: 33_215_145 } },
    };
    expect(said(first, "enerlink/meters/status", status)).toEqual([
      { kind: "liveness", state: "online", uptime: 33_215_145 },
    ]);
    expect(said(first, "enerlink/meters/data", { ...data, meterId: "METER-8" })).toContain(
      "wrong-serial: meterId",
    );
    expect(said(first, "enerlink/meters/data", { ...data, meterId: undefined })).toContain(
      "wrong-serial: meterId",
    );
  });
});

describe("Sparkplug B", () => {
  const sparkplug = bound({
    format: "sparkplug",
    topic: "Solar/edge-7/meter-2",
    fields: { import: "Energy/Import", export: "Energy/Export" },
  });
  const hex = (text: string) => Buffer.from(text, "hex");
  // Encoded by the reference library, sparkplug-payload 1.0.3.
  const birth = hex(
    "0892dfd0c7913312120a0562645365711892dfd0c791332008580312230a0d456e657267792f496d706f7274100118c0ddd0c79133200a69295c8fc2f5282940121f0a0d456e657267792f4578706f7274100218d8d5d0c79133200965cdcccc3d12180a084669726d776172651892dfd0c79133200c7a03312e3212120a05416c61726d1892dfd0c79133200b70011800",
  );
  const data = hex("08a0b2d4c79133121e0a0d456e657267792f496d706f727418bcb1d4c7913320085896e8fbc6211801");
  const isNull = hex("08a0b2d4c79133121a0a0d456e657267792f496d706f727418bcb1d4c79133200a38011802");
  const negative = hex("08a0b2d4c79133121e0a0d456e657267792f496d706f727418bcb1d4c79133200350fbffffff0f1803");
  const topic = (kind: string) => `spBv1.0/Solar/${kind}/edge-7/meter-2`;

  test("a birth carries every register, doubles and floats included", () => {
    expect(said(sparkplug, topic("DBIRTH"), birth)).toEqual([
      { kind: "liveness", state: "online" },
      ...registers(12_580n, 100n, 1_757_060_280),
    ]);
  });
  test("data carries what has changed, exactly", () => {
    const inWh = changed(sparkplug, { unit: "Wh" });
    expect(said(inWh, topic("DDATA"), data)).toEqual([
      { kind: "registers", importWh: 9_007_199_254n, exportWh: undefined, timestamp: 1_757_060_339 },
    ]);
    expect(said(sparkplug, topic("DDATA"), isNull)).toEqual([]);
    expect(said(sparkplug, topic("DDATA"), negative)).toContain(
      "Energy/Import: must be a number of kWh from 0",
    );
  });
  test("a death, and bytes that are no payload", () => {
    expect(said(sparkplug, topic("DDEATH"), Buffer.alloc(0))).toEqual([
      { kind: "liveness", state: "offline" },
    ]);
    for (let length = 1; length < birth.length; length += 7)
      expect(() => said(sparkplug, topic("DDATA"), birth.subarray(0, length))).not.toThrow();
    expect(said(sparkplug, topic("DDATA"), hex("0a"))).toContain("malformed: not a Sparkplug payload");
    expect(said(sparkplug, topic("DDATA"), hex("12ffffffffffffffff7f"))).toContain("it ends inside a field");
  });
});

describe("One number a topic", () => {
  const at = (topic: string, unit = "kWh", scale: number | string = 1) => ({ topic, unit, scale });
  const values = (into: object[], out: object[] | null, more = {}) =>
    makeDevice(
      parseBinding({
        serial: "home-21",
        format: "values",
        registers: { import: into, export: out },
        ...more,
      }),
    );
  const [bought, sold] = ["deye/ac/total_energy_bought", "deye/ac/total_energy_sold"];

  test("a register is known once all of its topics were heard live, and keeps what is not sent again", () => {
    const deye = values([at(bought), at("deye/2/ac/total_energy_bought")], [at(sold)]);
    expect(said(deye, bought, "17.5")).toMatchObject([{ importWh: undefined, exportWh: undefined }]);
    expect(said(deye, sold, "0.6")).toMatchObject([{ importWh: undefined, exportWh: 600n, gathers: true }]);
    expect(deye.adapt("deye/2/ac/total_energy_bought", bytes("1"), { at: 0, retained: true })).toMatchObject({
      observations: [{ importWh: 18_500n }],
    });
    expect(said(deye, sold, "0.7")).toMatchObject([{ importWh: undefined, exportWh: 700n }]);
    expect(said(deye, "deye/2/ac/total_energy_bought", "118.3")).toMatchObject([
      { importWh: 135_800n, exportWh: 700n },
    ]);
  });
  test.each<[string, string, string, bigint]>([
    ["shellies/shellyem-000000000000/emeter/0/total", "64541.0", "Wh", 64_541n],
    ["solar/116180000000/0/yieldtotal", "345.678", "kWh", 345_678n],
    ["deye/total/1/positive_energy", "1234.56", "kWh", 1_234_560n],
    ["homeassistant/sensor/grid_import/state", "1234.5", "kWh", 1_234_500n],
    ["evcc/site/grid/returnEnergy", "8654.3078", "kWh", 8_654_307n],
    ["x/y", " 5.0E2\n", "Wh", 500n],
    ["x/y", "0", "Wh", 0n],
  ])("%s %s", (topic, text, unit, importWh) => {
    expect(said(values([at(topic, unit)], null), topic, text)).toMatchObject([{ importWh }]);
  });
  test("what is no number is refused by its topic; what says that there is none says nothing", () => {
    const device = values([at(bought)], null);
    for (const text of ["nan", "2,32", "-1", "online", "1e400"])
      expect(said(device, bought, text)).toBe(`malformed: ${bought}: must be a number of kWh from 0`);
    for (const text of ["", "unknown", "unavailable", "None"]) expect(said(device, bought, text)).toEqual([]);
  });
  test("tariffs are added up exactly, tenths of a kWh by their scale", () => {
    const [one, two] = ["dsmr/reading/electricity_delivered_1", "dsmr/reading/electricity_delivered_2"];
    const meter = values([at(one), at(two)], null);
    said(meter, one, "7881.115");
    expect(said(meter, two, "8517.536")).toMatchObject([{ importWh: 16_398_651n }]);
    expect(said(values([at("x", "kWh", "0.1")], null), "x", "23180")).toMatchObject([
      { importWh: 2_318_000n },
    ]);
  });
  test("whether it is there, and whether its numbers count", () => {
    const solar = values([at("solar/ac/yieldtotal")], null, {
      availability: "solar/dtu/status",
      valid: "solar/ac/is_valid",
    });
    expect(solar.topics).toEqual(["solar/ac/yieldtotal", "solar/dtu/status", "solar/ac/is_valid"]);
    expect(said(solar, "solar/dtu/status", "offline")).toEqual([{ kind: "liveness", state: "offline" }]);
    said(solar, "solar/ac/is_valid", "0");
    expect(said(solar, "solar/ac/yieldtotal", "0.0")).toEqual([]);
    said(solar, "solar/ac/is_valid", "1");
    expect(said(solar, "solar/ac/yieldtotal", "12.5")).toMatchObject([{ importWh: 12_500n }]);
  });
});

test("what a device has to be heard on before it counts: each topic of its own, any of those that say all", () => {
  const values = makeDevice(
    parseBinding({
      serial: "home-21",
      format: "values",
      registers: { import: [{ topic: "d/in" }], export: [{ topic: "d/out" }] },
      availability: "d/status",
    }),
  );
  expect(values.unheard()).toEqual(["d/in", "d/out"]);
  said(values, "d/status", "online");
  values.adapt("d/out", Buffer.from("1"), { at: 0, retained: true });
  said(values, "d/in", "1");
  expect(values.unheard()).toEqual(["d/out"]);
  said(values, "d/out", "1");
  expect(values.unheard()).toEqual([]);
  const tasmota = bound({ format: "tasmota", topic: "tele/a", offset: "Z" });
  expect(tasmota.unheard()).toEqual(["tele/a/SENSOR", "tele/a/LWT"]);
  said(tasmota, "tele/a/SENSOR", "{}");
  expect(tasmota.unheard()).toEqual([]);
});

test("what a gateway shows for a register that does not answer is refused, whatever its factor", () => {
  const device = bound({ format: "json", topic: "j", fields: { import: "a", export: null } });
  for (const text of [
    "4294967295",
    "429496729.5",
    "4294967.295",
    "42949672950",
    "2147483.648",
    "2.147483647E9",
    "9223372036854.775807",
  ])
    expect(said(device, "j", `{"a":${text}}`)).toBe(
      `malformed: a: is ${text}, as a register shows that cannot be read`,
    );
  for (const text of ["4294967.294", "4294967296.1", "0", "65535"])
    expect(said(device, "j", `{"a":${text}}`)).toHaveLength(1);
});

describe("JSON by a map", () => {
  const grott = bound({
    format: "json",
    topic: "energy/growatt",
    scale: "0.1",
    fields: { import: ["values", "etouser_tot"], export: ["values", "etogrid_tot"] },
    time: "time",
    offset: "+07:00",
    device: { at: "device", is: "ABC1234567" },
  });
  const growatt =
    '{"device":"ABC1234567","time":"2022-08-09T12:34:56","buffered":"no","values":{"etouser_tot":23180,"etogrid_tot":6890}}';
  test("Grott: tenths of a kWh, the datalogger's local time, and nobody else's message", () => {
    expect(said(grott, "energy/growatt", growatt)).toEqual(registers(2_318_000n, 689_000n, 1_660_023_296));
    expect(said(grott, "energy/growatt", growatt.replace("ABC", "XYZ"))).toContain("wrong-serial: device");
    expect(said(grott, "energy/growatt", growatt.replace("time", "tide"))).toBe(
      "malformed: time: is missing",
    );
  });
  test("OpenInverterGateway: its will on the same topic is no reading", () => {
    const gateway = bound({
      format: "json",
      topic: "energy/solar",
      fields: { import: "EnergyToUserTotal", export: "EnergyToGridTotal" },
      offline: { at: "InverterStatus", is: -1 },
    });
    const data =
      '{"InverterStatus":5,"TotalGenerateEnergy":2586.2,"TWorkTimeTotal":3.3794132e7,"EnergyToUserTotal":2318,"EnergyToGridTotal":689}';
    expect(said(gateway, "energy/solar", data)).toEqual(registers(2_318_000n, 689_000n));
    expect(said(gateway, "energy/solar", '{"InverterStatus": -1 }')).toEqual([
      { kind: "liveness", state: "offline" },
    ]);
  });
  test("SunGather: what is not configured is missing by name", () => {
    const sungrow = bound({
      format: "json",
      topic: "inverter/SG5K-D/registers",
      fields: { import: "total_import_energy", export: "total_export_energy" },
      power: "meter_power",
    });
    const data =
      '{"device_type_code":"SG5K-D","run_state":"ON","meter_power":-3784,"total_export_energy":22945,"total_import_energy":9949.2}';
    expect(said(sungrow, sungrow.topics[0]!, data)).toEqual(
      registers(9_949_200n, 22_945_000n, undefined, 3_784),
    );
    const inKilowatts = changed(sungrow, { powerUnit: "kW" });
    expect(said(inKilowatts, sungrow.topics[0]!, data.replace("-3784", "-3.784"))).toEqual(
      registers(9_949_200n, 22_945_000n, undefined, 3_784),
    );
    expect(said(sungrow, sungrow.topics[0]!, data.replace("total_export", "daily_export"))).toBe(
      "malformed: total_export_energy: is missing",
    );
  });
});

describe("Victron", () => {
  const grid = bound({ format: "victron", topic: "N/aabbccddeeff/grid/30" });
  const [forward, reverse] = grid.topics as [string, string];
  test("one register a topic; null says nothing, an empty message that the device has left", () => {
    expect(forward).toBe("N/aabbccddeeff/grid/30/Ac/Energy/Forward");
    expect(said(grid, reverse, '{"value":68216.31}')).toMatchObject([{ exportWh: 68_216_310n }]);
    expect(said(grid, forward, '{"value":16555.66}')).toMatchObject([
      { importWh: 16_555_660n, exportWh: 68_216_310n },
    ]);
    expect(said(grid, reverse, '{"value":null}')).toEqual([]);
    expect(said(grid, reverse, "")).toEqual([{ kind: "liveness", state: "offline" }]);
    expect(said(grid, reverse, '{"max":1}')).toBe("malformed: Ac/Energy/Reverse: value: is missing");
  });
  test("is asked to go on, below what a bridge puts before its topics too", () => {
    expect(grid.keepAlive).toMatchObject({ topic: "R/aabbccddeeff/keepalive", payload: new Uint8Array() });
    const bridged = bound({ format: "victron", topic: "cellar/N/aabbccddeeff/grid/30" });
    expect(bridged.keepAlive?.topic).toBe("cellar/R/aabbccddeeff/keepalive");
  });
});

describe("a refusal carries the field and those settings that its format has", () => {
  const aboutOf = (device: Device, topic: string, payload: unknown) => {
    const adapted = device.adapt(topic, bytes(payload), { at: 0, retained: false });
    return "fault" in adapted ? adapted.about : undefined;
  };
  const json = bound({ format: "json", topic: "j", fields: { import: "a", export: "b" }, time: "t" });
  const zigbee = bound({ format: "zigbee2mqtt", topic: "z", device: "0x1" });
  const plug = energy.replace(/"ImportActive":12.580,/, "");
  test.each<[string, Device, string, unknown, About]>([
    [
      "a register that is missing",
      tasmota,
      SENSOR,
      plug.replace('"Total":0.017,', ""),
      { field: "ENERGY.Total", settings: ["fields", "byException"] },
    ],
    [
      "one that a reader always sends",
      bound({ format: "amsreader", topic: "r" }),
      "r/energy",
      { tPI: 1, t: 1 },
      { field: "tPO", settings: [] },
    ],
    [
      "a clock without a zone",
      json,
      "j",
      { a: 1, b: 1, t: "2026-01-01T00:00:00" },
      { field: "t", settings: ["offset"] },
    ],
    ["no time", json, "j", { a: 1, b: 1 }, { field: "t", settings: [] }],
    [
      "no time of a device that may have none",
      tasmota,
      SENSOR,
      plug.replace(/"Time":"[^"]*",/, ""),
      { field: "Time", settings: ["clock"] },
    ],
    ["a list", json, "j", { a: [1], b: 1, t: 1 }, { field: "a", settings: ["arrays"] }],
    [
      "another device",
      zigbee,
      "z",
      { energy: 1, produced_energy: 0, device: { ieeeAddr: "0x2" } },
      { field: "device.ieeeAddr", settings: ["device"] },
    ],
    [
      "what is no number",
      zigbee,
      "z",
      { energy: "1,5", produced_energy: 0 },
      { field: "energy", settings: [] },
    ],
  ])("%s", (_what, device, topic, payload, about) => {
    expect(aboutOf(device, topic, payload)).toEqual(about);
  });
});

test("amsreader: the meter's time, or the reader's where the meter has none; what it misprints elsewhere", () => {
  const reader = bound({ format: "amsreader", topic: "ams" });
  const energy = '{"tPI":1874.122,"tPO":22.022,"tQI":-nan,"tQO":1e26,"rtc":null,"t":"1757060280"}';
  expect(said(reader, "ams/energy", energy)).toEqual(registers(1_874_122n, 22_022n, 1_757_060_280));
  const own = energy.replace("null", '"2025-09-05T08:18:00Z"');
  expect(said(reader, "ams/energy", own)).toEqual(
    registers(1_874_122n, 22_022n, seconds("2025-09-05T08:18:00Z")),
  );
});

/** The format's own test data: records of stations with their keys. */
const published = JSON.parse(readFileSync(join(import.meta.dirname, "ocmf.vectors.json"), "utf8")) as {
  name: string;
  key: string;
  record: string;
  says: string | [string, string][];
}[];
const ocmf = published[0]!;

describe("OCMF", () => {
  test.each(published)("$name", ({ key, record, says }) => {
    const station = bound({ format: "ocmf", topic: "cs", key });
    const heard = said(station, "cs", record, seconds("2026-11-27T00:00:00Z"));
    if (typeof says === "string") expect(heard).toBe(says);
    else
      expect(heard).toMatchObject(
        says.map(([importWh, time]) => ({ importWh: BigInt(importWh), timestamp: seconds(time) })),
      );
  });

  test("whatever is changed in a record, its signature is no longer one", () => {
    const { key, record } = published[0]!;
    const station = bound({ format: "ocmf", topic: "cs", key });
    const forged = "wrong-signature: SD: not made by the bound key over this record";
    expect(said(station, "cs", record.replace("0.2597", "0.2598"))).toBe(forged);
    expect(said(station, "cs", record.replace('","RD"', '", "RD"'))).toBe(forged);
    expect(said(station, "cs", record.replace('"SD":"3045', '"SD":"3046'))).toBe(forged);
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
    const hex = other.export({ format: "der", type: "spki" }).toString("hex");
    for (const wrong of [hex, hex.slice(-130)])
      expect(said(bound({ format: "ocmf", topic: "cs", key: wrong }), "cs", record)).toBe(forged);
    fc.assert(
      fc.property(fc.nat(record.lastIndexOf("|") - 6), fc.string({ maxLength: 2 }), (at, put) => {
        const [start, end] = [record.slice(0, at + 5), record.slice(at + 6)];
        if (start + put + end === record) return;
        const heard = said(station, "cs", start + put + end);
        if (typeof heard !== "string") throw new Error("a changed record counts");
      }),
      { numRuns: 300 },
    );
  });

  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const point = publicKey.export({ format: "der", type: "spki" }).toString("hex").slice(-130);
  const charger = (more = {}) => bound({ format: "ocmf", topic: "cs", key: point, device: "M1", ...more });
  const at = (minute: number) => `2026-11-01T10:${String(minute).padStart(2, "0")}:00,000+0700 S`;
  const reading = (minute: number, RV: unknown, more = {}) => ({
    TM: at(minute),
    RV,
    RI: "1-0:1.8.0",
    RU: "kWh",
    ST: "G",
    ...more,
  });
  function signed(payload: object | string, { SE = "hex" as const, raw = false, ...section } = {}) {
    const text = typeof payload === "string" ? payload : JSON.stringify({ PG: "T1", MS: "M1", ...payload });
    const key = { key: privateKey, dsaEncoding: raw ? ("ieee-p1363" as const) : ("der" as const) };
    const SD = sign("sha256", Buffer.from(text), key).toString(SE);
    return `OCMF|${text}|${JSON.stringify({ SE, SD, ...section })}`;
  }
  const ten = seconds("2026-11-01T03:00:00Z");

  test("each time of a record is a reading of both registers; what is left out is as in the reading before", () => {
    const RD = [
      reading(0, 57.584, { RT: "DC" }),
      { RV: 4405, RI: "01-00:C0.08.00*FF", RU: "Wh" },
      { RV: 77, RI: "1-0:1.9.0", RU: "sec" },
      { TM: at(15), RV: "      58.6851", RI: "01-00:B0.08.00*FF", RU: "kWh" },
      { RV: 4.4059, RI: "1-0:2.8.0", RU: "kWh" },
    ];
    const both = charger({ exports: true });
    const expected = [...registers(57_584n, 4_405n, ten), ...registers(58_685n, 4_405n, ten + 900)];
    for (const how of [{}, { raw: true }, { SE: "base64" as "hex" }])
      expect(said(both, "cs", signed({ RD }, how))).toEqual(expected);
    expect(said(charger(), "cs", signed({ RD }))).toBe(
      "malformed: 2.8.0: is not read unless exports is true",
    );
    expect(said(both, "cs", signed({ RD: [reading(1, 58)] }))).toBe(
      "malformed: 2.8.0: is missing; exports is true",
    );
  });

  test.each<[string, object, string]>([
    [
      "a state that is not good",
      { RD: [reading(0, 1, { ST: "F" })] },
      "RD.0.ST: the meter's state is F, not G",
    ],
    ["an error", { RD: [reading(0, 1, { EF: "E" })] }, "RD.0.EF: must be empty"],
    ["another unit", { RD: [reading(0, 1, { RU: "MWh" })] }, "RD.0.RU: must be Wh or kWh"],
    ["no value", { RD: [reading(0, undefined)] }, "RD.0.RV: is missing"],
    ["a value that is none", { RD: [reading(0, "-1")] }, "RD.0.RV: must be a number of kWh from 0"],
    [
      "a transaction's register",
      { RD: [reading(0, 1, { RI: "01-00:B2.08.00*FF" })] },
      "RD: reads 01-00:B2.08.00*FF;",
    ],
    ["a tariff's register", { RD: [reading(0, 1, { RI: "1-0:1.8.1" })] }, "RD: reads 1-0:1.8.1;"],
    ["a part of the register", { RD: [reading(0, 1, { RI: "1-0:1.8.0*198" })] }, "RD: reads 1-0:1.8.0*198;"],
    [
      "a clock that nobody set",
      { RD: [reading(0, 1, { TM: at(0).replace("S", "U") })] },
      "is not synchronized (U)",
    ],
    [
      "a time without a state",
      { RD: [reading(0, 1, { TM: at(0).slice(0, -2) })] },
      "must be a time and its state",
    ],
    ["no readings", { RD: [] }, "RD: must be a list of readings"],
    ["a page without a number", { PG: "X1", RD: [reading(0, 1)] }, "PG: must be T or F and a number"],
  ])("%s is refused by its field", (_what, payload, why) => {
    expect(said(charger(), "cs", signed(payload))).toContain(why);
  });

  test("a record of another meter, or of none, is another's although the station has signed it", () => {
    const RD = [reading(0, 1)];
    expect(said(charger(), "cs", signed({ MS: "M2", RD }))).toBe(
      'wrong-serial: MS: "M2" spoke on the topic of "M1"',
    );
    expect(said(charger(), "cs", signed({ MS: undefined, RD }))).toBe(
      "wrong-serial: MS, GS: the record names no meter",
    );
    expect(said(charger(), "cs", signed({ MS: undefined, GS: "M1", RD }))).toMatchObject([
      { importWh: 1_000n },
    ]);
  });

  test("other algorithms and forms are refused by name", () => {
    const payload = { RD: [reading(0, 1)] };
    expect(said(charger(), "cs", signed(payload, { SA: "ECDSA-secp192r1-SHA256" } as object))).toBe(
      "malformed: SA: must be ECDSA-secp256r1-SHA256",
    );
    expect(said(charger(), "cs", signed(payload, { SD: 1 } as object))).toBe("malformed: SD: must be text");
    for (const text of ["{}", "OCMF|{}", `${signed(payload)}|{}`, signed(payload).replace("OCMF", "OCPP")])
      expect(said(charger(), "cs", text)).toBe("malformed: must be OCMF|{payload}|{signature}");
  });

  test("whatever a station signs, registers that it wrote or a named refusal come out", () => {
    const good = JSON.stringify({ PG: "T1", MS: "M1", RD: [reading(0, 1.5), { TM: at(15), RV: "2" }] });
    const damaged = fc
      .tuple(fc.nat(good.length), fc.nat(3), fc.string({ maxLength: 4 }))
      .map(([place, gone, put]) => good.slice(0, place) + put.replaceAll("|", "") + good.slice(place + gone));
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 3, arbitrary: damaged }, fc.json({ maxDepth: 2 })), (payload) => {
        if (payload.includes("|")) return;
        const heard = said(charger(), "cs", signed(payload));
        if (typeof heard === "string") {
          if (!/^(malformed|wrong-serial): ./.test(heard)) throw new Error(`refused as ${heard}`);
          return;
        }
        taken++;
        for (const one of heard)
          if (one.kind !== "registers" || (typeof one.importWh === "bigint" && one.importWh < 0n))
            throw new Error(`no registers: ${one.kind}`);
      }),
      { numRuns: Math.ceil(RUNS / 20) },
    );
    expect(taken).toBeGreaterThan(0);
  });

  test("pages are in the order of their times: a clock that was put back is told from a record that comes again", () => {
    const station = charger();
    const page = (PG: string, minute: number) =>
      said(station, "cs", signed({ PG, RD: [reading(minute, 1)] }));
    expect(page("T9", 30)).toHaveLength(1);
    expect(page("F3", 20)).toHaveLength(1);
    expect(page("T9", 30)).toHaveLength(1);
    expect(page("T8", 10)).toHaveLength(1);
    expect(page("T10", 29)).toBe(
      "malformed: TM: page T10 is of an earlier time than T9; was the clock put back?",
    );
    expect(page("T11", 30)).toHaveLength(1);
  });
});

// Each with a message whose import is `text`, beside other numbers, and what power of ten of a Wh that counts.
const station = generateKeyPairSync("ec", { namedCurve: "P-256" });
const written: [
  format: Format,
  digits: number,
  device: Device,
  topic: string,
  say: (text: string) => Buffer,
][] = [
  ["tasmota", 3, tasmota, SENSOR, (text) => bytes(energy.replace("12.580", text))],
  [
    "shelly",
    0,
    bound({ format: "shelly", topic: "s", component: "pm1:0", exports: false }),
    "s/status/pm1:0",
    (text) => bytes(`{"id":0,"apower":7.5,"aenergy":{"total":${text},"by_minute":[1.5]}}`),
  ],
  [
    "zigbee2mqtt",
    3,
    bound({ format: "zigbee2mqtt", topic: "z", fields: { import: "energy", export: null } }),
    "z",
    (text) => bytes(`{"power":8,"energy":"${text}","produced_energy":77}`),
  ],
  [
    "enerlink-1",
    0,
    bound({ format: "enerlink-1", topic: "e", device: "7" }),
    "e/data",
    (text) =>
      bytes(
        `{"meterId":7,"datetime":"2025-09-05T08:18:00Z","data":{"export":{"total_energy":1},"import":{"total_energy":${text},"daily_energy":5}}}`,
      ),
  ],
  [
    "sparkplug",
    3,
    bound({ format: "sparkplug", topic: "g/e", fields: { import: "In", export: null } }),
    "spBv1.0/g/NDATA/e",
    (text) => {
      const value = Buffer.from(text);
      const name = Buffer.from("0a02496e", "hex");
      const metric = Buffer.concat([name, Buffer.from([0x20, 12, 0x7a, value.length]), value]);
      return Buffer.concat([Buffer.from([0x08, 1, 0x12, metric.length]), metric]);
    },
  ],
  [
    "values",
    3,
    makeDevice(
      parseBinding({
        serial: "v",
        format: "values",
        registers: { import: [{ topic: "v/in" }], export: null },
      }),
    ),
    "v/in",
    (text) => bytes(text),
  ],
  [
    "json",
    3,
    bound({ format: "json", topic: "j", fields: { import: "a", export: null } }),
    "j",
    (text) => bytes(`{"b":19,"a":"${text}"}`),
  ],
  [
    "victron",
    3,
    bound({ format: "victron", topic: "N/a/grid/1", fields: { import: "F", export: null } }),
    "N/a/grid/1/F",
    (text) => bytes(`{"min":0,"value":${text}}`),
  ],
  [
    "amsreader",
    3,
    bound({ format: "amsreader", topic: "r" }),
    "r/energy",
    (text) => bytes(`{"tPI":${text},"tPO":0,"t":1}`),
  ],
  [
    "ocmf",
    3,
    bound({
      format: "ocmf",
      topic: "cs",
      key: station.publicKey.export({ format: "der", type: "spki" }).toString("hex"),
    }),
    "cs",
    (text) => {
      const payload = `{"PG":"T1","MS":"M1","RD":[{"TM":"2026-11-01T10:00:00,000+0700 S","RV":${text},"RI":"1-0:1.8.0","RU":"kWh","ST":"G"}]}`;
      const SD = sign("sha256", Buffer.from(payload), station.privateKey).toString("hex");
      return bytes(`OCMF|${payload}|{"SD":"${SD}"}`);
    },
  ],
];

test("every format is in the tests of what comes in and of what comes out", () => {
  expect(written.map(([format]) => format).sort()).toEqual([...formats].sort());
  expect(everything.map(([format]) => format).sort()).toEqual([...formats].sort());
});

test.each(written)(
  "%s: no number comes out that was not in the text",
  { timeout: 600_000 },
  (format, digits, device, topic, say) => {
    const number = fc
      .tuple(fc.nat(10_000_000), fc.stringMatching(/^\d{0,6}$/))
      .map(([whole, fraction]) => (fraction ? `${whole}.${fraction}` : `${whole}`));
    const damaged = fc
      .tuple(number, fc.nat(8), fc.constantFrom(..."eE+-., x0_9NaN*:".split(""), "e-2", "E+3", "kWh", "٣"))
      .map(([text, place, put]) => text.slice(0, place) + put + text.slice(place));
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(number, damaged), (text) => {
        const heard = said(device, topic, say(text));
        if (typeof heard === "string") return;
        for (const one of heard) {
          if (one.kind !== "registers") throw new Error(`${text}: ${one.kind}`);
          taken++;
          if (one.importWh !== scaled(text.trim(), digits)) throw new Error(`${text}: ${one.importWh}`);
        }
      }),
      { numRuns: format === "ocmf" ? Math.ceil(RUNS / 20) : RUNS },
    );
    expect(taken).toBeGreaterThan(0);
  },
);

test("decimal text is scaled digit by digit", () => {
  const digits = fc.stringMatching(/^\d{1,30}$/);
  fc.assert(
    fc.property(digits, digits, fc.nat(12), (whole, fraction, places) => {
      const expected = BigInt(whole + fraction.padEnd(places, "0").slice(0, places));
      expect(scaled(`${whole}.${fraction}`, places)).toBe(expected);
      expect(scaled(`${whole}.${fraction}e-3`, places + 3)).toBe(expected);
    }),
  );
  expect(scaled("9007199254740993.1", 3)).toBe(9_007_199_254_740_993_100n);
  expect(scaled("1e999", 0)).toBeUndefined();
  expect(scaled("0e999", 0)).toBe(0n);
  for (const text of ["", "-1", "+1", ".5", "1.", "0x10", "NaN", "1 "])
    expect(scaled(text, 3)).toBeUndefined();
});

// Each with a good message, which the test damages.
const everything: [Format, string, Device, string, Buffer][] = [
  ["tasmota", SENSOR, tasmota, "tele/tasmota_21AB34/LWT", bytes(energy)],
  [
    "shelly",
    "s/events/rpc",
    bound({ format: "shelly", topic: "s" }),
    "s/status/emdata:0",
    bytes({
      src: "a",
      method: "NotifyStatus",
      params: { ts: 1.5, "emdata:0": { total_act: 1.5, total_act_ret: 2 } },
    }),
  ],
  [
    "zigbee2mqtt",
    "z/m",
    bound({ format: "zigbee2mqtt", topic: "z/m" }),
    "z/m/availability",
    bytes({ energy: 1.5, produced_energy: 2 }),
  ],
  [
    "enerlink-1",
    "e/data",
    bound({ format: "enerlink-1", topic: "e", device: "7" }),
    "e/status",
    bytes({
      meterId: "7",
      datetime: "2025-09-05T08:18:00Z",
      data: { export: { total_energy: 1 }, import: { total_energy: 2.5 } },
    }),
  ],
  [
    "sparkplug",
    "spBv1.0/g/NDATA/e",
    bound({ format: "sparkplug", topic: "g/e", fields: { import: "Energy/Import", export: null } }),
    "spBv1.0/g/NBIRTH/e",
    Buffer.from("08a0b2d4c79133121e0a0d456e657267792f496d706f727418bcb1d4c7913320085896e8fbc6211801", "hex"),
  ],
  [
    "values",
    "v/in",
    makeDevice(
      parseBinding({
        serial: "v",
        format: "values",
        registers: { import: [{ topic: "v/in" }], export: [{ topic: "v/out" }] },
        availability: "v/status",
      }),
    ),
    "v/status",
    bytes("1234.567"),
  ],
  [
    "json",
    "j",
    bound({ format: "json", topic: "j", fields: { import: "a", export: "b" }, time: "t", offset: "Z" }),
    "j",
    bytes({ a: 1.5, b: "2", t: "2025-09-05T08:18:00" }),
  ],
  [
    "victron",
    "N/a/grid/30/Ac/Energy/Forward",
    bound({ format: "victron", topic: "N/a/grid/30" }),
    "N/a/grid/30/Ac/Energy/Reverse",
    bytes({ value: 16_555.66 }),
  ],
  [
    "amsreader",
    "r/energy",
    bound({ format: "amsreader", topic: "r" }),
    "r/energy",
    bytes({ tPI: 1874.122, tPO: 22.022, rtc: null, t: "1757060280" }),
  ],
  ["ocmf", "cs", bound({ format: "ocmf", topic: "cs", key: ocmf.key }), "cs", bytes(ocmf.record)],
];

test.each(everything)(
  "%s: whatever comes in, registers or a named refusal come out",
  {
    timeout: 600_000,
  },
  (_format, topic, device, otherTopic, good) => {
    const damaged = fc
      .tuple(fc.nat(good.length), fc.nat(3), fc.uint8Array({ maxLength: 4 }))
      .map(([at, gone, put]) => Buffer.concat([good.subarray(0, at), put, good.subarray(at + gone)]));
    const payload = fc.oneof(
      { weight: 2, arbitrary: damaged },
      fc.uint8Array({ maxLength: 60 }),
      fc.json({ maxDepth: 2 }).map(bytes),
    );
    const whole = (value: bigint | null | undefined) =>
      typeof value !== "bigint" || (value >= 0n && value <= LARGEST_REGISTER);
    let taken = 0;
    fc.assert(
      fc.property(payload, fc.constantFrom(topic, topic, otherTopic), (message, on) => {
        const adapted = device.adapt(on, message, { at: 0, retained: false });
        if ("fault" in adapted) {
          if (adapted.detail.length === 0) throw new Error("a refusal without a reason");
          return;
        }
        for (const one of adapted.observations) {
          if (one.kind !== "registers") continue;
          taken++;
          if (!whole(one.exportWh) || !whole(one.importWh)) throw new Error(`no register: ${one.importWh}`);
          if (one.timestamp !== undefined && !(one.timestamp >= 0 && one.timestamp < 2 ** 40))
            throw new Error(`no time: ${one.timestamp}`);
        }
      }),
      { numRuns: RUNS },
    );
    // The damage is mild enough that both ways are taken.
    expect(taken).toBeGreaterThan(0);
  },
);
