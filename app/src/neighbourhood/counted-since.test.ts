import { expect, test } from "vitest";
import { countedSince } from "./counted-since.ts";

const slot = { slotStart: 3_600, slotEnd: 3_660 };

test("a slot whose meter was read last long before it counts from then on", () => {
  expect(countedSince(slot, [{ since: 600, endsAt: 3_660 }])).toBe(600);
});

test("nothing is said of a slot that counts its own time, or of which that is not known", () => {
  expect(countedSince(slot, [{ since: 3_600, endsAt: 3_660 }])).toBeUndefined();
  expect(countedSince(slot, [{ since: null, endsAt: 3_660 }])).toBeUndefined();
  expect(countedSince(slot, [{ since: 600, endsAt: 3_600 }])).toBeUndefined();
  expect(countedSince(slot, [])).toBeUndefined();
});
