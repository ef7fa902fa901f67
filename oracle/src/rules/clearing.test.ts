import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Community, nextSlot, standsForSlot } from "./clearing.ts";

const members = ["home-1", "home-2", "home-3"];
/** All were read at 1,800, the end of the latest cleared slot. */
const community: Community = {
  id: 1,
  slots: { length: 900, tolerance: 120, patience: 600 },
  clearedTo: 1_800,
  present: 0b111n,
  members,
};
const next = (times: (number | undefined)[], changes: Partial<Community> = {}) =>
  nextSlot({ ...community, ...changes }, (serial) => times[members.indexOf(serial)]);

describe("the next slot", () => {
  test("is none while nobody was read at the end of one that is not cleared", () => {
    expect(next([undefined, undefined, undefined])).toBeUndefined();
    expect(next([1_800, 1_810, 1_920])).toBeUndefined();
    expect(next([1_921, 2_500, 2_699])).toBeUndefined();
    expect(next([2_821, undefined, 0])).toBeUndefined();
  });

  test("waits for nobody when all who were read at the last one are read", () => {
    expect(next([2_700, 2_705, 2_820])).toEqual({
      slotEnd: 2_700,
      present: members,
      missing: [],
      until: 3_300,
    });
  });

  test("waits for who was read at the last one, and for nobody else", () => {
    expect(next([2_700, 1_800, 2_703])?.missing).toEqual(["home-2"]);
    expect(next([2_700, 1_000, 2_703], { present: 0b101n })?.missing).toEqual([]);
    // Read in time, though the chain has moved it on meanwhile.
    expect(next([2_700, 2_500, 2_703])?.missing).toEqual(["home-2"]);
  });

  test("waits for who was read at the last one's end after it was cleared, so that it shares again", () => {
    expect(next([2_700, 1_803, 2_703], { present: 0b101n })?.missing).toEqual(["home-2"]);
  });

  test("waits for everybody where the one before was not cleared, or there was none", () => {
    expect(next([3_600, 1_000, 3_600], { present: 0b101n })?.missing).toEqual(["home-2"]);
    expect(next([3_600, undefined, 3_600], { clearedTo: 0, present: 0n })?.missing).toEqual(["home-2"]);
  });

  test("is the earliest: the slots that were missed are cleared one after the other", () => {
    expect(next([4_500, 2_703, 3_600])).toEqual({
      slotEnd: 2_700,
      present: ["home-2"],
      missing: ["home-1", "home-3"],
      until: 3_300,
    });
  });

  test("lies on the grid of the slots' present length", () => {
    const hourly = { slots: { ...community.slots, length: 3_600 } };
    expect(next([2_700, 2_700, 2_700], hourly)).toBeUndefined();
    expect(next([3_600, 3_601, 3_602], hourly)).toMatchObject({ slotEnd: 3_600, missing: [] });
  });

  test("waits exactly for whom `SlotPool.clear` waits, and for who was late last time", () => {
    const times = fc.array(fc.integer({ min: 1_500, max: 5_000 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(times, fc.bigInt(0n, 7n), (settled, present) => {
        const found = next(settled, { present });
        const isRead = (end: number, index: number) =>
          settled[index]! - end >= 0 && settled[index]! - end <= 120;
        const ends = [2_700, 3_600, 4_500].filter((end) => members.some((_, index) => isRead(end, index)));
        expect(found?.slotEnd).toBe(ends[0]);
        if (!found) return;
        const expected = found.slotEnd - 1_800 <= 900 ? present : 7n;
        const missing = members.filter(
          (_, index) => (expected >> BigInt(index)) & 1n && !isRead(found.slotEnd, index),
        );
        expect(found.missing).toEqual(expect.arrayContaining(missing));
        for (const serial of found.missing)
          if (!missing.includes(serial)) expect(isRead(1_800, members.indexOf(serial))).toBe(true);
      }),
    );
  });
});

test("what a meter was read at keeps its later reports back until that slot is cleared", () => {
  expect(standsForSlot(community, 2_700)).toBe(true);
  expect(standsForSlot(community, 2_820)).toBe(true);
  expect(standsForSlot(community, 2_821)).toBe(false);
  expect(standsForSlot(community, 1_800)).toBe(false);
  expect(standsForSlot(community, 0)).toBe(false);
});
