import { expect, test } from "vitest";
import type { SettledSpan } from "../energy-index/index.ts";
import type { OwnShare } from "./data.ts";
import { knownOf, lengthOf, ofLength, ownShares, ownSpans } from "./last-week.ts";
import type { Slot } from "./slot.ts";

const HOUR = 3_600;
const slot = (slotStart: number, length: number): Slot => ({
  ...{ slotStart, slotEnd: slotStart + length, retail: 1_445, feedIn: 900, fee: 100 },
  ...{ price: null, sharedWh: 0n, surplusWh: 0n, needWh: 0n },
});

test("of slots of several lengths those are looked back at that cover most of the time", () => {
  const hours = [slot(0, HOUR), slot(HOUR, HOUR)];
  const minutes = Array.from({ length: 60 }, (_, index) => slot(2 * HOUR + index * 60, 60));
  expect(lengthOf([...minutes, ...hours])).toBe(HOUR);
  // The last minute ends with an hour, and is none.
  expect(ofLength([...minutes, ...hours], HOUR)).toEqual(hours);
  expect(lengthOf([])).toBeUndefined();
  expect(ofLength(hours, undefined)).toEqual([]);
});

test("a home is known since the first slot that it had a part in, and not since the neighbours'", () => {
  const week = [slot(0, HOUR), slot(HOUR, HOUR), slot(2 * HOUR, HOUR)];
  const joined = new Map([[3 * HOUR, { side: "BOUGHT", wattHours: 200n }]] as const);
  expect(knownOf(week, joined)).toEqual({ own: joined, since: 2 * HOUR });
  expect(knownOf(week, new Map()).since).toBeUndefined();
});

test("what a neighbour had is all of its part, whoever took it", () => {
  const share: OwnShare = {
    ...{ slotEnd: HOUR, side: "BOUGHT", sharedWh: 300n, utilityWh: 200n, leftWh: 50n },
    ...{ amount: 0n, plnAmount: 0n, sellFrom: 900, buyUpTo: 1_445 },
  };
  expect([...ownShares([share])]).toEqual([[HOUR, { side: "BOUGHT", wattHours: 550n }]]);
});

test("what a meter settled in a span is what it had in the slot that ends with it", () => {
  const span = (start: number, exportedWh: bigint, importedWh: bigint): SettledSpan => ({
    ...{ meterId: "home", kind: "PROSUMER", start, exportedWh, importedWh, mintedWh: 0n, burnedWh: 0n },
    ...{ settlements: 1, firstReadAt: start + HOUR, lastReadAt: start + HOUR },
  });
  expect([...ownSpans([span(0, 700n, 200n), span(HOUR, 100n, 400n)], HOUR)]).toEqual([
    [HOUR, { side: "SOLD", wattHours: 500n }],
    [2 * HOUR, { side: "BOUGHT", wattHours: 300n }],
  ]);
});
