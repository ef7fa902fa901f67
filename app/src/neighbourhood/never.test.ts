import fc from "fast-check";
import { expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n, withWords } from "../i18n/index.ts";
import { neverWords } from "./never.ts";
import { accepts, priceOf, widest } from "./slot.ts";
import { hoodWords } from "./words.ts";

const STEEPNESS = 3n;
const terms = { retail: 1_445, feedIn: 900, fee: 100 };
const english = withWords(makeI18n("en", en), hoodWords);
const plain = (said: object) => JSON.parse(JSON.stringify(said).replaceAll("\u00a0", " "));

test("a limit at which nothing is ever shared says so, and why", () => {
  expect(plain(neverWords({ sellFrom: 1_346, buyUpTo: 999 }, terms, english))).toEqual({
    sellFrom:
      "Nothing is sold to neighbours at this limit: they never pay you more than Rp 1,345/kWh, which is PLN's Rp 1,445/kWh less the network's Rp 100/kWh.",
    buyUpTo:
      "Nothing is bought from neighbours at this limit: with the network's Rp 100/kWh they never cost less than Rp 1,000/kWh.",
  });
  const indonesian = withWords(makeI18n("id", id), hoodWords);
  expect(plain(neverWords({ sellFrom: 1_346 }, terms, indonesian)).sellFrom).toContain("Rp 1.345/kWh");
});

test("nothing is said of a limit that may match, or that is not typed yet", () => {
  expect(neverWords({ sellFrom: 1_345, buyUpTo: 1_000 }, terms, english)).toEqual({});
  expect(neverWords(widest(terms), terms, english)).toEqual({});
  expect(neverWords({}, terms, english)).toEqual({});
});

test("it is said of a limit exactly when no surplus and no need let it share", () => {
  const wattHours = fc.bigInt(1n, 5_000n);
  const limit = fc.integer({ min: 800, max: 1_600 });
  // What is scarce on one side alone makes the farthest prices.
  const farthest = [
    [1n, 9_000n],
    [9_000n, 1n],
  ] as const;
  fc.assert(
    fc.property(limit, limit, wattHours, wattHours, (sellFrom, buyUpTo, surplusWh, needWh) => {
      const limits = { sellFrom, buyUpTo };
      const said = neverWords(limits, terms, english);
      const matches = (side: "SOLD" | "BOUGHT", [surplus, need]: readonly [bigint, bigint]) =>
        accepts(limits, side, priceOf(terms, surplus, need, STEEPNESS)!, terms.fee);
      for (const [side, words] of [
        ["SOLD", said.sellFrom],
        ["BOUGHT", said.buyUpTo],
      ] as const) {
        if (words) expect(matches(side, [surplusWh, needWh])).toBe(false);
        else expect(farthest.some((one) => matches(side, one))).toBe(true);
      }
    }),
  );
});
