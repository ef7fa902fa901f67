import { beforeEach, expect, test } from "vitest";
import { makeSiblings } from "./siblings.ts";

const END = 1_800_000_000;

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

test("what the member's other shards have under way is known while all of them are heard", () => {
  const of = (since?: number) => [END - 900, END, END + 900].map((end) => siblings.reportsOf(7, end, since));
  const say = (number: number, slots: [number, number][] = []) =>
    siblings.heard({ time: now, shard: `${number}/4`, slots });
  now += 1;
  for (const number of [1, 3]) say(number);
  expect(of()).toEqual(["unknown", "unknown", "unknown"]);
  say(4, [
    [8, END - 900],
    [7, END],
  ]);
  expect(of()).toEqual(["none", "under-way", "under-way"]);
  expect(of(now)).toEqual(["unknown", "under-way", "under-way"]);
  now += 7_001;
  expect(of()).toEqual(["unknown", "unknown", "unknown"]);
});

test("a community's slots are cleared first by one of the shards, and by a member that is one process", () => {
  const all = [1, 2, 3, 4].map((number) => makeSiblings({ shard: { number, count: 4 } }));
  for (const community of [1, 2, 3, 4, 5])
    expect(all.filter((one) => one.clearsFirst(community))).toHaveLength(1);
  const whole = makeSiblings({ shard: { number: 1, count: 1 } });
  expect([whole.clearsFirst(5), whole.reportsOf(5, END, now)]).toEqual([true, "none"]);
});
