import { type Hex, keccak256, toHex } from "viem";
import { expect, test } from "vitest";
import { merkleTree, reportLeaf, rootFrom } from "./roots.ts";

const leavesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => keccak256(toHex(`leaf ${index}`)));
const parentOf = (a: Hex, b: Hex) => keccak256(a < b ? `${a}${b.slice(2)}` : `${b}${a.slice(2)}`);

/** OpenZeppelin's `processMultiProof`, step by step. */
function rootOfMany(leaves: readonly Hex[], proof: readonly Hex[], flags: readonly boolean[]): Hex {
  expect(leaves.length + proof.length).toBe(flags.length + 1);
  const queue = [...leaves];
  let [next, nextProof] = [0, 0];
  for (const isPaired of flags) {
    const a = queue[next++]!;
    queue.push(parentOf(a, isPaired ? queue[next++]! : proof[nextProof++]!));
  }
  expect(nextProof).toBe(proof.length);
  return flags.length > 0 ? queue.at(-1)! : (leaves[0] ?? proof[0]!);
}

test.each([1, 2, 3, 4, 5, 7, 8, 13, 100, 129])(
  "every leaf of %i leads to the root, and no other does",
  (count) => {
    const leaves = leavesOf(count);
    const tree = merkleTree(leaves);
    for (const [index, leaf] of leaves.entries()) {
      expect(rootFrom(leaf, tree.proof(index))).toBe(tree.root);
      expect(tree.proof(index).length).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
    }
    expect(rootFrom(keccak256("0x00"), tree.proof(0))).not.toBe(tree.root);
  },
);

test("one proof leads from any of the leaves to the root", () => {
  for (const count of [1, 2, 3, 6, 11]) {
    const leaves = leavesOf(count);
    const tree = merkleTree(leaves);
    for (let bits = 1; bits < 2 ** count; bits++) {
      const asked = leaves.map((_, index) => index).filter((index) => (bits >> index) & 1);
      const { order, proof, flags } = tree.multiProof(asked.toReversed());
      expect(order).toEqual(asked);
      expect(
        rootOfMany(
          order.map((index) => leaves[index]!),
          proof,
          flags,
        ),
      ).toBe(tree.root);
    }
  }
});

test("neighbours share what they need: a hundred of 2^12 take a few nodes more than one", () => {
  const tree = merkleTree(leavesOf(2 ** 12));
  const { proof } = tree.multiProof(Array.from({ length: 100 }, (_, index) => 1_000 + index));
  expect(proof.length).toBeLessThan(24);
});

test("a tree of no leaves is none", () => {
  expect(() => merkleTree([])).toThrow("one leaf at least");
});

test("each word of a report changes its leaf", () => {
  const report = {
    ...{ meterId: toHex("home-01", { size: 32 }), exportWh: 1n, importWh: 2n, storedWh: 3n },
    ...{ timestamp: 1_800_000_000, epoch: 1 },
  };
  const changed = [
    { meterId: toHex("home-02", { size: 32 }) },
    { exportWh: 2n },
    { importWh: 1n },
    { storedWh: 4n },
    { timestamp: 1_800_000_001 },
    { epoch: 2 },
  ].map((more) => reportLeaf({ ...report, ...more }));
  expect(new Set([reportLeaf(report), ...changed]).size).toBe(7);
});
