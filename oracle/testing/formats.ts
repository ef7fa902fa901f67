/**
 * One device of each format that is read, each as its maker has it speak: what is bound, what it says of registers at a
 * time, and which registers these are. The payloads are those of the device cases and of the formats' own documents, with
 * other times.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export type Registers = { importWh: bigint; exportWh: bigint };
type Said = readonly (readonly [topic: string, payload: string | Uint8Array])[];

export type Device = {
  binding: { serial: string; format: string } & Record<string, unknown>;
  /** What it has counted first, and then. */
  registers: readonly [Registers, Registers];
  /** `at`: unix seconds. `place`: of its registers. */
  says: (at: number, place: 0 | 1) => Said;
};

const JAKARTA = 7 * 3_600;
const localText = (at: number) => new Date((at + JAKARTA) * 1_000).toISOString().slice(0, 19);
const counted = (first: [bigint, bigint], then: [bigint, bigint]): Device["registers"] => [
  { importWh: first[0], exportWh: first[1] },
  { importWh: then[0], exportWh: then[1] },
];

const tasmota: Device = {
  binding: { serial: "d-tasmota", format: "tasmota", topic: "tele/plug", offset: "+07:00" },
  registers: counted([3_021_532n, 12_180n], [3_021_561n, 12_180n]),
  says: (at, place) => [
    [
      "tele/plug/SENSOR",
      `{"Time":"${localText(at)}","ENERGY":{"Total":3033.7,"ImportActive":${["3021.532", "3021.561"][place]},"ExportActive":12.180,"Power":1480}}`,
    ],
  ],
};

const shelly: Device = {
  binding: { serial: "d-shelly", format: "shelly", topic: "site/pm", component: "pm1:0" },
  registers: counted([18_703n, 18_696n], [18_703n, 18_721n]),
  says: (_at, place) => [
    [
      "site/pm/status/pm1:0",
      `{"id":0,"voltage":231.2,"apower":-900,"aenergy":{"total":18703.726},"ret_aenergy":{"total":${["18696.25", "18721.4"][place]}}}`,
    ],
  ],
};

const zigbee: Device = {
  binding: {
    serial: "d-zigbee",
    format: "zigbee2mqtt",
    topic: "zigbee2mqtt/meter",
    device: "0x00158d0001a2b3c4",
  },
  registers: counted([25_510n, 540n], [25_540n, 540n]),
  says: (_at, place) => [
    [
      "zigbee2mqtt/meter",
      `{"device":{"ieeeAddr":"0x00158d0001a2b3c4"},"energy":${["25.51", "25.54"][place]},"produced_energy":0.54}`,
    ],
  ],
};

const firstFirmware: Device = {
  binding: { serial: "d-first", format: "enerlink-1", topic: "enerlink/meters", device: "METER-7" },
  registers: counted([26_289n, 131_881n], [26_289n, 131_902n]),
  says: (at, place) => [
    [
      "enerlink/meters/data",
      `{"meterId":"METER-7","datetime":"${localText(at)}+0700","units":{"energy":"Wh"},"data":{"export":{"total_energy":${["131881.86", "131902.1"][place]}},"import":{"total_energy":26289}}}`,
    ],
  ],
};

/** Protobuf, as far as Sparkplug's payloads need it. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    if (rest <= 0x7fn) return bytes;
  }
}
const integer = (number: number, value: bigint) => [number << 3, ...varint(value)];
const bytes = (number: number, content: readonly number[]) => [
  (number << 3) | 2,
  ...varint(BigInt(content.length)),
  ...content,
];
const DOUBLE = 10n;
function metric(name: string | undefined, alias: bigint, at: bigint, value: number): number[] {
  const double = Buffer.alloc(8);
  double.writeDoubleLE(value);
  return bytes(2, [
    ...(name === undefined ? [] : bytes(1, [...Buffer.from(name)])),
    ...integer(2, alias),
    ...integer(3, at),
    ...integer(4, DOUBLE),
    ...[(13 << 3) | 1, ...double],
  ]);
}
let sequence = 0n;
const sparkplug: Device = {
  binding: {
    serial: "d-sparkplug",
    format: "sparkplug",
    topic: "Solar/edge-7/meter-2",
    fields: { import: "Energy/Import", export: "Energy/Export" },
  },
  registers: counted([12_580n, 100n], [12_600n, 100n]),
  says: (at, place) => [
    [
      "spBv1.0/Solar/DDATA/edge-7/meter-2",
      new Uint8Array([
        ...integer(1, BigInt(at) * 1_000n),
        ...metric(undefined, 11n, BigInt(at) * 1_000n, [12.58, 12.6][place]!),
        ...integer(3, sequence++ % 256n),
      ]),
    ],
  ],
};
/** What the edge node sends when it is asked for it: names for its aliases, and the values that it does not send again. */
export const sparkplugBirth = (at: number): Said => [
  [
    "spBv1.0/Solar/DBIRTH/edge-7/meter-2",
    new Uint8Array([
      ...integer(1, BigInt(at) * 1_000n),
      ...metric("Energy/Import", 11n, BigInt(at) * 1_000n, 12.58),
      ...metric("Energy/Export", 12n, BigInt(at) * 1_000n, 0.1),
      ...integer(3, sequence++ % 256n),
    ]),
  ],
];

const deye: Device = {
  binding: {
    serial: "d-values",
    format: "values",
    registers: {
      import: [{ topic: "deye/ac/total_energy_bought" }],
      export: [{ topic: "deye/ac/total_energy_sold" }],
    },
    availability: "deye/status",
  },
  registers: counted([17_500n, 600n], [17_600n, 600n]),
  says: (_at, place) => [
    ["deye/ac/total_energy_bought", ["17.5", "17.6"][place]!],
    ["deye/ac/total_energy_sold", "0.6"],
  ],
};

const grott: Device = {
  binding: {
    serial: "d-json",
    format: "json",
    topic: "energy/growatt",
    scale: "0.1",
    fields: { import: ["values", "etouser_tot"], export: ["values", "etogrid_tot"] },
    time: "time",
    offset: "+07:00",
    device: { at: "device", is: "ABC1234567" },
  },
  registers: counted([2_318_000n, 689_000n], [2_318_000n, 689_100n]),
  says: (at, place) => [
    [
      "energy/growatt",
      `{"device":"ABC1234567","time":"${localText(at)}","buffered":"no","values":{"pvstatus":5,"etouser_tot":23180,"etogrid_tot":${[6890, 6891][place]}}}`,
    ],
  ],
};

const victron: Device = {
  binding: { serial: "d-victron", format: "victron", topic: "N/aabbccddeeff/grid/30" },
  registers: counted([16_555_660n, 68_216_310n], [16_555_690n, 68_216_310n]),
  says: (_at, place) => [
    ["N/aabbccddeeff/grid/30/Ac/Energy/Forward", `{"value":${["16555.66", "16555.69"][place]}}`],
    ["N/aabbccddeeff/grid/30/Ac/Energy/Reverse", '{"value":68216.31}'],
  ],
};

const amsreader: Device = {
  binding: { serial: "d-amsreader", format: "amsreader", topic: "ams" },
  registers: counted([1_874_122n, 22_022n], [1_874_155n, 22_022n]),
  says: (at, place) => [
    [
      "ams/energy",
      `{"tPI":${["1874.122", "1874.155"][place]},"tPO":22.022,"tQI":-nan,"tQO":1e26,"rtc":null,"t":${at}}`,
    ],
  ],
};

const station = generateKeyPairSync("ec", { namedCurve: "P-256" });
/** 04 and both coordinates, as a station shows its key. */
function pointOf(key: KeyObject): string {
  const { x, y } = createPublicKey(key).export({ format: "jwk" });
  return `04${Buffer.from(x!, "base64url").toString("hex")}${Buffer.from(y!, "base64url").toString("hex")}`;
}
let page = 0;
const ocmf: Device = {
  binding: {
    serial: "d-ocmf",
    format: "ocmf",
    topic: "station/7/records",
    key: pointOf(station.privateKey),
    device: "EV-7",
  },
  registers: counted([2_935_600n, 0n], [2_935_640n, 0n]),
  says: (at, place) => {
    const payload = `{"FV":"1.0","GI":"Station","GS":"G1","PG":"T${++page}","MS":"EV-7","RD":[{"TM":"${localText(at)},000+0700 S","TX":"B","RV":${["2935.60", "2935.64"][place]},"RI":"1-0:1.8.0","RU":"kWh","RT":"AC","EF":"","ST":"G"}]}`;
    const signature = sign("sha256", Buffer.from(payload), station.privateKey).toString("hex");
    return [["station/7/records", `OCMF|${payload}|{"SA":"ECDSA-secp256r1-SHA256","SD":"${signature}"}`]];
  },
};

export const devices: readonly Device[] = [
  tasmota,
  shelly,
  zigbee,
  firstFirmware,
  sparkplug,
  deye,
  grott,
  victron,
  amsreader,
  ocmf,
];

/** What the oracle's user has to be let read and write for them, as lines of Mosquitto's access list. */
export const deviceRules = [
  ...["tele/#", "site/#", "zigbee2mqtt/#", "enerlink/meters/#", "spBv1.0/#", "deye/#", "energy/growatt"].map(
    (topic) => `topic read ${topic}`,
  ),
  ...["N/#", "ams/#", "station/#"].map((topic) => `topic read ${topic}`),
  ...["spBv1.0/Solar/NCMD/edge-7", "R/aabbccddeeff/keepalive"].map((topic) => `topic write ${topic}`),
];
