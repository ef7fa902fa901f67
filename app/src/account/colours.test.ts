import { getAddress, keccak256, slice, toHex } from "viem";
import { expect, test } from "vitest";
import { coloursOf } from "./colours.ts";

test("accounts have colours of their own, the same however their address is written", () => {
  const accounts = Array.from({ length: 100 }, (_, index) =>
    getAddress(slice(keccak256(toHex(index)), 0, 20)),
  );
  expect(new Set(accounts.map(coloursOf)).size).toBe(accounts.length);
  for (const account of accounts)
    expect(coloursOf(account.toLowerCase() as typeof account)).toBe(coloursOf(account));
});
