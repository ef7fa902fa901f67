import { describe, expect, it } from "vitest";
import { entryOf, slotShareOf } from "./entries.ts";

describe("an entry", () => {
  it("is read field by field, up to the widest of each", () => {
    expect(entryOf((7n << 224n) | (9_000_001n << 96n) | 1_234n)).toEqual({
      account: 7,
      idrs: 9_000_001n,
      energyWh: 1_234n,
    });
    expect(entryOf(2n ** 256n - 1n)).toEqual({
      account: 2 ** 32 - 1,
      idrs: 2n ** 128n - 1n,
      energyWh: 2n ** 96n - 1n,
    });
  });
});

describe("a word of a cleared slot", () => {
  it("says which side a member was on, and where its energy went", () => {
    const word = (2n << 192n) | (700n << 128n) | (20n << 64n) | 3n;
    expect(slotShareOf(word)).toEqual({ side: "BOUGHT", sharedWh: 700n, utilityWh: 20n, leftWh: 3n });
    expect(slotShareOf((1n << 192n) | 5n)).toMatchObject({ side: "SOLD", leftWh: 5n });
    expect(slotShareOf(0n)).toBeUndefined();
  });
});
