import { getAddress } from "viem";
import { describe, expect, test } from "vitest";
import { newPasskey } from "../../../test/passkey.ts";
import { joinLink, letInLink, readJoin, readLetIn } from "./codes.ts";

const ORIGIN = "https://enerlink.example";
const account = getAddress("0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
const { x, y } = newPasskey();
const asked = { account, key: { x, y } };

describe("the codes that two phones show each other", () => {
  test("say what they were made of, from a page's address or as text", () => {
    expect(readJoin(joinLink(ORIGIN, account))).toBe(account);
    expect(readLetIn(letInLink(ORIGIN, asked))).toEqual(asked);
    expect(readLetIn(` ${letInLink(ORIGIN, asked).replace(ORIGIN, "")}\n`)).toEqual(asked);
  });

  test.each([
    "",
    account,
    joinLink(ORIGIN, account).slice(0, -1),
    `${joinLink(ORIGIN, account)}0`,
    letInLink(ORIGIN, asked),
  ])("are not taken for an account: %s", (text) => expect(readJoin(text)).toBeUndefined());

  test.each([
    "",
    joinLink(ORIGIN, account),
    letInLink(ORIGIN, asked).slice(0, -1),
    `${letInLink(ORIGIN, asked)}a`,
  ])("are not taken for a key: %s", (text) => expect(readLetIn(text)).toBeUndefined());
});
