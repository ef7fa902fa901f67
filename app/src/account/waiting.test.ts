import { expect, test } from "vitest";
import { type Seen, waitsOf } from "./waiting.ts";

const [own, another] = ["0x01", "0x02"] as const;
const quiet: Seen = { signs: false, guarded: true, recovery: undefined, refusedAt: undefined, now: 1_000 };
const proposed = (signerId: `0x${string}`, now: number): Seen => ({
  ...quiet,
  now,
  recovery: { signerId, from: 1_300 },
});

test("a device that waits hears from when on it opens the account, to the second", () => {
  expect(waitsOf(proposed(own, 1_299), own)).toEqual({ is: "proposed", from: 1_300 });
  expect(waitsOf(proposed(own, 1_300), own)).toEqual({ is: "due", from: 1_300 });
  expect(waitsOf(proposed(another, 1_300), own)).toEqual({ is: "other", from: 1_300 });
});

test("a device that nobody has proposed hears who could, or that it was refused", () => {
  expect(waitsOf(quiet, own)).toEqual({ is: "unasked", guarded: true });
  expect(waitsOf({ ...quiet, guarded: false }, own)).toEqual({ is: "unasked", guarded: false });
  expect(waitsOf({ ...quiet, refusedAt: 900 }, own)).toEqual({ is: "refused", at: 900 });
  // What is proposed now goes before what was refused once.
  expect(waitsOf({ ...proposed(own, 1_000), refusedAt: 900 }, own)).toEqual({ is: "proposed", from: 1_300 });
});

test("a device that was let in hears nothing else", () => {
  expect(waitsOf({ ...proposed(another, 1_300), signs: true }, own)).toEqual({ is: "in" });
});
