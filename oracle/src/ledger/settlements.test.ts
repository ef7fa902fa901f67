import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { afterEach, beforeEach, expect, test } from "vitest";
import { domain, key, openMeterWorld, signing } from "../../testing/meter-world.ts";

/** A slot ends there. */
const START = 1_800_000_000;
const slots = { communityId: 1, length: 60, tolerance: 30, patience: 60 };

let world: ReturnType<typeof openMeterWorld>;
beforeEach(() => {
  world = openMeterWorld({ meter: () => ({ ...signing, slots }), now: () => (START + 1_000) * 1_000 });
});
afterEach(() => world.stop());

/** The meter says something every 15 seconds, from so many seconds after the start to so many. */
function hear(from: number, to: number): void {
  for (let after = from; after <= to; after += 15) {
    const meant = {
      serial: signing.serial,
      epoch: 1,
      sequence: BigInt(after + 100),
      timestamp: START + after,
    };
    const reading = signReading(
      domain,
      { ...meant, exportWh: 1n, importWh: 1n, storedWh: 0n },
      key.privateKey,
    );
    world.intake.take(reading, true, {
      kind: "member",
      sender: "0x00000000000000000000000000000000000000aa",
    });
  }
}
const reported = () =>
  world.settlements.pending(100, Number.MAX_SAFE_INTEGER).map(({ reading }) => reading.timestamp - START);

test("a slotted meter is reported by its first readings that are a minute after the last report", () => {
  hear(15, 150);
  expect(reported()).toEqual([15, 75, 135]);
});

test("a report that no committee signs holds up none of those after it", () => {
  hear(15, 75);
  const refused = world.settlements.pending(100, Number.MAX_SAFE_INTEGER).at(-1)!;
  for (let tries = 0; tries < 3; tries++) world.settlements.postpone(refused.id, 0);
  hear(90, 210);
  // What the other members take for the first reading at a slot's end, for the last one that is settled was at 15.
  expect(reported()).toEqual([15, 75, 120, 180]);
});
