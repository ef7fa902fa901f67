/** A statement as a file for a spreadsheet: in the reader's words, by Jakarta's clock, every amount as exact as it is. */
import { formatIdr, formatKwh } from "@enerlink/protocol";
import type { StatementPeriod } from "../energy-index/index.ts";
import { dayText, JAKARTA_SECONDS } from "../format/index.ts";
import type { I18n, ToldKey } from "../i18n/index.ts";
import type { Range } from "./range.ts";

const traded = [
  "neighboursSold",
  "utilitySold",
  "offersSold",
  "bookSold",
  "neighboursBought",
  "utilityBought",
  "offersBought",
  "bookBought",
] as const;
const energies = ["export", "import", ...traded, "arrears", "left"] as const;
const sums = [...traded, "fee", "feeReceived", "net", "betterBy"] as const;

/** "2026-11-01 00:00", which spreadsheets take for a time. */
const timeText = (unix: number) =>
  new Date((unix + JAKARTA_SECONDS) * 1_000).toISOString().slice(0, 16).replace("T", " ");

const signedIdr = (idrs: bigint) => (idrs < 0n ? `-${formatIdr(-idrs)}` : formatIdr(idrs));

/**
 * @param home what the file is called by
 * @param lookup its words come after the page; where they cannot be fetched, names have to do
 */
export function statementFile(
  periods: readonly StatementPeriod[],
  home: string,
  { from, to }: Range,
  lookup: I18n["lookup"],
): { name: string; head: string[]; rows: string[][] } {
  const word = (name: ToldKey & `statement.file.${string}`) =>
    lookup(name) ?? name.slice("statement.file.".length);
  return {
    name: `${lookup("statement.file") ?? "statement"}-${home}-${dayText(from)}-${dayText(to - 1)}`,
    head: [
      `${word("statement.file.start")} (WIB)`,
      `${word("statement.file.end")} (WIB)`,
      ...energies.map((name) => `${word(`statement.file.${name}`)} (kWh)`),
      ...sums.map((name) => `${word(`statement.file.${name}`)} (Rp)`),
    ],
    // Empty where it is not known.
    rows: periods.map((period) => [
      timeText(period.start),
      timeText(period.end),
      ...energies.map((name) => text(period[`${name}Wh`], formatKwh)),
      ...sums.map((name) => text(period[`${name}Idrs`], signedIdr)),
    ]),
  };
}

const text = (value: bigint | null, exact: (value: bigint) => string) => (value === null ? "" : exact(value));
