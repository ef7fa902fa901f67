import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { domain, key, openMeterWorld, signing } from "../../testing/meter-world.ts";
import type { Meter } from "../chain/mirror.ts";

/** A slot ends there. */
const START = 1_800_000_000;
const slots = { communityId: 1, length: 60, tolerance: 30, patience: 60, since: 0 };

let world: ReturnType<typeof openMeterWorld>;
/** As the registry and the pool have it now. */
let meter: Meter;
beforeEach(() => {
  meter = { ...signing, slots };
  world = openMeterWorld({ meter: () => meter, now: () => (START + 2_000) * 1_000 });
});
afterEach(() => world.stop());

/** The meter says something every 15 seconds, from so many seconds after the start to so many. */
function hear(from: number, to = from, wattHours = 1n): void {
  for (let after = from; after <= to; after += 15) {
    const meant = {
      serial: signing.serial,
      epoch: 1,
      sequence: BigInt(after + 100),
      timestamp: START + after,
    };
    const reading = signReading(
      domain,
      { ...meant, exportWh: wattHours, importWh: wattHours, storedWh: 0n },
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

describe("a slotted meter", () => {
  test("is reported by its first reading at each slot's end that is a minute after the last report", () => {
    for (const after of [15, 75, 136, 205]) hear(after);
    expect(reported()).toEqual([15, 75, 136, 205]);
  });

  test("that is read late, since it was so the last time, leaves out a slot and is in time from then on", () => {
    hear(15, 270);
    expect(reported()).toEqual([15, 120, 180, 240]);
  });

  test("that was settled within the slot in which it joined is read at that slot's end all the same", () => {
    meter = signing;
    hear(20);
    expect(reported()).toEqual([20]);
    meter = { ...signing, slots };
    hear(35, 245);
    expect(reported()).toEqual([20, 80, 185, 245]);
  });

  test("is not reported for a slot that was cleared when it joined", () => {
    meter = signing;
    hear(20, 65);
    meter = { ...signing, slots: { ...slots, since: START + 60 } };
    hear(80, 245);
    expect(reported()).toEqual([20, 125, 185, 245]);
  });

  test("leaves out no slot for a clock that is put right by a few seconds", () => {
    for (const after of [5, 61, 66, 121, 126]) hear(after);
    expect(reported()).toEqual([5, 66, 126]);
  });
});

test("a report that no committee signs holds up none of those after it", () => {
  hear(15);
  hear(75);
  const refused = world.settlements.pending(100, Number.MAX_SAFE_INTEGER).at(-1)!;
  for (let tries = 0; tries < 3; tries++) world.settlements.postpone(refused.id, 0);
  hear(90, 210);
  // What the other members take for the first reading at a slot's end, for the last one that is settled was at 15.
  expect(reported()).toEqual([15, 75, 120, 180]);
});

describe("a meter's first reading", () => {
  beforeEach(() => {
    meter = signing;
  });

  test("is settled at once, for energy counts from it", () => {
    hear(15, 915);
    expect(reported()).toEqual([15, 900]);
  });

  test("waits for the window's end where that is near", () => {
    hear(465, 915);
    expect(reported()).toEqual([900]);
  });

  test("is not settled at once where its registers stand at 0, which may not be known yet", () => {
    hear(15, 15, 0n);
    expect(reported()).toEqual([]);
  });
});
