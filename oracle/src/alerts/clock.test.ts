import { expect, test } from "vitest";
import { makeClock } from "./clock.ts";

const NOW = 1_800_000_000;
/** With peers' clocks so many seconds ahead, and blocks that are stamped so many seconds ahead. */
function clockOf(peers: number[], chain?: number) {
  const clock = makeClock({ peers: () => peers.map((seconds) => seconds * 1_000), now: () => NOW * 1_000 });
  if (chain !== undefined) clock.head(BigInt(NOW + chain));
  return clock;
}

test("a clock that differs from most others' is told, and by how much", () => {
  expect(clockOf([600, 599]).obstacle()).toContain("599 s behind");
  expect(clockOf([-600, -601]).obstacle()).toContain("600 s ahead of");
  expect(clockOf([-600], -600).obstacle()).toContain("600 s ahead of");
  expect(clockOf([600], 598).offset()).toBe(598);
});

test("one that is alone with its time does not decide: not a member, not a node of the chain that lags", () => {
  for (const clock of [clockOf([600, 1]), clockOf([-600, 0]), clockOf([0, 0, 900, -2]), clockOf([0], -600)])
    expect(Math.abs(clock.offset())).toBeLessThan(3);
  for (const alone of [clockOf([]), clockOf([], -600), clockOf([600])])
    expect(alone.obstacle()).toBeUndefined();
});

test("blocks are never of the future", () => {
  expect(clockOf([], 600).obstacle()).toContain("600 s behind");
  expect(clockOf([0, 0], 12).obstacle()).toBeUndefined();
});
