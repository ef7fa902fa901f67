import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { afterEach, beforeEach, expect, test } from "vitest";
import { domain, INTERVAL, key, openMeterWorld, signing } from "../../testing/meter-world.ts";
import type { Settled } from "../chain/mirror.ts";
import { makeTurns } from "./turns.ts";

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

/** Which of the readings that wait may be proposed, by how many windows after the start they are stamped. */
function due(): number[] {
  const { isDue } = makeTurns({
    mirror: world.mirror,
    members: { leader: () => undefined, leads: () => true },
    settlements: world.settlements,
    takeover: 3_000,
    order: world.order,
  });
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
