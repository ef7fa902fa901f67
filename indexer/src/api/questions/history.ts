/**
 * How the whole market went over time: tokens there are, what meters owe, what was settled, what was skipped and why, and
 * what it cost to bring reports.
 * What is owed follows from the law that the contracts hold: minted - burned - debt = exported - imported + corrections.
 */
import { db } from "ponder:api";
import { correction, reportTransaction, settlement, skippedReport, transfer } from "ponder:schema";
import { namesOf, SkipReason } from "@enerlink/protocol";
import { sql } from "ponder";
import { zeroAddress } from "viem";
import { chainTime } from "../now.ts";
import { begunBy, type EnergySpan, periodsOf, type Range, startsOf } from "./periods.ts";

export const historySpans = ["HOUR", "DAY", "WEEK", "MONTH"] as const satisfies readonly EnergySpan[];
export type HistorySpan = (typeof historySpans)[number];

const sums = [
  "minted_wh",
  "burned_wh",
  "idrs",
  "exported_wh",
  "imported_wh",
  "corrected_wh",
  "settlements",
  "transactions",
  "gas",
  "fee_wei",
] as const;
type Sums = Record<(typeof sums)[number], bigint>;
const none = Object.fromEntries(sums.map((name) => [name, 0n])) as Sums;

/** Everything that changed a sum, each with its block's time. */
const changes = sql`
  SELECT ${transfer.timestamp} AS at, CASE WHEN ${transfer.token} = 'ETK' THEN ${transfer.amount} ELSE 0 END AS minted_wh,
    0 AS burned_wh, CASE WHEN ${transfer.token} = 'IDRS' THEN ${transfer.amount} ELSE 0 END AS idrs,
    0 AS exported_wh, 0 AS imported_wh, 0 AS corrected_wh, 0 AS settlements, 0 AS transactions, 0 AS gas, 0 AS fee_wei
  FROM ${transfer} WHERE ${transfer.from} = ${zeroAddress}
  UNION ALL
  SELECT ${transfer.timestamp}, 0, CASE WHEN ${transfer.token} = 'ETK' THEN ${transfer.amount} ELSE 0 END,
    CASE WHEN ${transfer.token} = 'IDRS' THEN -${transfer.amount} ELSE 0 END, 0, 0, 0, 0, 0, 0, 0
  FROM ${transfer} WHERE ${transfer.to} = ${zeroAddress}
  UNION ALL
  SELECT ${settlement.timestamp}, 0, 0, 0, ${settlement.exportedWh}, ${settlement.importedWh}, 0, 1, 0, 0, 0
  FROM ${settlement}
  UNION ALL
  SELECT ${correction.timestamp}, 0, 0, 0, 0, 0, ${correction.exportWh} - ${correction.importWh}, 0, 0, 0, 0
  FROM ${correction}
  UNION ALL
  SELECT ${reportTransaction.timestamp}, 0, 0, 0, 0, 0, 0, 0, 1, ${reportTransaction.gasUsed}, ${reportTransaction.feeWei}
  FROM ${reportTransaction}`;

/** Sums by the number of the period, counted from 1; 0 is all before. */
async function sumsOf(starts: string, to: bigint): Promise<Map<number, Sums>> {
  const columns = sql.join(
    sums.map((name) => sql`sum(${sql.identifier(name)})::text AS ${sql.identifier(name)}`),
    sql`, `,
  );
  const { rows } = await db.execute(
    sql`SELECT width_bucket(at, ${starts}::numeric[]) AS period, ${columns} FROM (${changes}) AS changes
      WHERE at < ${to} GROUP BY 1`,
  );
  return new Map(
    (rows as ({ period: number } & Record<string, string>)[]).map(({ period, ...row }) => [
      Number(period),
      Object.fromEntries(sums.map((name) => [name, BigInt(row[name]!)])) as Sums,
    ]),
  );
}

/** Skipped reports by reason, by the number of the period. */
async function skippedOf(starts: string, from: bigint, to: bigint) {
  const { rows } = await db.execute(
    sql`SELECT width_bucket(${skippedReport.timestamp}, ${starts}::numeric[]) AS period, ${skippedReport.reason} AS reason,
        count(*)::int AS count
      FROM ${skippedReport} WHERE ${skippedReport.timestamp} >= ${from} AND ${skippedReport.timestamp} < ${to}
      GROUP BY 1, 2`,
  );
  return Map.groupBy(rows as { period: number; reason: string; count: number }[], ({ period }) =>
    Number(period),
  );
}

/**
 * Each period of the range that has begun, oldest first. Supply and debt are those at its end.
 * @throws Problem 400 as `periodsOf` does
 */
export async function marketHistory(range: Range, span: HistorySpan) {
  const periods = begunBy(await chainTime(), periodsOf(range, span));
  const starts = startsOf(periods);
  const [sums, skipped] = await Promise.all([
    sumsOf(starts, range.to),
    skippedOf(starts, range.from, range.to),
  ]);
  let [supplyWh, supplyIdrs, debtWh] = [0n, 0n, 0n];
  const add = ({ minted_wh, burned_wh, idrs, exported_wh, imported_wh, corrected_wh }: Sums) => {
    supplyWh += minted_wh - burned_wh;
    supplyIdrs += idrs;
    debtWh += minted_wh - burned_wh - exported_wh + imported_wh - corrected_wh;
  };
  add(sums.get(0) ?? none);
  return periods.map((period, index) => {
    const own = sums.get(index + 1) ?? none;
    add(own);
    const reasons = skipped.get(index + 1) ?? [];
    return {
      ...period,
      supplyWh,
      supplyIdrs,
      debtWh,
      mintedWh: own.minted_wh,
      burnedWh: own.burned_wh,
      exportedWh: own.exported_wh,
      importedWh: own.imported_wh,
      settlements: Number(own.settlements),
      reports: { transactions: Number(own.transactions), gasUsed: own.gas, feeWei: own.fee_wei },
      skipped: namesOf(SkipReason).flatMap((reason) => {
        const found = reasons.find((one) => one.reason === reason);
        return found ? [{ reason, count: found.count }] : [];
      }),
    };
  });
}

export type MarketPeriod = Awaited<ReturnType<typeof marketHistory>>[number];
