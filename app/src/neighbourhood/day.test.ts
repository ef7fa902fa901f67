import { expect, test } from "vitest";
import { dayBefore, gathered, joined, withinHour } from "./day.ts";
import type { Slot } from "./slot.ts";

const NOON = Date.parse("2026-11-27T12:00:00+07:00") / 1_000;
const [HOUR, MINUTE] = [3_600, 60];

const slot = (slotStart: number, length: number, of: Partial<Slot> = {}): Slot => ({
  ...{ slotStart, slotEnd: slotStart + length },
  ...{ price: 1_000_000n, sharedWh: 100n, surplusWh: 300n, needWh: 200n, retail: 1_445, feedIn: 0, fee: 100 },
  ...of,
});
const every = (count: number, from: number, length: number) =>
  Array.from({ length: count }, (_, index) => slot(from + index * length, length));

test("bars beside each other are hours where slots of minutes follow those of hours", () => {
  for (const minutes of [2, 90]) {
    const bars = gathered([...every(20, NOON - 20 * HOUR, HOUR), ...every(minutes, NOON, MINUTE)]);
    expect(bars.map(({ slotStart }) => (slotStart - NOON) / HOUR)).toEqual(
      Array.from({ length: minutes > 60 ? 22 : 21 }, (_, index) => index - 20),
    );
  }
});

test("a day of hours stays in the picture while minutes come, which are gathered into their hour", () => {
  const day = [...every(20, NOON - 20 * HOUR, HOUR), ...every(90, NOON, MINUTE)];
  const bars = gathered(day);
  expect(bars.slice(0, 20).map(({ count }) => count)).toEqual(Array(20).fill(1));
  expect(
    bars.slice(20).map(({ slotStart, slotEnd, count }) => [slotStart - NOON, slotEnd - NOON, count]),
  ).toEqual([
    [0, HOUR, 60],
    [HOUR, HOUR + 30 * MINUTE, 30],
  ]);
});

test("slots of one length are what they were while there is room for them", () => {
  for (const length of [HOUR, MINUTE]) {
    const slots = every(24, NOON, length);
    expect(gathered(slots)).toEqual(slots.map((one) => ({ ...one, count: 1 })));
  }
});

test("of a day that is over every slot is reached: through its hour where there are more slots than hours", () => {
  const minutes = every(1_440, NOON - 12 * HOUR, MINUTE);
  const bars = gathered(minutes);
  expect(bars.map(({ count }) => count)).toEqual(Array(24).fill(60));
  expect(bars.flatMap((bar) => withinHour(minutes, bar.slotStart))).toEqual(
    minutes.map((one) => ({ ...one, count: 1 })),
  );
});

test("a day is looked up by Jakarta's calendar, once it is over", () => {
  const midnight = Date.parse("2026-11-27T00:00:00+07:00") / 1_000;
  expect(dayBefore("2026-11-27", midnight + 86_400)).toBe(midnight);
  expect(dayBefore("2026-11-27", midnight + 86_399)).toBeUndefined();
  for (const wrong of ["", "2026-11-31x", "2026-13-01", "2024-01-01", "yesterday"])
    expect(dayBefore(wrong, midnight + 86_400), wrong).toBeUndefined();
});

test("an hour has the sums of its slots, and the price of what was shared in them", () => {
  const [first, second, third] = [
    slot(NOON, MINUTE, { price: 1_000_000n, sharedWh: 300n }),
    slot(NOON + MINUTE, MINUTE, { price: 1_200_000n, sharedWh: 100n }),
    slot(NOON + 2 * MINUTE, MINUTE, { price: null, sharedWh: 0n }),
  ];
  const [hour] = gathered([first, second, third, ...every(24, NOON + HOUR, MINUTE)]);
  expect(hour).toMatchObject({ sharedWh: 400n, surplusWh: 900n, needWh: 600n, price: 1_050_000n, count: 3 });
  const [none] = gathered([third, third, ...every(24, NOON + HOUR, MINUTE)]);
  expect(none!.price).toBeNull();
});

test("what was asked for often stands once among what was asked for seldom, oldest first", () => {
  const of = (...ends: number[]) => ends.map((slotEnd) => ({ slotEnd }));
  expect(joined(of(50, 40, 30), of(40, 30, 20, 10))).toEqual(of(10, 20, 30, 40, 50));
  expect(joined(of(20, 10), [])).toEqual(of(10, 20));
  expect(joined([], [])).toEqual([]);
});

test("a day of which a part is known is not drawn yet", () => {
  const slots = every(3, NOON, MINUTE);
  expect([joined(slots, undefined), joined(undefined, slots), joined([], [])]).toEqual([
    undefined,
    undefined,
    [],
  ]);
});
