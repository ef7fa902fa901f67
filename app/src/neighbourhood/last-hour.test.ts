import { expect, test } from "vitest";
import type { StatementPeriod } from "../energy-index/index.ts";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n, withWords } from "../i18n/index.ts";
import { lastHourWords } from "./last-hour.ts";
import { hoodWords } from "./words.ts";

const inWords = (language: "en" | "id") =>
  withWords(makeI18n(language, language === "en" ? en : id), hoodWords);

const nothing = {
  neighboursSoldWh: 0n,
  neighboursSoldIdrs: 0n,
  neighboursBoughtWh: 0n,
  neighboursBoughtIdrs: 0n,
  utilitySoldWh: 0n,
  utilitySoldIdrs: 0n,
  utilityBoughtWh: 0n,
  utilityBoughtIdrs: 0n,
  feeIdrs: 0n,
} as StatementPeriod;

test("the last hour's slots are told in one sentence, each partner at the price that it came to, the fee included", () => {
  const hour = {
    ...nothing,
    neighboursBoughtWh: 400n,
    neighboursBoughtIdrs: 400_000_000n,
    feeIdrs: 40_000_000n,
    utilityBoughtWh: 1_250n,
    utilityBoughtIdrs: 1_806_250_000n,
  };
  const said = (language: "en" | "id") => lastHourWords(hour, inWords(language))?.replaceAll("\u00a0", " ");
  expect(said("en")).toBe(
    "In the last hour 400 Wh from neighbours at Rp 1,100/kWh and 1.25 kWh from PLN at Rp 1,445/kWh.",
  );
  expect(said("id")).toBe(
    "Sejam terakhir 400 Wh dari tetangga seharga Rp 1.100/kWh dan 1,25 kWh dari PLN seharga Rp 1.445/kWh.",
  );
  expect(lastHourWords(nothing, inWords("en"))).toBeUndefined();
});
