/** An account's statement: from whom and to whom its energy went, for how much, and what the utility alone would have meant. */
import { z } from "zod/mini";
import { integer, seconds, useIndex } from "./query.ts";

export const sources = ["neighbours", "utility", "offers", "book"] as const;
export type Source = (typeof sources)[number];

const bySource = {
  neighboursSoldWh: integer,
  neighboursSoldIdrs: integer,
  neighboursBoughtWh: integer,
  neighboursBoughtIdrs: integer,
  utilitySoldWh: integer,
  utilitySoldIdrs: integer,
  utilityBoughtWh: integer,
  utilityBoughtIdrs: integer,
  offersSoldWh: integer,
  offersSoldIdrs: integer,
  offersBoughtWh: integer,
  offersBoughtIdrs: integer,
  bookSoldWh: integer,
  bookSoldIdrs: integer,
  bookBoughtWh: integer,
  bookBoughtIdrs: integer,
};

const periodSchema = z.object({
  start: seconds,
  end: seconds,
  /** What its meters counted; null where no settlement ended. */
  exportWh: z.nullable(integer),
  importWh: z.nullable(integer),
  ...bySource,
  /** Network fee paid for what was bought from neighbours; and received, by a grid operator. */
  feeIdrs: integer,
  feeReceivedIdrs: integer,
  netIdrs: integer,
  /** Null where no tariff applied. */
  betterByIdrs: z.nullable(integer),
  arrearsWh: integer,
  leftWh: integer,
});
/** Wh, IDRS base units, unix seconds. */
export type StatementPeriod = z.infer<typeof periodSchema>;
export type StatementSpan = "DAY" | "WEEK" | "MONTH" | "ALL";

const STATEMENT = `query ($account: String!, $from: BigInt!, $to: BigInt!, $groupBy: StatementSpan!) {
  statement(account: $account, from: $from, to: $to, timeZone: "Asia/Jakarta", groupBy: $groupBy) {
    start end exportWh importWh
    neighboursSoldWh neighboursSoldIdrs neighboursBoughtWh neighboursBoughtIdrs
    utilitySoldWh utilitySoldIdrs utilityBoughtWh utilityBoughtIdrs
    offersSoldWh offersSoldIdrs offersBoughtWh offersBoughtIdrs
    bookSoldWh bookSoldIdrs bookBoughtWh bookBoughtIdrs
    feeIdrs feeReceivedIdrs netIdrs betterByIdrs arrearsWh leftWh
  }
}`;
const answer = z.pipe(
  z.object({ statement: z.array(periodSchema) }),
  z.transform(({ statement }) => statement),
);

/** Settlements and slots come once a minute at most. */
const MILLISECONDS = 10_000;

/**
 * By days, weeks or months of Jakarta, oldest first, also those in which nothing happened.
 * @param from to unix seconds; `to` does not belong to it
 */
export const useStatement = (account: string | undefined, from: number, to: number, groupBy: StatementSpan) =>
  useIndex(
    STATEMENT,
    account === undefined
      ? undefined
      : { account: account.toLowerCase(), from: String(from), to: String(to), groupBy },
    answer,
    { milliseconds: MILLISECONDS },
  );

type Side = "Sold" | "Bought";

/** What was sold or bought in all, of some sources, Wh. */
export const energyOf = (period: StatementPeriod, side: Side, of: readonly Source[] = sources): bigint =>
  of.reduce((sum, source) => sum + period[`${source}${side}Wh`], 0n);

/** What was received for it, or paid without the network fee, IDRS base units. */
export const moneyOf = (period: StatementPeriod, side: Side, of: readonly Source[] = sources): bigint =>
  of.reduce((sum, source) => sum + period[`${source}${side}Idrs`], 0n);

/** All that was received, and all that was paid, the fee included, IDRS base units. */
export const receivedOf = (period: StatementPeriod) => moneyOf(period, "Sold") + period.feeReceivedIdrs;
export const paidOf = (period: StatementPeriod) => moneyOf(period, "Bought") + period.feeIdrs;

/** Whether anything is known of it: a period that no settlement ended in and nobody traded in is not a period of zeros. */
export const isKnown = (period: StatementPeriod): boolean =>
  period.exportWh !== null ||
  period.feeReceivedIdrs !== 0n ||
  period.arrearsWh !== 0n ||
  period.leftWh !== 0n ||
  energyOf(period, "Sold") + energyOf(period, "Bought") > 0n;
