import { beforeEach, expect, test } from "vitest";
import { makeSiblings } from "./siblings.ts";

let now: number;
let siblings: ReturnType<typeof makeSiblings>;
beforeEach(() => {
  now = 1_000_000;
  siblings = makeSiblings({ shard: { number: 2, count: 4 }, now: () => now });
});

test("another process for the same meters is a rival, for as long as it is heard", () => {
  for (const shard of ["2/4", "1/1", "2/2", "6/8"]) {
    now += 10_000;
    expect(siblings.rival()).toBeUndefined();
    siblings.heard({ time: now, ...(shard === "1/1" ? {} : { shard }) });
    expect(siblings.rival()).toContain(
      `SHARD: another process with this node's signing key runs as ${shard}`,
    );
    now += 7_000;
    expect(siblings.rival()).toBeDefined();
    now += 1;
    expect(siblings.rival()).toBeUndefined();
  }
});

test("a process for other meters is none, nor is what nobody can be", () => {
  now += 1;
  for (const shard of ["1/4", "3/4", "4/4", "1/2", "5/8", "5/4", "x"]) {
    siblings.heard({ time: now, shard });
    expect(siblings.rival()).toBeUndefined();
  }
});

test("what was said before, or is said again, is nobody's sign of life", () => {
  siblings.heard({ time: now, shard: "2/4" });
  expect(siblings.rival()).toBeUndefined();
  siblings.heard({ time: now + 1, shard: "2/4" });
  expect(siblings.rival()).toBeDefined();
  now += 8_000;
  siblings.heard({ time: 1_000_001, shard: "2/4" });
  expect(siblings.rival()).toBeUndefined();
});

test("knows its own again", () => {
  for (const text of ["1", "2", "3", "4", "5"]) siblings.said(text);
  const own = ["1", "2", "5", "6"].map((text) => siblings.isOwn(Buffer.from(text)));
  expect(own).toEqual([false, true, true, false]);
});
