import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { afterEach, beforeEach, expect, test } from "vitest";
import { domain, INTERVAL, key, openMeterWorld, signing } from "../../testing/meter-world.ts";
import type { Settled } from "../chain/mirror.ts";
import { itemOf, makeTurns } from "./turns.ts";

/** A window begins there. */
const START = 1_800_000_000;

let settled: Settled | undefined;
let world: ReturnType<typeof openMeterWorld>;
beforeEach(() => {
  settled = undefined;
  world = openMeterWorld({
    meter: () => signing,
    settled: () => settled,
    now: () => (START + 10_000) * 1_000,
  });
  // The ends of two windows, one after the other.
  for (const windows of [1, 2, 3]) {
    const timestamp = START + windows * INTERVAL;
    const registers = { exportWh: BigInt(windows), importWh: 0n, storedWh: 0n };
    const meant = { serial: signing.serial, epoch: 1, sequence: BigInt(windows), timestamp, ...registers };
    const reading = signReading(domain, meant, key.privateKey);
    world.intake.take(reading, true, {
      kind: "member",
      sender: "0x00000000000000000000000000000000000000aa",
    });
  }
});
afterEach(() => world.stop());

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
