import { getAddress } from "viem";
import { expect, test } from "vitest";
import { accountCode, isOfChain, readAccountCode } from "./account.ts";

const account = getAddress("0x70997970c51812dc3a010c7d01b50e0d17dc79c8");

test("an account's code names its chain, and is read as it was written", () => {
  const code = accountCode(account, 31_337);
  expect(code).toBe(`ethereum:${account}@31337`);
  expect(readAccountCode(` ${code}\n`)).toEqual({ account, chainId: 31_337 });
  expect(readAccountCode(code.toLowerCase())).toEqual({ account, chainId: 31_337 });
  expect(readAccountCode(`ethereum:pay-${account}@1`)).toEqual({ account, chainId: 1 });
});

test("a bare address, and a code without a chain, is of any", () => {
  for (const text of [account, account.toLowerCase(), `ethereum:${account}`])
    expect(readAccountCode(text)).toEqual({ account });
  expect(isOfChain({ account }, 1)).toBe(true);
  expect(isOfChain({ account, chainId: 1 }, 1)).toBe(true);
  expect(isOfChain({ account, chainId: 31_337 }, 1)).toBe(false);
});

test.each([
  "",
  "ethereum:",
  account.slice(0, -1),
  `${account}0`,
  `${account}@1`,
  // A letter of another size than the checksum has it: mistyped.
  account.replace("C", "c"),
  `ethereum:${account.replace("C", "c")}@31337`,
  `ethereum:${account}@`,
  `ethereum:${account}@0x1`,
  `ethereum:${account}@1/transfer?address=${account}`,
  `ethereum:${account}@1?value=1`,
  `enerlink:account?address=${account}`,
])("%s is no account's code", (text) => expect(readAccountCode(text)).toBeUndefined());
