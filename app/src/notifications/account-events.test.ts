import { getAddress, type Hex } from "viem";
import { expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n } from "../i18n/index.ts";
import { type AccountEvents, type AccountNews, accountNewsOf } from "./account-events.ts";
import { notificationsOf } from "./data.ts";
import { wordsIn } from "./words.ts";

const [me, neighbour, other] = [
  "70997970c51812dc3a010c7d01b50e0d17dc79c8",
  "3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
  "90f79bf6eb2c4f870365e785982e1f101e93b906",
].map((digits): Hex => `0x${digits}`) as [Hex, Hex, Hex];
const none = { items: [] };
const nothing: AccountEvents = { own: none, named: none, guarded: none };
let count = 0;
const event = (account: Hex, kind: string, more: { guardian?: Hex; time?: number; in?: Hex } = {}) => ({
  ...{ id: String(++count), account, kind, guardian: more.guardian ?? null, time: more.time ?? null },
  ...{ timestamp: 1_000 + count, transactionHash: more.in ?? (`0x${count}` as Hex) },
});
const told = (events: AccountEvents) => accountNewsOf(me, events).map(({ as, what }) => `${as} ${what}`);

test("whoever holds an account is told of every change of who may open it, at once", () => {
  const kinds = [
    ...["SIGNER_ADDED", "REMOVAL_ANNOUNCED", "REMOVAL_REFUSED", "SIGNER_REMOVED", "GUARDIAN_ANNOUNCED"],
    ...["GUARDIAN_REFUSED", "GUARDIAN_CHANGED", "RECOVERY_PROPOSED", "RECOVERY_REFUSED", "RECOVERED"],
  ];
  const own = { items: ["CREATED", ...kinds, "CALL_ALLOWED"].map((kind) => event(me, kind)) };
  expect(told({ ...nothing, own })).toEqual(kinds.map((kind) => `holder ${kind}`));
  const all = notificationsOf(me, { fills: none, trades: none, ...nothing, own }, [], [], []);
  expect(all).toHaveLength(kinds.length);
  expect(all.every(({ urgent }) => urgent)).toBe(true);
  // The latest first, beside all else that happened.
  expect(all[0]).toMatchObject({ what: "RECOVERED", account: getAddress(me) });
});

test("the device that a recovery brings is told once, with the recovery", () => {
  const own = {
    items: [
      event(me, "RECOVERED", { in: "0xaa" }),
      event(me, "SIGNER_ADDED", { in: "0xaa" }),
      event(me, "SIGNER_ADDED", { in: "0xbb" }),
    ],
  };
  expect(told({ ...nothing, own })).toEqual(["holder RECOVERED", "holder SIGNER_ADDED"]);
});

test("a guardian is told who named it, and of the accounts it looks after what it did not do itself", () => {
  const named = {
    items: [
      event(neighbour, "GUARDIAN_CHANGED", { guardian: me }),
      event(other, "GUARDIAN_ANNOUNCED", { guardian: me, time: 2_000 }),
    ],
  };
  const events = {
    items: [
      ...[event(neighbour, "SIGNER_ADDED"), event(neighbour, "RECOVERY_PROPOSED", { time: 3_000 })],
      ...[event(neighbour, "RECOVERY_REFUSED"), event(neighbour, "GUARDIAN_CHANGED", { guardian: me })],
      event(neighbour, "GUARDIAN_ANNOUNCED", { guardian: other, time: 4_000 }),
    ],
  };
  expect(told({ ...nothing, named, guarded: { items: [{ events }] } })).toEqual([
    ...["named GUARDIAN_CHANGED", "named GUARDIAN_ANNOUNCED"],
    ...["guardian RECOVERY_REFUSED", "guardian GUARDIAN_ANNOUNCED"],
  ]);
});

const names = {
  called: String,
  accountName: (account: Hex) => (account === getAddress(neighbour) ? "Rumah Ibu" : account),
};
const said = (news: Partial<AccountNews>, language: "en" | "id" = "en") =>
  wordsIn(
    makeI18n(language, language === "en" ? en : id),
    {
      ...{ id: "1", at: 1, urgent: true, kind: "account", as: "holder", what: "RECOVERED" },
      ...{ account: getAddress(neighbour), guardian: undefined, from: undefined, ...news },
    },
    names,
  );

test("each is told in words, with the date and the account's name, and leads to where it is refused", () => {
  const from = Date.UTC(2026, 10, 28, 11) / 1_000;
  expect(said({ what: "RECOVERY_PROPOSED", from })).toMatchObject({
    text: expect.stringMatching(/^From 28 Nov, 18:00\sWIB on, unless you refuse\.$/),
    to: "/account",
  });
  expect(said({ as: "named", what: "GUARDIAN_CHANGED", guardian: getAddress(me) }).title).toBe(
    "Rumah Ibu named you its guardian",
  );
  expect(said({ what: "GUARDIAN_CHANGED", guardian: getAddress(neighbour) }).text).toMatch(/^Rumah Ibu /);
  expect(said({ what: "GUARDIAN_CHANGED" }).title).toBe("Your account has no guardian");
});

test("whatever is told has words in both languages", () => {
  const guardians = [undefined, getAddress(other)];
  const every = [event(me, "x")].flatMap(() =>
    guardians.flatMap((guardian) =>
      (
        [
          ...["SIGNER_ADDED", "REMOVAL_ANNOUNCED", "REMOVAL_REFUSED", "SIGNER_REMOVED"],
          ...["GUARDIAN_ANNOUNCED", "GUARDIAN_REFUSED", "GUARDIAN_CHANGED"],
          ...["RECOVERY_PROPOSED", "RECOVERY_REFUSED", "RECOVERED"],
        ] as AccountNews["what"][]
      ).map((what) => ({ as: "holder" as const, what, guardian, from: 1_000 })),
    ),
  );
  const guards = [
    ...(["GUARDIAN_CHANGED", "GUARDIAN_ANNOUNCED", "GUARDIAN_REFUSED"] as const).map((what) => ({
      ...{ as: "named" as const, what, guardian: getAddress(me), from: 1_000 },
    })),
    ...(["GUARDIAN_ANNOUNCED", "RECOVERY_REFUSED", "RECOVERED"] as const).map((what) => ({
      ...{ as: "guardian" as const, what, guardian: undefined, from: 1_000 },
    })),
  ];
  for (const news of [...every, ...guards])
    for (const language of ["en", "id"] as const) {
      const { title, text } = said(news, language);
      expect(`${title} ${text}`, `${news.as} ${news.what}`).toMatch(/^\S.*\. ?\S*/);
      expect(`${title} ${text}`).not.toMatch(/undefined|[{}]/);
    }
});
