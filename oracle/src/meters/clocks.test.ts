import { expect, test } from "vitest";
import { makeClocks } from "./clocks.ts";

const HOUR = 3_600;

/** What is said of messages that come in at these seconds, stamped so many seconds before. */
function slow(messages: readonly (readonly [at: number, behind: number])[]): boolean[] {
  const clocks = makeClocks();
  return messages.map(([at, behind]) => clocks.isSlow("plug", at - behind, at, 0n));
}

test("a clock is slow that stays behind by as much for four minutes", () => {
  const messages = [0, 60, 120, 180, 240, 300].map((at) => [at, 7 * HOUR + (at % 100)] as const);
  expect(slow(messages)).toEqual([false, false, false, false, true, true]);
});

test("what was held up, stored or comes again is late, not slow", () => {
  const backlog = Array.from({ length: 60 }, (_, place) => [10_000 + place, 6 * HOUR - place * 299] as const);
  expect(slow(backlog)).not.toContain(true);
  // The last message before an outage, every five minutes.
  const again = Array.from({ length: 60 }, (_, place) => [10_000 + place * 300, HOUR + place * 300] as const);
  expect(slow(again)).not.toContain(true);
});

test("a clock that stands still while registers count is slow", () => {
  const clocks = makeClocks();
  const slow = [0n, 1n, 2n, 2n].map((countedWh, place) =>
    clocks.isSlow("plug", 0, 2 * HOUR + place * 300, countedWh),
  );
  expect(slow).toEqual([false, true, true, true]);
});

test("a clock that is put right, or a little behind, is not", () => {
  expect(slow([0, 300, 600].map((at) => [at, HOUR] as const))).not.toContain(true);
  expect(
    slow([
      [0, 2 * HOUR],
      [300, 5],
      [600, 2 * HOUR],
    ]),
  ).not.toContain(true);
});
