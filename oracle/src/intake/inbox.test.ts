import { readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { afterEach, beforeEach, expect, test } from "vitest";
import { domain, key, log, openMeterWorld, signing } from "../../testing/meter-world.ts";
import { makeDevices } from "../adapters/devices.ts";
import { makePresence } from "../meters/presence.ts";
import { FLOOD } from "../rules/floods.ts";
import { makeInbox } from "./inbox.ts";
import { makeRejectLog } from "./rejects.ts";

const START = Math.floor(Date.now() / 900_000) * 900;

let closed: string[];
let failAt: number | undefined;
let system: ReturnType<typeof start>;
let database: typeof system.database;

/** Told of each message before its signature is checked. */
let opening: (topic: string) => void;

function start() {
  const world = openMeterWorld({
    meter: () => signing,
    others: [{ ...signing, serial: "home-02" }],
    close: (timestamp) => {
      if (timestamp === failAt) throw new TypeError("a fault of this program");
    },
  });
  const bound = makeDevices([
    {
      serial: "home-01",
      format: "ocmf",
      topic: "station/1",
      key: key.x.replace("0x", "04") + key.y.slice(2),
    },
  ]);
  const presence = makePresence({ ...world, interval: () => 30, log });
  const inbox = makeInbox({
    ...world,
    intake: {
      ...world.intake,
      open: (message, serial) => {
        opening(message.topic);
        return world.intake.open(message, serial);
      },
    },
    devices: {
      ...bound,
      of: (topic) =>
        bound.of(topic).map((device) => ({
          ...device,
          adapt: (...message) => {
            opening(topic);
            return device.adapt(...message);
          },
        })),
    },
    presence,
    commands: { acknowledged: () => {} },
    // So that no more of a flood is kept on a machine that is slow.
    now: () => START * 1_000,
    settler: {
      windowClosed: (serial: string) => {
        // What is reported next must be on disk by now.
        expect(world.database.inTransaction).toBe(false);
        closed.push(serial);
      },
    },
  });
  return { ...world, inbox };
}

beforeEach(() => {
  closed = [];
  failAt = undefined;
  opening = () => {};
  system = start();
  database = system.database;
});
afterEach(() => system.stop());

function reading(timestamp: number, exportWh: bigint, serial = "home-01") {
  const values = { serial, epoch: 1, sequence: BigInt(timestamp), timestamp };
  const signed = signReading(domain, { ...values, exportWh, importWh: 0n, storedWh: 0n }, key.privateKey);
  return message("reading", readingJson(signed), serial);
}
/** Another than it says. */
function forgery(timestamp: number) {
  const { topic, payload, retained } = reading(timestamp, 10n);
  return { topic, payload: Buffer.from(payload.toString().replace(":10,", ":11,")), retained };
}
function message(kind: string, content: object, serial = "home-01") {
  const payload = Buffer.from(JSON.stringify(content));
  return { topic: `enerlink/v1/${serial}/${kind}`, payload, retained: false };
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
  const forged = Array.from({ length: 1_000 }, (_, index) => forgery(START + index));
  const status = { state: "online", bootId: "a", uptime: 1, firmware: "1", tamper: ["cover"] };
  const own = reading(START, 10n);
  await system.inbox([...forged.slice(0, 500), own, message("status", status), ...forged.slice(500)]);
  expect(stored()).toHaveLength(1);
  expect(rejected()).toEqual(Array(FLOOD.atOnce).fill("wrong-signature"));
  expect(system.holds.of("home-01", 1)?.reason).toBe("tamper");
});

test("what other meters send is on disk before the signatures of a flood are checked", async () => {
  const forged = Array.from({ length: 998 }, (_, index) => forgery(START + index));
  const beside = reading(START, 30n, "home-02");
  const own = reading(START, 10n);
  const group = [...forged.slice(0, 900), beside, ...forged.slice(900), own];
  let ofFlood = 0;
  const waited: number[] = [];
  opening = (topic) => {
    if (topic !== beside.topic && ++ofFlood > 20) waited.push(stored().length);
  };
  const received = await system.inbox(group);
  expect(waited).toEqual(Array(979).fill(1));
  expect(received.map(([one]) => one!.serial)).toEqual(
    group.map(({ topic }) => (topic === beside.topic ? "home-02" : "home-01")),
  );
  expect([received[900], received.at(-1)]).toMatchObject([
    [{ outcome: "accepted" }],
    [{ outcome: "accepted" }],
  ]);
  expect(stored()).toHaveLength(2);
});

test("so is it before a flood of a charging station's records", async () => {
  const payload = Buffer.from(`OCMF|{}|{"SD":"${"00".repeat(64)}"}`);
  const forged = Array.from({ length: 50 }, () => ({ topic: "station/1", payload, retained: false }));
  const beside = reading(START, 30n, "home-02");
  let ofFlood = 0;
  const waited: number[] = [];
  opening = (topic) => {
    if (topic !== beside.topic && ++ofFlood > 20) waited.push(stored().length);
  };
  await system.inbox([...forged, beside]);
  expect(waited).toEqual(Array(30).fill(1));
  expect(rejected()).toEqual(Array(FLOOD.atOnce).fill("wrong-signature"));
});

test("nobody's signature is checked on the topic of another meter", async () => {
  const { payload } = reading(START, 10n, "home-02");
  const opened = await system.intake.open({ topic: "", payload, retained: false }, "home-01");
  expect(opened).toMatchObject({ parsed: { serial: "home-02" }, authentic: false });
  await system.inbox([{ ...message("reading", {}), payload }]);
  expect(rejected()).toEqual(["wrong-serial"]);
});

test("the refused messages of a meter are kept by themselves: whoever sends many pushes out its own only", async () => {
  const log = makeRejectLog(database);
  const other = (index: number) => ({
    ...message("reading", { index }),
    topic: "enerlink/v1/nobody/reading",
    retained: true,
  });
  await system.inbox([{ ...message("reading", { first: true }), retained: true }]);
  await system.inbox(Array.from({ length: 2_000 }, (_, index) => other(index)));
  expect(log.newest("home-01")).toMatchObject({ reason: "retained", topic: "enerlink/v1/home-01/reading" });
  expect(rejected()).toHaveLength(1_001);
  await system.inbox(
    Array.from({ length: 150 }, (_, index) => ({ ...message("reading", { index }), retained: true })),
  );
  const page = log.page("home-01", 2n ** 60n, 500);
  expect(page).toHaveLength(100);
  expect(page[0]!.payload.toString()).toBe('{"index":149}');
  expect(log.page("nobody", 2n ** 60n, 500)).toEqual([]);
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
