import { readdirSync, readFileSync } from "node:fs";
import * as abis from "@enerlink/protocol";
import { describe, expect, test } from "vitest";
import { bankEn } from "./bank-en.ts";
import { bankId } from "./bank-id.ts";
import { deviceEn } from "./device-en.ts";
import { deviceId } from "./device-id.ts";
import { en as shownEn } from "./en.ts";
import { hoodEn } from "./hood-en.ts";
import { hoodId } from "./hood-id.ts";
import { fill } from "./i18n.tsx";
import { id as shownId } from "./id.ts";
import { metersEn } from "./meters-en.ts";
import { metersId } from "./meters-id.ts";
import { noticeEn } from "./notice-en.ts";
import { noticeId } from "./notice-id.ts";
import { outsideEn } from "./outside-en.ts";
import { outsideId } from "./outside-id.ts";
import { toldEn } from "./told-en.ts";
import { toldId } from "./told-id.ts";

const id = {
  ...shownId,
  ...toldId,
  ...hoodId,
  ...deviceId,
  ...outsideId,
  ...metersId,
  ...noticeId,
  ...bankId,
};
const en = {
  ...shownEn,
  ...toldEn,
  ...hoodEn,
  ...deviceEn,
  ...outsideEn,
  ...metersEn,
  ...noticeEn,
  ...bankEn,
};
type MessageKey = keyof typeof id;

const keys = Object.keys(id) as MessageKey[];
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe("the message catalogs", () => {
  test("have the same keys", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(id).sort());
  });

  test("say something under every key, with the same values", () => {
    for (const key of keys) {
      expect(id[key].trim(), key).not.toBe("");
      expect(en[key].trim(), key).not.toBe("");
      expect([...new Set(names(en[key]))], key).toEqual([...new Set(names(id[key]))]);
    }
  });

  test("have no message that nobody shows", () => {
    const root = new URL("../", import.meta.url);
    const source = readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter(
        (file) =>
          /\.tsx?$/.test(file) &&
          !/^i18n\/(told-|bank-|hood-|device-|meters-|outside-|notice-)?(id|en)\.ts$/.test(file) &&
          !file.endsWith(".test.ts"),
      )
      .map((file) => readFileSync(new URL(file, root), "utf8"))
      .join("\n");
    // Of a composed key the part before its first variable piece has to stand in the source.
    const composed = [...source.matchAll(/`([a-zA-Z]+\.(?:[a-zA-Z]+\.)?)\$\{/g)].map(([, start]) => start!);
    const unused = keys.filter(
      (key) => !source.includes(`"${key}"`) && !composed.some((start) => key.startsWith(start)),
    );
    expect(unused).toEqual([]);
  });
});

test("every action has a receipt", () => {
  const kinds = keys.flatMap((key) => /^action\.(.+)/.exec(key)?.[1] ?? []);
  expect(kinds.length).toBeGreaterThan(20);
  for (const kind of kinds)
    expect(
      keys.some((key) => key.startsWith(`done.${kind}`)),
      `done.${kind} is missing`,
    ).toBe(true);
});

/** One thing has one word, and each word is what people say: the other ones of it that were once used, by language. */
test.each([
  // An order, an epoch, who registers meters (a pendaftar is who is registered), a wallet that is imported; a statement,
  // as much given as taken, who guards an account, who reads meters, and a device that was heard.
  [
    "Indonesian",
    id,
    /[Pp]esanan|\b[Mm]asa register|\b[Pp]endaftar\b|\b[Bb]awa\b|\bfilter\b|[Rr]ekening[ -]koran|\bimpas\b|[Pp]enjaga|[Pp]embaca meter|terdengar|[Aa]ntar tetangga/,
  ],
  ["English", en, /\b[Pp]ut away|to be had|\b[Bb]ring wallet/],
] as const)("calls a thing by one word, in %s", (_, messages, other) => {
  expect(Object.entries(messages).filter(([, text]) => other.test(text))).toEqual([]);
});

test("coming in to an account and what came in for it are two words", () => {
  expect(shownId["trade.inboxShort"]).not.toBe(shownId["device.signIn"]);
  expect(shownEn["trade.inboxShort"]).not.toBe(shownEn["device.signIn"]);
});

/** What is set aside lies in orders and requests: what goes into the trading balance is free, and is called only that. */
test("joining says which money moves where, in the words of the Money page", () => {
  for (const [messages, word, other] of [
    [{ ...hoodEn, ...toldEn }, "trading balance", /\baside\b/],
    [{ ...hoodId, ...toldId }, "saldo dagang", /[Ss]isih/],
  ] as const)
    for (const key of [
      ...(["hood.layAside", "hood.layAsideHint", "hood.layingAside"] as const),
      ...(["action.openNeighbourhood", "done.openNeighbourhood"] as const),
    ]) {
      expect(messages[key], key).toContain(word);
      expect(messages[key], key).not.toMatch(other);
    }
});

/** Here a fingerprint is a finger's: it opens accounts. */
test("a payout's code is explained in plain words", () => {
  for (const { "wallet.payOutCodeWhy": why } of [bankEn, bankId])
    expect(why).not.toMatch(/fingerprint|sidik|chain|rantai|hash/i);
});

test("whose bank is told a payout's code, and who knows it, is said", () => {
  expect(bankEn["wallet.payOutCodeWhy"]).toMatch(
    /bank that keeps .+: who runs your community says which bank/,
  );
  expect(bankId["wallet.payOutCodeWhy"]).toMatch(/bank yang menyimpan .+: pengelola komunitas Anda/);
});

/** What a token or the pool calls it, a page says in people's words; errors of a contract may be exact. */
test.each([
  ["Indonesian", { ...shownId, ...hoodId, ...deviceId, ...outsideId, ...metersId, ...noticeId, ...bankId }],
  ["English", { ...shownEn, ...hoodEn, ...deviceEn, ...outsideEn, ...metersEn, ...noticeEn, ...bankEn }],
] as const)("no page speaks of tokens and slots, in %s", (_, messages) => {
  expect(Object.entries(messages).filter(([, text]) => /\b(ETK|IDRS|[Ss]lots?)\b/.test(text))).toEqual([]);
});

describe("the contracts' errors", () => {
  const errors = Object.entries(abis)
    .filter(([name]) => name.endsWith("Abi") && name !== "accessManagerAbi")
    .flatMap(
      ([, abi]) => abi as readonly { type: string; name?: string; inputs?: readonly { name?: string }[] }[],
    )
    .filter(({ type }) => type === "error");
  /** What no user of the dApp can cause: library internals that are named as they are. */
  const internal =
    /^(ECDSA|AddressEmptyCode|FailedCall|SafeCast|String|InvalidShortString|AccessManag|InvalidInitialization|ERC7579|OutOfRangeAccess|UnsupportedExecutionMode|CloneArguments|Create2|FailedDeployment)/;

  test("all have words in both languages that use only their own values", () => {
    for (const { name = "" } of errors) {
      if (internal.test(name)) continue;
      const key = `error.${name}`;
      expect(Object.hasOwn(id, key), `${key} is missing`).toBe(true);
      // A library may have an error of the same name with other values.
      const known = errors
        .filter((error) => error.name === name)
        .map(({ inputs = [] }) => inputs.map((input) => input.name));
      const used = names(id[key as MessageKey]);
      expect(
        known.some((inputs) => used.every((value) => inputs.includes(value))),
        `${key} uses ${used}`,
      ).toBe(true);
    }
  });
});

test("values are put where their names stand", () => {
  expect(fill("Jual {energy} pada {price}, {energy}", { energy: "3 kWh", price: "Rp 1" })).toBe(
    "Jual 3 kWh pada Rp 1, 3 kWh",
  );
  expect(fill("{missing}", {})).toBe("{missing}");
  expect(fill("{missing|one|more}", {}, "en")).toBe("{missing|one|more}");
});

test("what is counted stands in the number that the language has for it", () => {
  const said = (count: string | number) => fill("{count} {count|offer|offers}", { count }, "en");
  expect([0, 1, 2, "1", "1,310", "21"].map(said)).toEqual([
    ...["0 offers", "1 offer", "2 offers", "1 offer", "1,310 offers", "21 offers"],
  ]);
  expect(fill(en["map.cell"], { price: "Rp 1", count: 1, energy: "1 kWh", km: "2" }, "en")).toContain(
    "1 offer,",
  );
});
