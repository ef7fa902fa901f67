import { describe, expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n, withWords } from "../i18n/index.ts";
import { limitsThenWords, priceRangeWords, priceWords } from "./price-why.ts";
import { priceOf, type Slot } from "./slot.ts";
import { hoodWords } from "./words.ts";

const STEEPNESS = 3n;
const english = withWords(makeI18n("en", en), hoodWords);
const plain = (text: string | undefined) => text?.replaceAll("\u00a0", " ");

/** A slot with the price that the pool makes of what was left over and needed. */
const slot = (surplusWh: bigint, needWh: bigint, of: Partial<Slot> = {}): Slot => {
  const terms = { retail: 1_445, feedIn: 900, fee: 100 };
  const price = priceOf(terms, surplusWh, needWh, STEEPNESS) ?? null;
  return {
    ...terms,
    ...{ slotStart: 0, slotEnd: 900, price, sharedWh: 100n, surplusWh, needWh },
    ...of,
  };
};
const said = (one: Slot) => plain(priceWords(one, STEEPNESS, english));

describe("why the price is what it is", () => {
  test("follows from what was left over and needed", () => {
    expect(said(slot(1_500n, 800n))).toBe(
      "More was left over than needed, so the price lies nearer to its lowest, Rp 900/kWh (what PLN pays), than to its highest, Rp 1,345/kWh (what PLN asks, less the network fee).",
    );
    expect(said(slot(800n, 1_500n))).toMatch(
      /^More was needed than left over, so the price lies nearer to its/,
    );
    expect(said(slot(700n, 700n))).toBe(
      "About as much was left over as needed, so the price lies in the middle between Rp 900/kWh and Rp 1,345/kWh.",
    );
  });

  test("at its ends", () => {
    expect(said(slot(1_600n, 800n))).toBe(
      "So much more was left over than needed that the price is at its lowest: the Rp 900/kWh that PLN pays.",
    );
    expect(said(slot(100n, 800n))).toBe(
      "So much more was needed than left over that the price is at its highest: PLN's Rp 1,445/kWh less the network fee of Rp 100/kWh.",
    );
  });

  test("is never told from homes that did not count for it", () => {
    // More was left over in all, and among those who made the price more was needed.
    const { price } = slot(800n, 1_500n);
    expect(said(slot(2_000n, 1_500n, { price }))).toMatch(
      /^Only homes whose meter was also read at the start count towards the price: more was needed than left over/,
    );
  });

  test("is not said where there was none, or no other could be", () => {
    expect(said(slot(1_500n, 0n))).toBeUndefined();
    expect(said(slot(900n, 900n, { feedIn: 1_345, price: 1_345_000n }))).toBeUndefined();
  });

  test("has Indonesian of its own", () => {
    const indonesian = withWords(makeI18n("id", id), hoodWords);
    expect(plain(priceWords(slot(1_500n, 800n), STEEPNESS, indonesian))).toMatch(
      /^Kelebihannya lebih banyak/,
    );
  });
});

test("of an hour it is said between what the price moved", () => {
  const hour = [slot(1_500n, 800n), slot(700n, 700n), slot(9n, 0n)];
  expect(plain(priceRangeWords(hour, english))).toMatch(/from Rp 919.34\/kWh to Rp 1,122.50\/kWh/);
  expect(priceRangeWords([hour[0]!, hour[0]!], english)).toBeUndefined();
  expect(priceRangeWords([], english)).toBeUndefined();
});

test("the limits are those of then, or are said to have changed", () => {
  const then = { sellFrom: 950, buyUpTo: 1_400 };
  expect(plain(limitsThenWords([then, then], english))).toBe(
    "Your limits then: sell from Rp 950/kWh, buy up to Rp 1,400/kWh with the fee.",
  );
  expect(limitsThenWords([then, { ...then, buyUpTo: 1_000 }], english)).toBe(
    "You changed your limits in this time.",
  );
  expect(limitsThenWords([], english)).toBeUndefined();
});
