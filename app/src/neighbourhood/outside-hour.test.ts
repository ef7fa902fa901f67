import { expect, test } from "vitest";
import type { StatementPeriod } from "../energy-index/index.ts";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n, withWords } from "../i18n/index.ts";
import { outsideHourWords, outsideWords } from "./outside-hour.ts";

const nothing = {
  exportWh: null,
  importWh: null,
  offersSoldWh: 0n,
  offersSoldIdrs: 0n,
  offersBoughtWh: 0n,
  offersBoughtIdrs: 0n,
  bookSoldWh: 0n,
  bookSoldIdrs: 0n,
  bookBoughtWh: 0n,
  bookBoughtIdrs: 0n,
} as StatementPeriod;
const say = (hour: Partial<StatementPeriod>, language: "en" | "id" = "en") =>
  outsideHourWords(
    { ...nothing, ...hour },
    withWords(makeI18n(language, language === "en" ? en : id), outsideWords),
  ).replaceAll("\u00a0", " ");

test("a home outside the neighbourhood hears what its last hour came to, in one sentence", () => {
  const counted = { exportWh: 1_200n, importWh: 300n };
  expect(say(counted)).toBe("In the last hour your home sent 1.2 kWh to the grid and drew 300 Wh from it.");
  const traded = { ...counted, bookSoldWh: 800n, bookSoldIdrs: 1_040_000_000n };
  expect(say(traded)).toBe(
    "In the last hour your home sent 1.2 kWh to the grid and drew 300 Wh from it; you sold 800 Wh in the market for Rp 1,040.",
  );
  expect(say({ ...traded, offersSoldWh: 500n, offersSoldIdrs: 700_000_000n }, "id")).toBe(
    "Sejam terakhir rumah Anda mengirim 1,2 kWh ke jaringan dan mengambil 300 Wh dari jaringan; 800 Wh terjual di pasar seharga Rp 1.040 dan 500 Wh dari baterai Anda terjual ke tetangga seharga Rp 700.",
  );
});

test("what was not booked is not told as nothing", () => {
  expect(say({})).toBe("Nothing that your meter counted in the last hour is booked yet.");
  expect(say({ bookBoughtWh: 500n, bookBoughtIdrs: 650_000_000n })).toBe(
    "In the last hour you bought 500 Wh in the market for Rp 650. What your meter counted in it is not booked yet.",
  );
});
