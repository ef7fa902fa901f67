import { describe, expect, test } from "vitest";
import type { StatementPeriod } from "../energy-index/index.ts";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n } from "../i18n/index.ts";
import { todayWords } from "./today.ts";

const nothing: StatementPeriod = {
  start: 0,
  end: 86_400,
  exportWh: null,
  importWh: null,
  neighboursSoldWh: 0n,
  neighboursSoldIdrs: 0n,
  neighboursBoughtWh: 0n,
  neighboursBoughtIdrs: 0n,
  utilitySoldWh: 0n,
  utilitySoldIdrs: 0n,
  utilityBoughtWh: 0n,
  utilityBoughtIdrs: 0n,
  offersSoldWh: 0n,
  offersSoldIdrs: 0n,
  offersBoughtWh: 0n,
  offersBoughtIdrs: 0n,
  bookSoldWh: 0n,
  bookSoldIdrs: 0n,
  bookBoughtWh: 0n,
  bookBoughtIdrs: 0n,
  feeIdrs: 0n,
  feeReceivedIdrs: 0n,
  netIdrs: 0n,
  betterByIdrs: null,
  arrearsWh: 0n,
  leftWh: 0n,
};
const say = (today: Partial<StatementPeriod>, language: "en" | "id" = "en") =>
  todayWords({ ...nothing, ...today }, makeI18n(language, language === "en" ? en : id))?.replaceAll(
    "\u00a0",
    " ",
  );

describe("a household's day in one sentence", () => {
  test("says who had the energy, and how much better that was", () => {
    const day = {
      neighboursSoldWh: 4_100n,
      utilityBoughtWh: 900n,
      betterByIdrs: 8_400_000_000n,
    };
    expect(say(day)).toBe("Today 4.1 kWh to neighbours and 900 Wh from PLN; Rp 8,400 better than PLN alone.");
    expect(say(day, "id")).toBe(
      "Hari ini 4,1 kWh ke tetangga dan 900 Wh dari PLN; Rp 8.400 lebih untung daripada hanya PLN.",
    );
  });

  test("adds offers and the book, and compares with nothing where no tariff applied", () => {
    expect(say({ offersSoldWh: 500n, bookSoldWh: 700n, neighboursBoughtWh: 100n })).toBe(
      "Today 100 Wh from neighbours and 1.2 kWh sold in the market.",
    );
  });

  test("is honest about a day that limits made worse, and silent of one without anything", () => {
    expect(say({ utilitySoldWh: 1_000n, betterByIdrs: -2_000_000n })).toBe(
      "Today 1 kWh to PLN; Rp 2 less well than PLN alone.",
    );
    expect(say({})).toBeUndefined();
    // Read, and nothing moved.
    expect(say({ exportWh: 0n, importWh: 0n })).toBeUndefined();
  });
});
