import { readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { domain, key, openMeterWorld, signing } from "../../testing/meter-world.ts";
import type { Meter, Settled } from "../chain/mirror.ts";

const START = 1_800_000_000;

let meter: Meter;
let time: number;
let settled: Settled | undefined;
let system: ReturnType<typeof openMeterWorld>;
let database: typeof system.database;

const start = (folder?: string) =>
  openMeterWorld({
    meter: () => meter,
    settled: () => settled,
    now: () => time * 1_000,
    ...(folder ? { folder } : {}),
  });

beforeEach(() => {
  meter = signing;
  time = START;
  settled = undefined;
  system = start();
  database = system.database;
});
afterEach(() => system.stop());

/** A reading of the device's, `exportWh` counted by `at` (seconds). */
async function signed(at: number, exportWh: bigint, { importWh = 5_000n, retained = false } = {}) {
  const values = { serial: "home-01", epoch: meter.epoch, sequence: BigInt(at), timestamp: at };
  const reading = signReading(domain, { ...values, exportWh, importWh, storedWh: 0n }, key.privateKey);
  const payload = Buffer.from(JSON.stringify(readingJson(reading)));
  const message = { topic: "enerlink/v1/home-01/reading", payload, retained };
  return system.intake.reading(message, "home-01", await system.intake.open(message, "home-01"));
}
/** Registers of an adapter's. */
function unsigned(
  at: number | undefined,
  exportWh: bigint | undefined,
  importWh?: bigint,
  { retained = false, waited = false } = {},
) {
  return system.intake.unsigned(
    { topic: "tele/plug/SENSOR", payload: Buffer.from("{}"), retained, waited },
    "home-01",
    {
      kind: "registers",
      exportWh,
      importWh,
      timestamp: at,
    },
  );
}
const pending = () => system.settlements.pending(10, Number.MAX_SAFE_INTEGER).map(({ reading }) => reading);
const rejected = () => database.prepare("SELECT reason FROM rejects ORDER BY id").pluck().all();
const held = () => system.holds.of("home-01", meter.epoch)?.reason;

describe("unsigned registers", () => {
  test("settle a class C meter where the registry allows it, sequenced by their time", () => {
    meter = { ...signing, trust: "C", key: undefined };
    expect(unsigned(START, 10_000n, 5_000n)).toMatchObject({ closed: true });
    expect(pending()).toMatchObject([{ exportWh: 10_000n, sequence: BigInt(START), signature: undefined }]);
    expect(system.settlements.last("home-01")).toBeUndefined();
  });

  test("are stored and never reported where it does not, or for a meter that signs", async () => {
    for (const other of [
      { ...signing, trust: "C", settles: false },
      { ...signing, trust: "B" },
      { ...signing, trust: "A" },
    ] as const) {
      meter = other;
      time += 900;
      expect(unsigned(time, 10_000n, 5_000n)).toMatchObject({ closed: false });
    }
    expect(pending()).toEqual([]);
    expect(system.readings.newest("home-01", "all")?.exportWh).toBe(10_000n);
    const { values } = await system.metrics.readings.get();
    expect(values.find(({ labels }) => labels.outcome === "monitored")?.value).toBe(3);
  });

  test("neither hold nor delay the meter's own readings", async () => {
    await signed(START, 10_000n);
    time = START + 900;
    unsigned(START + 900, 90_000_000n, 5_000n);
    unsigned(START + 901, 1n, 5_000n);
    expect(rejected()).toEqual(["decreasing"]);
    expect(held()).toBeUndefined();
    expect(await signed(START + 900, 10_500n)).toMatchObject({ closed: true });
    expect(pending().map(({ exportWh }) => exportWh)).toEqual([10_000n, 10_500n]);
    expect(system.readings.newest("home-01", "signed")?.exportWh).toBe(10_500n);
  });

  test("without a time are stamped on receipt; a register that was not sent has not changed", () => {
    meter = { ...signing, trust: "C", key: undefined };
    expect(unsigned(undefined, undefined, 5_000n)).toMatchObject({ outcome: "refused" });
    expect(rejected()).toEqual(["malformed"]);
    unsigned(undefined, 10_000n, 5_000n);
    time += 60;
    unsigned(undefined, undefined, 5_010n);
    expect(system.readings.newest("home-01", "all")).toMatchObject({
      timestamp: START + 60,
      exportWh: 10_000n,
      importWh: 5_010n,
    });
  });
});

describe("what waited at the broker while the node was away", () => {
  /** An hour of 2 kW, a message each minute, taken in within two seconds. */
  const hour = (at: (minute: number) => number | undefined, waited = true) => {
    time = START + 3_600;
    for (let minute = 1; minute <= 60; minute++) {
      if (minute === 30) time++;
      unsigned(at(minute), 10_000n, 5_000n + BigInt(Math.round((2_000 * minute) / 60)), { waited });
    }
    time = START + 3_660;
  };
  const newest = () => system.readings.newest("home-01", "all");

  beforeEach(() => {
    meter = { ...signing, trust: "C", key: undefined };
    unsigned(undefined, 10_000n, 5_000n);
  });

  test("counts at its own time, where it has one", () => {
    hour((minute) => START + 60 * minute);
    expect(rejected()).toEqual([]);
    expect(newest()).toMatchObject({ timestamp: START + 3_600, importWh: 7_000n });
  });

  test("has none without a clock: it does not count, holds nothing, and is in the next message", () => {
    hour(() => undefined);
    expect(new Set(rejected())).toEqual(new Set(["retained"]));
    expect(newest()).toMatchObject({ timestamp: START, importWh: 5_000n });
    expect(held()).toBeUndefined();
    expect(unsigned(undefined, 10_000n, 7_033n)).toMatchObject({ outcome: "accepted" });
    expect(newest()).toMatchObject({ timestamp: START + 3_660, importWh: 7_033n });
    expect(held()).toBeUndefined();
  });

  test("is remembered of a register that is sent when it changes only", () => {
    hour(() => undefined);
    unsigned(undefined, 10_001n, undefined);
    expect(newest()).toMatchObject({ timestamp: START + 3_660, exportWh: 10_001n, importWh: 7_000n });
  });

  test("would hold the meter if it were taken for what is said now", () => {
    hour(() => undefined, false);
    unsigned(undefined, 10_000n, 7_033n);
    expect(held()).toBe("impossible");
  });
});

test("a device that changes its clock for summer, and back, loses no Wh", async () => {
  meter = { ...signing, trust: "C", key: undefined };
  const count = async (which: "readings" | "rejects" | "flags", value: string) => {
    const { values } = await system.metrics[which].get();
    return values.find(({ labels }) => Object.values(labels).includes(value))?.value;
  };
  let exportWh = 10_000n;
  /** Two hours, a reading each five minutes, by a clock that is ahead by `ahead` seconds. */
  const hours = (ahead: number) => {
    for (let minutes = 0; minutes < 120; minutes += 5) {
      time += 300;
      exportWh += 50n;
      unsigned(time + ahead, exportWh, 5_000n);
    }
  };
  hours(0);
  // Ahead of true time is refused, and counted by name: an hour that has not been cannot be settled.
  hours(3_600);
  expect(new Set(rejected())).toEqual(new Set(["future"]));
  expect(await count("rejects", "future")).toBe(24);
  hours(0);
  expect(system.readings.newest("home-01", "all")?.exportWh).toBe(exportWh);
  // Behind it, what seems to have been before is left out; then the registers carry it.
  hours(-3_600);
  expect(await count("readings", "stale")).toBe(12);
  expect(await count("flags", "clock")).toBe(12);
  expect(system.readings.newest("home-01", "all")?.exportWh).toBe(exportWh);
});

test("a message that the broker kept advances nothing, signed or not", async () => {
  await signed(START, 10_000n, { retained: true });
  unsigned(START, 10_000n, 5_000n, { retained: true });
  expect(rejected()).toEqual(["retained", "retained"]);
  expect(system.readings.newest("home-01", "all")).toBeUndefined();
});

describe("a meter is held", () => {
  test("until a reading fits again, over a restart as well", async () => {
    await signed(START, 10_000n);
    time = START + 1_800;
    await signed(START + 60, 10_010_000n);
    expect(held()).toBe("impossible");
    await signed(START + 120, 9_999n);
    expect(held()).toBe("decreasing");
    database.close();
    system = start(system.folder);
    database = system.database;
    expect(held()).toBe("decreasing");
    await signed(START + 180, 10_001n);
    expect(held()).toBeUndefined();
    expect(rejected()).toEqual(["impossible", "decreasing"]);
  });

  test("for a jump between units, whatever comes in between", async () => {
    await signed(START, 10_000n);
    time = START + 900_000;
    await signed(START + 60, 10_000_000n, { importWh: 5_000_000n });
    expect(held()).toBe("unit-jump");
    await signed(START + 120, 9_999n);
    expect(held()).toBe("unit-jump");
    // Ten days later the connection could have carried a thousand times as much.
    await signed(START + 864_000, 10_001_000n, { importWh: 5_000_000n });
    expect(rejected()).toEqual(["unit-jump", "decreasing", "unit-jump"]);
    await signed(START + 864_060, 10_002n);
    expect(held()).toBeUndefined();
  });

  test("after it contradicted itself, until a new epoch", async () => {
    await signed(START, 10_000n);
    time = START + 1_800;
    await signed(START, 10_001n);
    expect(held()).toBe("equivocation");
    await signed(START + 60, 10_010n);
    expect(rejected()).toEqual(["equivocation", "frozen"]);
    meter = { ...signing, epoch: 2 };
    expect(held()).toBeUndefined();
    // The first of each epoch, from which energy counts; no window of the one before is closed by it.
    expect(await signed(START + 120, 0n)).toMatchObject({ outcome: "accepted", closed: true });
    expect(pending().map(({ epoch, timestamp }) => [epoch, timestamp - START])).toEqual([
      [1, 0],
      [2, 120],
    ]);
  });
});

describe("registers that jump", () => {
  const DAY = 86_400;

  test("are never let go by time, signed, over restarts, and while the case is open", async () => {
    await signed(START, 10_000n);
    time = START + 60;
    await signed(START + 60, 50_000n);
    expect(held()).toBe("impossible");
    database.close();
    system = start(system.folder);
    database = system.database;
    for (const [days, exportWh] of [
      [1, 55_000n],
      [30, 150_000n],
    ] as const) {
      time = START + days * DAY;
      expect(await signed(time, exportWh)).toMatchObject({ outcome: "refused", reason: "impossible" });
    }
    system.holds.place("home-01", { epoch: 1, reason: "tamper", detail: "cover", since: 0 });
    time += 60;
    expect(await signed(time, 150_010n)).toMatchObject({ reason: "tamper" });
    system.holds.release("home-01");
    time += DAY;
    expect(await signed(time, 150_020n)).toMatchObject({ reason: "impossible" });
    expect(system.readings.newest("home-01", "signed")?.exportWh).toBe(10_000n);
  });

  test("begin anew with a new epoch", async () => {
    await signed(START, 10_000n);
    time = START + 60;
    await signed(time, 50_000n);
    meter = { ...signing, epoch: 2, epochDeclaredAt: START + 60 };
    time = START + 120;
    expect(await signed(time, 50_010n)).toMatchObject({ outcome: "accepted" });
    expect(held()).toBeUndefined();
    time = START + 180;
    expect(await signed(time, 50_020n)).toMatchObject({ outcome: "accepted" });
  });

  test("keep nothing back of what was counted before: its window closes all the same", async () => {
    await signed(START, 10_000n);
    time = START + 600;
    await signed(time, 10_100n);
    time = START + 960;
    expect(await signed(time, 900_000n)).toMatchObject({ outcome: "refused", closed: true });
    expect(pending().map(({ exportWh }) => exportWh)).toEqual([10_000n, 10_100n]);
    time = START + 1_860;
    expect(await signed(time, 900_000n)).toMatchObject({ closed: false });
  });

  test("are seen against what the chain has settled by a node that has no reading of the epoch", async () => {
    settled = { timestamp: START - 60, epoch: 1, exportWh: 10_000n, importWh: 5_000n, storedWh: 0n };
    expect(await signed(START, 50_000n)).toMatchObject({ outcome: "refused", reason: "impossible" });
    time = START + DAY;
    expect(await signed(time, 50_010n)).toMatchObject({ outcome: "refused" });
    time += 60;
    expect(await signed(time, 10_100n)).toMatchObject({ outcome: "accepted" });
    settled = { ...settled, epoch: 2 };
    meter = { ...signing, epoch: 2 };
    time += 60;
    expect(await signed(time, 8_000n)).toMatchObject({ outcome: "refused", reason: "decreasing" });
  });
});

describe("registers of 0 that the chain was told of", () => {
  test("are left in small steps only, where nobody signs", () => {
    meter = { ...signing, trust: "C", key: undefined };
    settled = { timestamp: START - 60, epoch: 1, exportWh: 0n, importWh: 0n, storedWh: 0n };
    time = START + 172_800;
    expect(unsigned(time, 400_000n, 0n)).toMatchObject({ outcome: "refused", reason: "impossible" });
    expect(held()).toBe("impossible");
    time += 60;
    expect(unsigned(time, 10n, 0n)).toMatchObject({ outcome: "accepted" });
  });

  test("are a baseline where the meter signs, like any other", async () => {
    expect(await signed(START, 0n, { importWh: 0n })).toMatchObject({ outcome: "accepted", closed: true });
    time = START + 60;
    expect(await signed(time, 400_000n, { importWh: 0n })).toMatchObject({ reason: "impossible" });
    time = START + 172_800;
    expect(await signed(time, 400_010n, { importWh: 0n })).toMatchObject({ reason: "impossible" });
  });
});

test("a meter that signs is held when its telemetry shows a thousandth of what it counts", async () => {
  await signed(START, 10_000_000n);
  for (let second = 0; second <= 600; second += 10)
    system.power.add("home-01", { timestamp: START + second, gridW: -5 });
  time = START + 600;
  await signed(time, 10_000_001n);
  for (let second = 610; second <= 1_200; second += 10)
    system.power.add("home-01", { timestamp: START + second, gridW: -5 });
  time = START + 1_200;
  expect(await signed(time, 10_000_901n)).toMatchObject({ outcome: "refused", reason: "wrong-unit" });
  expect(held()).toBe("wrong-unit");
  // A restart knows nothing of the power yet, and lets nothing go.
  database.close();
  system = start(system.folder);
  database = system.database;
  time = START + 1_260;
  expect(await signed(time, 10_000_950n)).toMatchObject({ reason: "wrong-unit" });
});

test("a reading that comes after later ones is history: kept, and its window stays as it was settled", async () => {
  await signed(START, 10_000n);
  time = START + 2_000;
  await signed(START + 900, 10_500n);
  await signed(START + 1_800, 11_000n);
  const before = pending().length;
  expect(await signed(START + 60, 10_010n)).toEqual({ outcome: "late" });
  expect(pending()).toHaveLength(before);
  expect(system.readings.page("home-01", 100n, 1)).toMatchObject([{ timestamp: START + 60 }]);
  expect(system.readings.newest("home-01", "signed")?.timestamp).toBe(START + 1_800);
  await signed(START + 60, 10_010n);
  const { values } = await system.metrics.readings.get();
  const count = (name: string) => values.find(({ labels }) => labels.outcome === name)?.value;
  expect([count("late"), count("duplicate")]).toEqual([1, 1]);
});

test("unsigned registers that begin anew at their declared end go on", () => {
  meter = { ...signing, trust: "C", key: undefined };
  const payload = Buffer.from("{}");
  const observe = (importWh: bigint) =>
    system.intake.unsigned(
      { topic: "tele/plug/SENSOR", payload, retained: false },
      "home-01",
      { kind: "registers", exportWh: 0n, importWh, timestamp: time },
      { rollover: 1_000_000n },
    );
  observe(999_990n);
  time += 60;
  observe(50n);
  expect(system.readings.newest("home-01", "all")?.importWh).toBe(1_000_050n);
  expect(held()).toBeUndefined();
});

describe("a slotted meter", () => {
  const slots = { communityId: 1, length: 900, tolerance: 120, patience: 600, since: 0 };
  /** What waits to be reported: when it was read, and for which slot, both from `START`. */
  const reports = () =>
    system.settlements
      .pending(10, Number.MAX_SAFE_INTEGER)
      .map(({ reading, windowEnd }) => [reading.timestamp - START, windowEnd && windowEnd - START]);
  const read = async (...times: number[]) => {
    for (const at of times) {
      time = START + at;
      await signed(time, 10_000n + BigInt(at));
    }
  };
  beforeEach(() => {
    meter = { ...signing, slots };
  });

  test("is reported by its first reading after the slot's end, before anything follows it", async () => {
    await read(450, 890, 903);
    expect(reports()).toEqual([[903, 900]]);
    await read(913, 1_700, 1_800, 1_810);
    expect(reports()).toEqual([
      [903, 900],
      [1_800, 1_800],
    ]);
  });

  test("is reported late, for no slot, where no reading came in time; its next slot has its own", async () => {
    await read(450, 890, 1_030, 1_100, 1_803);
    expect(reports()).toEqual([
      [1_030, undefined],
      [1_803, 1_800],
    ]);
  });

  test("passes over what comes within a minute of its last report, and takes the next one for the slot", async () => {
    meter = { ...signing, slots: { communityId: 1, length: 60, tolerance: 50, patience: 55, since: 0 } };
    await read(60, 118, 121, 126, 181, 182);
    expect(reports()).toEqual([
      [60, 60],
      [121, 120],
      [181, 180],
    ]);
    await read(244, 290, 303, 306);
    expect(reports().slice(3)).toEqual([
      [244, 240],
      [306, 300],
    ]);
  });

  test("is not reported late where that would keep it from being read at the next slot's end", async () => {
    meter = { ...signing, slots: { communityId: 1, length: 60, tolerance: 20, patience: 55, since: 0 } };
    await read(60, 115, 145, 181);
    expect(reports()).toEqual([
      [60, 60],
      [181, 180],
    ]);
  });

  test("is reported at once when another length makes its reading one of a slot's end", async () => {
    await read(450, 890);
    meter = { ...signing, slots: { ...slots, length: 300 } };
    await read(1_210);
    expect(reports()).toEqual([[1_210, 1_200]]);
  });
});
