import { expect, test } from "vitest";
import { addressSchema, isAddressText } from "./address.ts";

const CHECKED = "0x976EA74026E726554dB657fA54763abd0C3a0aa9";
const WRONG = CHECKED.replace("dB657f", "Db657f");

test("an address is one in small letters, in capitals, or mixed as its checksum has them", () => {
  const small = CHECKED.toLowerCase();
  const capitals = `0x${CHECKED.slice(2).toUpperCase()}`;
  for (const text of [CHECKED, small, capitals, `0x${"1".repeat(40)}`])
    expect(isAddressText(text), text).toBe(true);
  for (const text of [
    WRONG,
    small.slice(0, -1),
    `${small}0`,
    small.slice(2),
    "",
    "me",
    `0X${small.slice(2)}`,
  ])
    expect(isAddressText(text), text).toBe(false);
});

test("what our own programs wrote is read in any letters", () => {
  expect(addressSchema.parse(WRONG)).toBe(CHECKED);
});
