import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { domain, key, openMeterWorld, signing } from "../../testing/meter-world.ts";
import type { Meter } from "../chain/mirror.ts";
import { makeLedger } from "../transactions/ledger.ts";
import { isReportable, type Settlement } from "./settlements.ts";

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

describe("a report", () => {
  const MANY = 100;
  const waiting = (now = Number.MAX_SAFE_INTEGER) => world.settlements.pending(MANY, now);
  const chainHas = ({ reading: { serial, epoch, timestamp } }: Settlement, blockNumber: bigint) =>
    world.settlements.chainSettled({
      ...{ serial, epoch, timestamp, tokensWh: 0n, debtWh: 0n, exportWh: 1n, importWh: 1n, storedWh: 0n },
      ...{ hash: "0x01", blockNumber },
    });
  /** A transaction that carries it. */
  function carried({ id }: Settlement): bigint {
    const row = makeLedger(world.database).insertTransaction;
    const transaction = row.get("settle", "0xa", 0n, "0xb", "0x", 1n, "0x02", 0)!.id;
    world.settlements.submitted(id, transaction);
    return transaction;
  }
  const only = () => world.settlements.last(signing.serial)!;

  beforeEach(() => {
    meter = signing;
    hear(15);
  });

  test.each([
    ["of a meter that settles no more", { settles: false }],
    ["of a meter that is suspended", { suspended: true }],
    ["of another epoch", { epoch: 2 }],
    ["of a moment at which the epoch was not declared yet", { epochDeclaredAt: START + 15 }],
    ["of a moment at which the meter was not active yet", { activeFrom: START + 16 }],
  ])("is none %s", (_, change) => {
    const { reading } = only();
    expect(isReportable(meter, reading)).toBe(true);
    expect(isReportable({ ...meter, ...change }, reading)).toBe(false);
  });

  test("waits twice as long each time that it is put off", () => {
    const [{ id }] = waiting() as [Settlement];
    for (const seconds of [1, 2, 4]) {
      world.settlements.postpone(id, START * 1_000);
      expect(waiting((START + seconds) * 1_000 - 1)).toEqual([]);
      expect(waiting((START + seconds) * 1_000)).toHaveLength(1);
    }
  });

  test("waits again, and longer, when its transaction moved nothing", () => {
    const transaction = carried(only());
    expect(waiting()).toEqual([]);
    world.settlements.again(transaction, START * 1_000);
    expect(waiting((START + 2) * 1_000 - 1)).toEqual([]);
    expect(waiting((START + 2) * 1_000)).toHaveLength(1);
    expect(world.settlements.of(transaction)).toEqual([]);
  });

  test("is settled when the chain says so, and final with its block", () => {
    expect(chainHas(only(), 7n)).toBe(true);
    expect(waiting()).toEqual([]);
    // It is told again after a restart.
    expect(chainHas(only(), 7n)).toBe(false);
    world.settlements.chainFinal(6n);
    expect(only()).toMatchObject({ state: "settled", final: false, blockNumber: 7n });
    world.settlements.chainFinal(7n);
    expect(only()).toMatchObject({ state: "settled", final: true });
  });

  test("is open again when its block was replaced, and not when a later one was", () => {
    chainHas(only(), 7n);
    world.settlements.chainReorganised(8n);
    expect(only()).toMatchObject({ state: "settled", blockNumber: 7n });
    world.settlements.chainReorganised(7n);
    expect(only()).toMatchObject({ state: "pending", blockNumber: undefined });
  });

  test("goes back to its transaction when its block was replaced", () => {
    carried(only());
    chainHas(only(), 7n);
    world.settlements.chainReorganised(7n);
    expect(only().state).toBe("submitted");
  });

  test("that was asked for comes before those that wait", () => {
    hear(900);
    hear(975);
    world.settlements.byHand(meter, world.readings.last(signing.serial, 1, true)!);
    expect(waiting().map(({ reading }) => reading.timestamp - START)).toEqual([975, 15, 900]);
  });

  test("takes no time from the one of its window's end", () => {
    world.settlements.hurry(signing.serial);
    // Sixty seconds before the next may be settled: not those of the window's last minute.
    hear(855);
    expect(reported()).toEqual([15]);
    hear(900);
    expect(reported()).toEqual([15, 900]);
  });
});
