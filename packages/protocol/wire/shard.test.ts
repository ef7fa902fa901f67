import fc from "fast-check";
import { expect, test } from "vitest";
import { halvesOf, isOf, overlap, readShard, type Shard, shardOf, shardText, WHOLE } from "./shard.ts";

const counts = [1, 2, 4, 8, 256];
const serial = fc.stringMatching(/^[A-Za-z0-9-]{1,32}$/);
const shard = fc
  .constantFrom(...counts)
  .chain((count) => fc.record({ number: fc.integer({ min: 1, max: count }), count: fc.constant(count) }));
const all = (count: number): Shard[] =>
  Array.from({ length: count }, (_, index) => ({ number: index + 1, count }));

test("a meter is of one shard, and of one of its halves when there are twice as many", () => {
  fc.assert(
    fc.property(serial, fc.constantFrom(1, 2, 4, 8), (name, count) => {
      const own = all(count).filter((one) => isOf(name, one));
      expect(own).toEqual([shardOf(name, count)]);
      expect(halvesOf(own[0]!).filter((half) => isOf(name, half))).toEqual([shardOf(name, 2 * count)]);
    }),
  );
});

test("the rule stays as it is: every member's stores follow it", () => {
  const numbers = ["home-01", "home-02", "home-03", "battery-01", "grid-01"].map(
    (name) => shardOf(name, 8).number,
  );
  expect(numbers).toEqual([6, 7, 5, 4, 6]);
});

test("meters are spread evenly, however alike their serials are", () => {
  const numbers = Array.from({ length: 4_000 }, (_, index) => shardOf(`home-${index}`, 8).number);
  for (const { number } of all(8)) {
    const share = numbers.filter((one) => one === number).length;
    expect(share).toBeGreaterThan(400);
    expect(share).toBeLessThan(600);
  }
});

test("two shards overlap where a meter could be of both", () => {
  fc.assert(
    fc.property(shard, shard, (one, other) => {
      const meters = Array.from({ length: 256 }, (_, index) => index);
      const has = ({ number, count }: Shard, meter: number) => meter % count === number - 1;
      expect(overlap(one, other)).toBe(meters.some((meter) => has(one, meter) && has(other, meter)));
    }),
  );
});

test("is written and read as number and count", () => {
  fc.assert(
    fc.property(shard, (one) => {
      expect(readShard(shardText(one))).toEqual(one);
    }),
  );
  expect(readShard("1/1")).toEqual(WHOLE);
  for (const text of ["", "0/1", "2/1", "1/3", "1/0", "1", "1/512", "01/2", " 1/2", "1/2/4", "x/2", "9/8"])
    expect(readShard(text)).toBeUndefined();
});
