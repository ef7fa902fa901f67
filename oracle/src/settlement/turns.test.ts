import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { afterEach, beforeEach, expect, test } from "vitest";
import { domain, INTERVAL, key, openMeterWorld, signing } from "../../testing/meter-world.ts";
import type { Meter, Settled } from "../chain/mirror.ts";
import { itemOf, makeTurns } from "./turns.ts";

/** A window begins there. */
const START = 1_800_000_000;

let settled: Settled | undefined;
let meter: Meter;
let world: ReturnType<typeof openMeterWorld>;
beforeEach(() => {
  settled = undefined;
  meter = signing;
  world = openMeterWorld({
    meter: () => meter,
    settled: () => settled,
    now: () => (START + 10_000) * 1_000,
  });
  // The ends of two windows, one after the other.
  for (const windows of [1, 2, 3]) take(windows, BigInt(windows));
});
afterEach(() => world.stop());

/** Has the meter read so many windows after the start. */
function take(windows: number, exportWh: bigint, importWh = 0n): void {
  const registers = { exportWh, importWh, storedWh: 0n };
  const timestamp = START + windows * INTERVAL;
  const meant = { serial: signing.serial, epoch: 1, sequence: BigInt(windows), timestamp, ...registers };
  const reading = signReading(domain, meant, key.privateKey);
  world.intake.take(reading, true, {
    kind: "member",
    sender: "0x00000000000000000000000000000000000000aa",
  });
}

const LEADER = "0x00000000000000000000000000000000000000AA";
const TAKEOVER = 3_000;

/** @param leads Whether it is this node's turn, by what it is the turn for */
const turns = (leads: (name: string) => boolean) =>
  makeTurns({
    mirror: world.mirror,
    members: { leader: () => LEADER, leads },
    settlements: world.settlements,
    takeover: TAKEOVER,
    order: world.order,
  });
const waiting = (now = Number.MAX_SAFE_INTEGER) => world.settlements.pending(10, now);

/** Which of the readings that wait may be proposed, by how many windows after the start they are stamped. */
function due(): number[] {
  const { isDue } = turns(() => true);
  return world.settlements
    .pending(10, Number.MAX_SAFE_INTEGER)
    .filter(isDue)
    .map(({ reading }) => (reading.timestamp - START) / INTERVAL);
}

test("a meter's first report is not overtaken by a later one, which would forget what came between", () => {
  const [first, ...later] = world.settlements
    .pending(10, Number.MAX_SAFE_INTEGER)
    .map(({ reading }) => (reading.timestamp - START) / INTERVAL);
  expect(later.length).toBeGreaterThan(0);
  expect(due()).toEqual([first]);
  // Once it is settled, whatever is later counts from it.
  settled = { timestamp: START + first! * INTERVAL, epoch: 1, exportWh: 0n, importWh: 0n, storedWh: 0n };
  expect(due()).toEqual(later);
});

test("what is due is the leader's to propose, but what this node alone was asked for is its own", () => {
  const [oldest, asked, other] = waiting().map((one, index) => ({ ...one, asked: index === 1 }));
  const due = [asked!, other!, oldest!];
  const asking: string[] = [];
  expect(turns((name) => asking.push(name) > 0).own(due)).toEqual(due);
  expect(asking).toEqual([`window ${itemOf(oldest!).windowEnd}`]);
  expect(turns(() => false).own(due)).toEqual([asked]);
});

test("what the leader has proposed is left to it for as long as a turn takes", () => {
  const [first, ...others] = waiting();
  const { leave } = turns(() => false);
  const items = [itemOf(first!)];
  leave(items, "0x00000000000000000000000000000000000000bb");
  expect(waiting(Date.now())).toHaveLength(3);
  const began = Date.now();
  leave(items, LEADER.toLowerCase());
  expect(waiting(began + TAKEOVER - 1).map(({ id }) => id)).toEqual(others.map(({ id }) => id));
  expect(waiting(Date.now() + TAKEOVER)).toHaveLength(3);
});

const registersAt = (windows: number, exportWh: bigint): Settled => ({
  ...{ timestamp: START + windows * INTERVAL, epoch: 1, exportWh, importWh: 0n, storedWh: 0n },
});
const outcomes = () =>
  world.database
    .prepare<[], { timestamp: bigint; state: string; reason: string | null }>(
      "SELECT timestamp, state, reason FROM settlements WHERE state <> 'pending' ORDER BY timestamp",
    )
    .all()
    .map(({ timestamp, ...rest }) => ({ windows: (Number(timestamp) - START) / INTERVAL, ...rest }));

/** It carries 29 Wh in one window. */
const narrow: Meter = { ...signing, exportWatts: 100 };

test("what the contract would skip for the rating is not proposed, says why, and comes with a later window", () => {
  take(4, 100n);
  take(10, 100n);
  meter = narrow;
  settled = registersAt(3, 3n);
  expect(due()).toEqual([10]);
  expect(outcomes().filter(({ state }) => state === "skipped")).toEqual([
    {
      windows: 4,
      state: "skipped",
      reason: "waits: export of 97 Wh in 900 s, at 100 W the contract takes 29 Wh; a later window brings it",
    },
  ]);
});

test("while an earlier report is under way, a later one is judged by what that one leaves", () => {
  take(4, 40n);
  meter = narrow;
  // By what the chain has, 40 Wh in an hour fit.
  settled = registersAt(0, 0n);
  expect(due()).toEqual([1, 2, 3]);
  expect(outcomes()).toEqual([]);
  settled = registersAt(3, 3n);
  expect(due()).toEqual([]);
  expect(outcomes().at(-1)).toMatchObject({ windows: 4, state: "skipped" });
});

test("the import is bounded by its own rating", () => {
  take(4, 3n, 40n);
  meter = { ...signing, importWatts: 100 };
  settled = registersAt(3, 3n);
  expect(due()).toEqual([]);
  expect(outcomes().at(-1)!.reason).toMatch(
    /^waits: import of 40 Wh in 900 s, at 100 W the contract takes 29 Wh/,
  );
});

test("registers of another epoch than the chain's last, or the first of all, are bounded by no rating", () => {
  take(4, 100n);
  meter = narrow;
  settled = { ...registersAt(3, 3n), timestamp: 0 };
  expect(due()).toEqual([1]);
});
