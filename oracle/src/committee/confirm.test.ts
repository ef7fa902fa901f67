import type { Item } from "@enerlink/protocol/wire/committee";
import type { NewReading } from "@enerlink/protocol/wire/reading";
import { type Reading, readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { domain, key, openMeterWorld, signing } from "../../testing/meter-world.ts";
import type { Meter, Settled } from "../chain/mirror.ts";
import type { Message } from "../mqtt/client.ts";
import type { Community } from "../rules/clearing.ts";
import { makeConfirm } from "./confirm.ts";

/** A window of 900 s begins there. */
const START = 1_800_000_000;

/** Another member, which shows what this node has missed. */
const MEMBER = "0x00000000000000000000000000000000000000aa";

let meter: Meter;
let system: ReturnType<typeof start>;

let settled: Settled | undefined;
let community: Community | undefined;
let overdue: boolean;

const chainSettled = (after: number) => {
  settled = { timestamp: START + after, epoch: 1, exportWh: 0n, importWh: 0n, storedWh: 0n };
};

function start() {
  const world = openMeterWorld({
    meter: () => meter,
    settled: () => settled,
    community: () => community,
    isOverdue: () => overdue,
    now: () => (START + 10_000) * 1_000,
  });
  const { intake } = world;
  async function inbox(group: Message[]): Promise<void> {
    for (const message of group) intake.reading(message, "home-01", await intake.open(message, "home-01"));
  }
  return { ...world, inbox, confirm: makeConfirm(world) };
}

beforeEach(() => {
  meter = signing;
  // The chain knows the meter, so that none of its reports has to wait for an earlier one.
  chainSettled(0);
  [community, overdue] = [undefined, false];
  system = start();
});
afterEach(() => system.stop());

/** What the meter signed `after` seconds. */
const reading = (after: number, exportWh = BigInt(after)): Reading =>
  signReading(
    domain,
    {
      serial: "home-01",
      epoch: 1,
      sequence: BigInt(after),
      timestamp: START + after,
      exportWh,
      importWh: 0n,
      storedWh: 0n,
    },
    key.privateKey,
  );
/** This node hears it from the meter. */
const hear = (...all: Reading[]) =>
  system.inbox(
    all.map((one) => ({
      topic: "enerlink/v1/home-01/reading",
      payload: Buffer.from(JSON.stringify(readingJson(one))),
      retained: false,
    })),
  );
/** An observation of what nobody signs. */
const observe = (after: number, exportWh: bigint) =>
  system.intake.unsigned(
    { topic: "tele/plug/SENSOR", payload: Buffer.from("{}"), retained: false },
    "home-01",
    { kind: "registers", timestamp: START + after, exportWh, importWh: 0n },
  );
const item = (end: number, of: NewReading): Item => ({ windowEnd: START + end, reading: of });
const reasons = async (...items: Item[]) =>
  (await system.confirm.confirm(items, MEMBER)).map(({ refused }) => refused.reason);

describe("a window's report", () => {
  test("is signed only once this node itself has heard a reading at or past the window's end", async () => {
    await hear(reading(0), reading(300));
    expect(await reasons(item(900, reading(300)))).toEqual(["window-open"]);
    // Shown by another member, what ends the window is not heard yet: something may have come before it.
    expect(await reasons(item(900, reading(900)))).toEqual(["window-open"]);
    await system.confirm.take([reading(1_000)], MEMBER);
    expect(await reasons(item(900, reading(300)))).toEqual(["window-open"]);
    await hear(reading(600));
    await hear(reading(1_000));
    expect(await reasons(item(900, reading(300)))).toEqual(["later-reading"]);
    expect(await reasons(item(900, reading(600)))).toEqual([]);
  });

  test("is signed when what follows is refused: it shows all the same that the window is over", async () => {
    await hear(reading(0), reading(800), reading(1_000, 900_000n));
    expect(system.readings.newest("home-01", "signed")?.timestamp).toBe(START + 800);
    expect(await reasons(item(900, reading(800)))).toEqual([]);
  });

  test("at the window's very end needs nothing after it", async () => {
    await hear(reading(0), reading(900));
    expect(await reasons(item(900, reading(900)))).toEqual([]);
  });

  test("rests on a reading that this node has missed, once the meter's signature is checked", async () => {
    await hear(reading(0), reading(1_000));
    const forged = { ...reading(500), exportWh: 501n };
    expect(await reasons(item(900, forged))).toEqual(["wrong-signature"]);
    expect(await reasons(item(900, reading(500)))).toEqual([]);
    expect(await reasons(item(900, reading(500, 499n)))).toEqual(["different-reading"]);
    expect(system.holds.of("home-01", 1)?.reason).toBe("equivocation");
    // What contradicts another is kept with who has shown it: no meter has sent it to this node.
    const kept = system.database
      .prepare<unknown[], { topic: string; payload: Buffer }>("SELECT topic, payload FROM rejects")
      .all();
    expect(kept.map(({ topic, payload }) => [topic, JSON.parse(String(payload)).exportWh])).toEqual([
      [`member ${MEMBER}`, 499],
    ]);
  });

  test.each(["equivocation", "tamper"] as const)(
    "is not signed of a meter that is held for %s",
    async (reason) => {
      await hear(reading(0), reading(800), reading(1_000));
      expect(await reasons(item(900, reading(800)))).toEqual([]);
      system.holds.place("home-01", { epoch: 1, reason, detail: "", since: START });
      expect(await reasons(item(900, reading(800)))).toEqual(["frozen"]);
    },
  );

  test("is not signed of a meter that the registry has suspended", async () => {
    await hear(reading(0), reading(800), reading(1_000));
    meter = { ...signing, suspended: true };
    expect(await reasons(item(900, reading(800)))).toEqual(["not-reportable"]);
  });

  test("is one of many: each is judged by itself", async () => {
    await hear(reading(0), reading(800), reading(1_000));
    const stranger = item(900, { ...reading(800), serial: "nobody" });
    expect(await reasons(item(900, reading(800)), stranger, item(901, reading(800)))).toEqual([
      "unknown-meter",
      "wrong-window",
    ]);
  });
});

describe("a meter's first report", () => {
  test("is not overtaken by a later one, which would forget what came between", async () => {
    settled = undefined;
    await hear(reading(0), reading(800), reading(1_000));
    expect(await reasons(item(0, reading(0)))).toEqual([]);
    expect(await reasons(item(900, reading(800)))).toEqual(["not-yet"]);
    chainSettled(0);
    expect(await reasons(item(900, reading(800)))).toEqual([]);
  });
});

describe("what nobody signed", () => {
  beforeEach(() => {
    meter = { ...signing, key: undefined, trust: "C" };
  });
  const observed = (after: number, exportWh: bigint): NewReading => ({
    ...reading(after, exportWh),
    signature: undefined,
  });

  test("is borne out by an own observation of the same registers, the last one of the window", async () => {
    observe(0, 0n);
    observe(400, 40n);
    expect(await reasons(item(900, observed(400, 40n)))).toEqual(["window-open"]);
    observe(800, 80n);
    observe(1_000, 100n);
    expect(await reasons(item(900, observed(400, 40n)))).toEqual(["later-reading"]);
    // By another member's clock.
    expect(await reasons(item(900, observed(790, 80n)))).toEqual([]);
    expect(await reasons(item(900, observed(600, 80n)))).toEqual(["no-own-reading"]);
  });

  test("is not signed while it stands at zero, which may be what a device shows before it knows", async () => {
    observe(800, 0n);
    observe(1_000, 0n);
    expect(await reasons(item(900, observed(800, 0n)))).toEqual(["window-open"]);
  });

  test("is settled by hand only as it was observed at that very time", async () => {
    observe(400, 40n);
    expect(await reasons(item(400, observed(400, 40n)))).toEqual([]);
    observe(410, 41n);
    expect(await reasons(item(410, observed(410, 40n)))).toEqual(["no-own-reading"]);
  });
});

describe("a slot's report", () => {
  const slots = { communityId: 1, length: 900, tolerance: 120, patience: 600, since: 0 };
  const clearedTo = (after: number) => {
    community = { id: 1, slots, clearedTo: START + after, present: 1n, members: ["home-01"] };
  };
  beforeEach(() => {
    meter = { ...signing, slots };
    clearedTo(0);
  });

  test("is the first reading after its end, as soon as this node itself has heard it", async () => {
    await hear(reading(0), reading(890));
    expect(await reasons(item(900, reading(903)))).toEqual(["window-open"]);
    await hear(reading(903), reading(913));
    expect(await reasons(item(900, reading(913)))).toEqual(["earlier-reading"]);
    expect(await reasons(item(900, reading(890)))).toEqual(["wrong-window"]);
    expect(await reasons(item(900, reading(903)))).toEqual([]);
  });

  test("is the first that the converter takes: not one within a minute of what is settled", async () => {
    await hear(reading(0), reading(870), reading(903), reading(931));
    chainSettled(870);
    expect(await reasons(item(900, reading(931)))).toEqual([]);
    chainSettled(840);
    expect(await reasons(item(900, reading(931)))).toEqual(["earlier-reading"]);
  });

  test("is no longer signed once another reading at that end is settled", async () => {
    await hear(reading(0), reading(890), reading(903), reading(913));
    chainSettled(913);
    expect(await reasons(item(900, reading(903)))).toEqual(["settled"]);
    chainSettled(901);
    expect(await reasons(item(900, reading(913)))).toEqual(["settled"]);
  });

  test("is one that this node has missed, when another member shows it", async () => {
    await hear(reading(0), reading(890), reading(913));
    expect(await reasons(item(900, reading(903)))).toEqual([]);
    expect(await reasons(item(900, reading(913)))).toEqual(["earlier-reading"]);
  });

  test("is none beyond the tolerance: that is settled for no slot", async () => {
    await hear(reading(0), reading(890), reading(1_021));
    expect(await reasons(item(900, reading(1_021)))).toEqual(["wrong-window"]);
    expect(await reasons(item(1_800, reading(1_021)))).toEqual(["wrong-window"]);
    expect(await reasons(item(1_021, reading(1_021)))).toEqual([]);
  });

  test("is not signed while the last one stands for a slot that is not cleared: a later one would take its place", async () => {
    await hear(reading(0), reading(890), reading(903), reading(1_000), reading(1_803));
    chainSettled(903);
    // By hand, as whoever wants the slot's energy to end later would have it, and for the next slot alike.
    const later = [item(1_000, reading(1_000)), item(1_800, reading(1_803))];
    expect(await reasons(...later)).toEqual(["not-yet", "not-yet"]);
    clearedTo(900);
    expect(await reasons(item(1_000, reading(1_000)))).toEqual([]);
    // Only a community that cannot be cleared holds up nobody.
    clearedTo(0);
    expect(await reasons(item(1_000, reading(1_000)))).toEqual(["not-yet"]);
    overdue = true;
    expect(await reasons(item(1_000, reading(1_000)))).toEqual([]);
  });

  test("comes before what is settled by hand after it, though that lies within the tolerance", async () => {
    await hear(reading(0), reading(890), reading(903), reading(913));
    expect(await reasons(item(913, reading(913)))).toEqual(["not-yet"]);
    chainSettled(903);
    clearedTo(900);
    // Only then the converter's own rule counts, which takes one a minute.
    expect(await reasons(item(913, reading(913)))).toEqual([]);
  });

  test("of what nobody signed was observed by this node at about that time", async () => {
    meter = { ...meter, key: undefined, trust: "C" };
    const observed = (after: number, exportWh: bigint): NewReading => ({
      ...reading(after, exportWh),
      signature: undefined,
    });
    observe(0, 0n);
    observe(890, 80n);
    expect(await reasons(item(900, observed(903, 90n)))).toEqual(["window-open"]);
    observe(902, 90n);
    // By another member's clock, to which the one before came after the slot's end.
    expect(await reasons(item(900, observed(903, 90n)))).toEqual([]);
    expect(await reasons(item(900, observed(901, 80n)))).toEqual([]);
    expect(await reasons(item(900, observed(903, 91n)))).toEqual(["no-own-reading"]);
  });
});
