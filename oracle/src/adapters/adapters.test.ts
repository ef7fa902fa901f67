import { LARGEST_REGISTER } from "@enerlink/protocol/wire/reading";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Device, makeDevice } from "./adapters.ts";
import { parseBinding } from "./bindings.ts";
import { scaled } from "./decimal.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 10_000);

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
    expect(said(tasmota, SENSOR, energy)).toEqual(registers(12_580n, 0n, noon, 0));
    const unknown = energy.replace('"ImportActive":12.580', '"ImportActive":null');
    expect(said(tasmota, SENSOR, unknown)).toMatchObject([{ importWh: null, exportWh: 0n }]);
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
    const binding = name === "no zone anywhere" ? changed(tasmota, { offset: undefined }) : tasmota;
    expect(said(binding, SENSOR, payload)).toContain(detail);
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
const everything: [string, string, Device, string, Buffer][] = [
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
