import { getAddress } from "viem";
import { describe, expect, test } from "vitest";
import { newPasskey } from "../../../test/passkey.ts";
import { joinLink, letInLink, letInProblem, readJoin, readLetIn, readName } from "./codes.ts";

const ORIGIN = "https://enerlink.example";
const account = getAddress("0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
const { x, y } = newPasskey();
const asked = { account, key: { x, y } };

describe("the codes that two phones show each other", () => {
  test("say what they were made of, from a page's address or as text", () => {
    expect(readJoin(joinLink(ORIGIN, account))).toBe(account);
    expect(readLetIn(letInLink(ORIGIN, asked))).toEqual({ ...asked, name: undefined });
    expect(readLetIn(` ${letInLink(ORIGIN, asked).replace(ORIGIN, "")}\n`)).toMatchObject(asked);
  });

  test("carry what the account is called, whatever it is, where it has a name", () => {
    for (const name of ["Rumah Ibu", "A&B = 50% +?", "家 🏠", "x".repeat(30)]) {
      const link = letInLink(ORIGIN, { ...asked, name });
      expect(readLetIn(link)).toEqual({ ...asked, name });
      expect(letInProblem(link, account)).toBeUndefined();
      const join = joinLink(ORIGIN, account, name);
      expect([readJoin(join), readName(join)]).toEqual([account, name]);
    }
    expect(readName(joinLink(ORIGIN, account))).toBeUndefined();
    // What nobody can have typed there is no name.
    for (const written of ["", "%20", "x".repeat(31), "%E0%A4%A", "a%00b", "a%E2%80%AEb"])
      expect(readName(`${ORIGIN}/account?name=${written}&join=${account}`), written).toBeUndefined();
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

  test("are told apart where they are wrong: nothing yet, one that was cut, one of something else", () => {
    const whole = letInLink(ORIGIN, asked);
    const wrong = (text: string) => letInProblem(text, account);
    expect(wrong(whole)).toBeUndefined();
    expect(wrong(` ${whole}\n`)).toBeUndefined();
    expect([wrong(""), wrong(" \n")]).toEqual(["empty", "empty"]);
    const [page, query] = whole.split("?");
    const named = letInLink(ORIGIN, { ...asked, name: "Rumah Ibu" });
    for (const length of [named.indexOf("name=") + 8, named.indexOf("account="), named.length - 1])
      expect(wrong(named.slice(0, length)), named.slice(0, length)).toBe("cut");
    for (const cut of [
      ...[ORIGIN, page!, `${page}?account=`, `${page}?account=${account}`, `${page}?account=${account}&key=`],
      ...[whole.slice(0, -1), whole.slice(0, -64), query!.slice(query!.indexOf("key="))],
    ])
      expect(wrong(cut), cut).toBe("cut");
    const stranger = getAddress("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc");
    for (const other of [
      account,
      joinLink(ORIGIN, account),
      `${whole}a`,
      letInLink(ORIGIN, { ...asked, account: stranger }),
    ])
      expect(wrong(other), other).toBe("other");
  });
});
