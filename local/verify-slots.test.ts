import { meterId } from "@enerlink/protocol";
import { describe, expect, test } from "vitest";
import { makeWalk } from "./verify-slots.ts";

const POOL = "0x00000000000000000000000000000000000000aa";
const [A, B] = [meterId("home-a"), meterId("home-b")];
const HOUR = 3_600;
const owners = ["0x01", "0x02", "0x03", "0x04"];

const entry = (account: number, idrs: bigint, energyWh: bigint) =>
  (BigInt(account) << 224n) | (idrs << 96n) | energyWh;
const amounts = (side: bigint, sharedWh: bigint, utilityWh: bigint, leftWh: bigint) =>
  (side << 192n) | (sharedWh << 128n) | (utilityWh << 64n) | leftWh;

/** One slot of two neighbours, as contracts that keep the rules tell it: 1,000 Wh of surplus, 400 Wh of need. */
function history() {
  const read = (meterId: string, exportWh: bigint, importWh: bigint, timestamp: number) => ({
    eventName: "MeterSettled",
    args: { meterId, exportWh, importWh, timestamp },
  });
  const community = { communityId: 1 };
  const joined = (meterId: string, place: number) => [
    { eventName: "Joined", args: { ...community, meterId, owner: owners[place], place } },
    { eventName: "LimitsChanged", args: { meterId, sellFrom: 900, buyUpTo: 1_445 } },
  ];
  const cleared = { ...community, slotEnd: 3 * HOUR, price: 900_000n, sharedWh: 400n, present: 3n };
  return [
    ...owners.map((owner, i) => ({ eventName: "AccountOpened", args: { owner, number: i + 1 } })),
    { eventName: "CommunityCreated", args: community },
    { eventName: "TariffAnnounced", args: { ...community, retail: 1_445, feedIn: 900, from: 100 } },
    { eventName: "FeeChanged", args: { ...community, fee: 100, from: 100 } },
    { eventName: "SlotLengthChanged", args: { ...community, slot: HOUR } },
    read(A, 5_000n, 7_000n, 2 * HOUR),
    read(B, 0n, 9_000n, 2 * HOUR),
    ...joined(A, 0),
    ...joined(B, 1),
    { eventName: "Taken", args: { module: POOL, entries: [0n, 0n, entry(3, 0n, 0n), 0n] } },
    { eventName: "SlotClosed", args: { netWh: 0n } },
    { eventName: "Given", args: { giver: POOL, entries: [0n, 0n, entry(3, 0n, 0n), entry(4, 0n, 0n)] } },
    {
      eventName: "SlotCleared",
      args: { ...community, slotEnd: 2 * HOUR, price: 0n, sharedWh: 0n, present: 3n, amounts: [0n, 0n] },
    },
    read(A, 6_000n, 7_000n, 3 * HOUR),
    read(B, 0n, 9_400n, 3 * HOUR),
    {
      eventName: "Taken",
      args: {
        module: POOL,
        entries: [0n, entry(2, 400n * 1_445_000n, 0n), entry(3, 1_000n * 900_000n, 400n), 0n],
      },
    },
    { eventName: "SlotClosed", args: { netWh: 600n } },
    {
      eventName: "Given",
      args: {
        giver: POOL,
        entries: [
          entry(1, 1_000n * 900_000n, 0n),
          entry(2, 400n * 445_000n, 0n),
          entry(3, 400n * 900_000n, 1_000n),
          entry(4, 400n * 100_000n, 0n),
        ],
      },
    },
    {
      eventName: "SlotCleared",
      args: { ...cleared, amounts: [amounts(1n, 400n, 600n, 0n), amounts(2n, 400n, 0n, 0n)] },
    },
  ];
}

/** The same slot, where B was read `late` seconds after the first one's end, and joined when that was cleared. */
function joinedLater(late: number) {
  const told = history();
  const of = (name: string, from = 0) =>
    told.findIndex(({ eventName }, at) => at >= from && eventName === name);
  const secondReading = of("MeterSettled", of("MeterSettled") + 1);
  Object.assign(told[secondReading]!.args, { timestamp: 2 * HOUR + late });
  const joins = told.splice(of("Joined", of("Joined") + 1), 2);
  const alone = { present: 1n, amounts: [0n] };
  Object.assign(told[of("Taken")]!.args, { entries: [0n, entry(3, 0n, 0n), 0n] });
  Object.assign(told[of("Given")]!.args, { entries: [0n, entry(3, 0n, 0n), entry(4, 0n, 0n)] });
  Object.assign(told[of("SlotCleared")]!.args, alone);
  told.splice(of("SlotCleared") + 1, 0, ...joins);
  return told;
}

type Told = ReturnType<typeof history>;
/** The last event of a name. */
// biome-ignore lint/suspicious/noExplicitAny: changed on purpose
const last = (told: Told, name: string): any => told.findLast(({ eventName }) => eventName === name)!.args;

function walk(told: Told, shown: Parameters<typeof makeWalk>[2] = () => undefined) {
  const walking = makeWalk(POOL, { tolerance: 50, steepness: 3n }, shown);
  for (const log of told) walking.take({ ...log, blockNumber: 1n } as never);
  return walking.result();
}

describe("a slot that the chain tells", () => {
  test("follows from the registers", () => {
    const { slots, openWh } = walk(history());
    expect(slots.map(({ price, sharedWh }) => [price, sharedWh])).toEqual([
      [0n, 0n],
      [900_000n, 400n],
    ]);
    expect(slots[1]!.parts).toMatchObject([
      { serial: "home-a", idrs: 900_000_000n, plnIdrs: 900_000_000n, feeIdrs: 0n },
      { serial: "home-b", idrs: -400_000_000n, plnIdrs: -578_000_000n, feeIdrs: 40_000_000n },
    ]);
    expect([...openWh.values()]).toEqual([0n, 0n]);
  });

  test("is shared by who joined within it and was read at its beginning, and by nobody else", () => {
    expect(walk(joinedLater(50)).slots[1]).toMatchObject({ sharedWh: 400n });
    expect(() => walk(joinedLater(51))).toThrow(/price, .* expected 0, found 900000/);
  });

  const wrong: [string, (told: Told) => void, RegExp][] = [
    [
      "another price",
      (told) => {
        last(told, "SlotCleared").price += 1n;
      },
      /community 1, slot until 1970-01-01T03:00:00.000Z: price.* expected 900000, found 900001/,
    ],
    [
      "a Wh more shared",
      (told) => {
        last(told, "SlotCleared").sharedWh += 1n;
      },
      /shared, Wh: expected 400, found 401/,
    ],
    [
      "a Wh of a member's on the other side of the line",
      (told) => {
        last(told, "SlotCleared").amounts[0] = amounts(1n, 399n, 601n, 0n);
      },
      /home-a: shared, Wh: expected 400, found 399/,
    ],
    [
      "somebody else read",
      (told) => {
        last(told, "SlotCleared").present = 1n;
      },
      /who was read: expected 3, found 1/,
    ],
    [
      "a base unit too much paid",
      (told) => {
        last(told, "Given").entries[0] += 1n << 96n;
      },
      /home-a: money given.* expected 900000000, found 900000001/,
    ],
    [
      "another account paid",
      (told) => {
        last(told, "Given").entries[0] += 1n << 225n;
      },
      /home-a: account: expected 1, found 3/,
    ],
    [
      "the utility a Wh short",
      (told) => {
        last(told, "Given").entries[2] -= 1n;
      },
      /utility: energy given, Wh: expected 1000, found 999/,
    ],
    [
      "a fee too high",
      (told) => {
        last(told, "Given").entries[3] += 1n << 96n;
      },
      /grid operator: money given/,
    ],
    [
      "a Wh too much minted",
      (told) => {
        last(told, "SlotClosed").netWh += 1n;
      },
      /minted less burned, Wh: expected 600, found 601/,
    ],
    [
      "a Wh too much counted",
      (told) => {
        last(told, "MeterSettled").importWh += 1n;
      },
      /price|left, Wh|with the utility/,
    ],
  ];
  test.each(wrong)("with %s is named", (_, change, message) => {
    const told = history();
    change(told);
    expect(() => walk(told)).toThrow(message);
  });

  test("is held against what the meter itself showed", () => {
    const shown = (serial: string, timestamp: number) =>
      serial === "home-b" && timestamp === 3 * HOUR ? { exportWh: 0n, importWh: 9_399n } : undefined;
    expect(() => walk(history(), shown)).toThrow(
      "home-b, read 1970-01-01T03:00:00.000Z: import register, Wh: expected 9399, found 9400",
    );
  });
});
