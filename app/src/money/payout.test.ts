import { keccak256, toBytes } from "viem";
import { describe, expect, test } from "vitest";
import { newPayoutCode, payoutReference } from "./payout.ts";

const ACCOUNT = "1234567890";

describe("what a payout says of its bank account", () => {
  test("is reckoned again by who has the code", () => {
    expect(payoutReference("0123-4567-89AB-CDEF-GHJK", ACCOUNT)).toBe(
      "0xa77f1529a9c51d59aaae27c4f536d2a298ccc65b30265af0be9a81ad507c57ee",
    );
  });

  test("does not follow from the account's number alone", () => {
    const plain = keccak256(toBytes(ACCOUNT));
    const references = new Set(Array.from({ length: 50 }, () => payoutReference(newPayoutCode(), ACCOUNT)));
    expect(references.size).toBe(50);
    expect(references.has(plain)).toBe(false);
  });

  test("is never made with something that is no code", () => {
    for (const code of ["", "0123", "0123-4567-89AB-CDEF-GHIL", "0123-4567-89AB-CDEF-GHJK-"])
      expect(() => payoutReference(code, ACCOUNT)).toThrow("five groups");
  });
});

test("a payout code is five groups of four signs, of which any can be any", () => {
  const codes = Array.from({ length: 400 }, newPayoutCode);
  for (const code of codes) expect(() => payoutReference(code, ACCOUNT)).not.toThrow();
  expect(new Set(codes.join("").replaceAll("-", "")).size).toBe(32);
  // As the words beside it say: what looks like one of these is a digit.
  expect(codes.join("")).not.toMatch(/[OILU]/);
  expect(new Set(codes).size).toBe(codes.length);
});
