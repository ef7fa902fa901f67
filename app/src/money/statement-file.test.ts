import { expect, test } from "vitest";
import type { StatementPeriod } from "../energy-index/index.ts";
import { csv } from "../format/index.ts";
import { toldEn as en } from "../i18n/told-en.ts";
import { toldId as id } from "../i18n/told-id.ts";
import { statementFile } from "./statement-file.ts";

const at = (iso: string) => Date.parse(`${iso}+07:00`) / 1_000;
const nothing = {
  ...{ neighboursSoldWh: 0n, utilitySoldWh: 0n, offersSoldWh: 0n, bookSoldWh: 0n },
  ...{ neighboursBoughtWh: 0n, utilityBoughtWh: 0n, offersBoughtWh: 0n, bookBoughtWh: 0n },
  ...{ neighboursSoldIdrs: 0n, utilitySoldIdrs: 0n, offersSoldIdrs: 0n, bookSoldIdrs: 0n },
  ...{ neighboursBoughtIdrs: 0n, utilityBoughtIdrs: 0n, offersBoughtIdrs: 0n, bookBoughtIdrs: 0n },
  ...{ arrearsWh: 0n, leftWh: 0n, feeIdrs: 0n, feeReceivedIdrs: 0n },
};
const day: StatementPeriod = {
  ...nothing,
  start: at("2026-11-01T00:00:00"),
  end: at("2026-11-02T00:00:00"),
  exportWh: null,
  importWh: 12_345n,
  utilityBoughtWh: 12_345n,
  utilityBoughtIdrs: 17_834_501_123n,
  netIdrs: -17_834_501_123n,
  betterByIdrs: null,
};
const month = { from: at("2026-11-01T00:00:00"), to: at("2026-12-01T00:00:00") };
const file = (words: Record<string, string>) => statementFile([day], "home-02", month, (key) => words[key]);

test("a file names the home and the days that it covers, in the reader's language", () => {
  expect(file(en).name).toBe("statement-home-02-2026-11-01-2026-11-30");
  expect(file(id).name).toBe("laporan-home-02-2026-11-01-2026-11-30");
});

test("its head is in the reader's words, a different one for every column, each with its unit", () => {
  for (const words of [en, id]) {
    const { head, rows } = file(words);
    expect(new Set(head).size).toBe(head.length);
    expect(head.every((one) => / \((WIB|kWh|Rp)\)$/.test(one))).toBe(true);
    expect(rows[0]).toHaveLength(head.length);
  }
  expect(file(id).head).toEqual(expect.arrayContaining(["Mulai (WIB)", "Dibeli dari PLN (Rp)"]));
});

test("times are Jakarta's, amounts exact, and what is not known is empty", () => {
  const { head, rows } = file(en);
  const cell = (name: string) => rows[0]![head.indexOf(name)];
  expect(cell("From (WIB)")).toBe("2026-11-01 00:00");
  expect(cell("Until (WIB)")).toBe("2026-11-02 00:00");
  expect(cell("Meter import (kWh)")).toBe("12.345");
  expect(cell("Bought from PLN (Rp)")).toBe("17834.501123");
  expect(cell("Balance (Rp)")).toBe("-17834.501123");
  expect([cell("Meter export (kWh)"), cell("Better than PLN alone (Rp)")]).toEqual(["", ""]);
  expect(csv(head, rows).split("\r\n")).toHaveLength(3);
});
