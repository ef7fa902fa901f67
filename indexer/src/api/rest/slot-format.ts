/** Communities, slots and statements as REST answers them. */
import type { clearedSlot, community, slotShare } from "ponder:schema";
import { formatIdr, formatKwh, formatPrice, namesOf, SkipReason, serialOf } from "@enerlink/protocol";
import { getAddress } from "viem";
import { termsAt } from "../../terms.ts";
import type { MarketPeriod } from "../questions/history.ts";
import type { EnergyPeriod } from "../questions/meter-energy.ts";
import type { OutlookHour } from "../questions/outlook.ts";
import type { StatementPeriod } from "../questions/statement.ts";
import type { Usual } from "../questions/usual.ts";
import { ofPrice } from "./format.ts";
import { isoOf } from "./times.ts";

const termsOf = ({ retail, feedIn, fee }: { retail: number; feedIn: number; fee: number }) => ({
  retailPerKwh: String(retail),
  feedInPerKwh: String(feedIn),
  feePerKwh: String(fee),
});

/** @param now the chain's time, unix seconds */
export function communityRowOf(row: typeof community.$inferSelect, now: bigint) {
  const { nextFrom, nextRetail, nextFeedIn, nextFee, nextFeeFrom } = row;
  return {
    id: String(row.id),
    utilityId: getAddress(row.utility),
    gridOperatorId: getAddress(row.gridOperator),
    accepted: row.accepted,
    slotSeconds: row.slot,
    toleranceSeconds: row.tolerance,
    members: row.members,
    clearedTo: row.clearedTo === 0n ? null : isoOf(row.clearedTo),
    terms: termsOf(termsAt(row, now)),
    nextTariff:
      nextFrom === null || nextFrom <= now
        ? null
        : { retailPerKwh: String(nextRetail), feedInPerKwh: String(nextFeedIn), from: isoOf(nextFrom) },
    nextFee:
      nextFeeFrom === null || nextFeeFrom <= now
        ? null
        : { feePerKwh: String(nextFee), from: isoOf(nextFeeFrom) },
  };
}

export function slotOf(row: typeof clearedSlot.$inferSelect) {
  return {
    communityId: String(row.communityId),
    start: isoOf(row.slotStart),
    end: isoOf(row.slotEnd),
    pricePerKwh: ofPrice(row.price),
    sharedKwh: formatKwh(row.sharedWh),
    surplusKwh: formatKwh(row.surplusWh),
    needKwh: formatKwh(row.needWh),
    soldToUtilityKwh: formatKwh(row.soldToUtilityWh),
    boughtFromUtilityKwh: formatKwh(row.boughtFromUtilityWh),
    ...termsOf(row),
    present: row.present,
    clearedAt: isoOf(row.timestamp),
    blockchainTxHash: row.transactionHash,
  };
}

export function shareOf(row: typeof slotShare.$inferSelect) {
  return {
    meterId: serialOf(row.meterId),
    accountId: getAddress(row.account),
    start: isoOf(row.slotStart),
    end: isoOf(row.slotEnd),
    side: row.side === "SOLD" ? ("sold" as const) : ("bought" as const),
    sharedKwh: formatKwh(row.sharedWh),
    utilityKwh: formatKwh(row.utilityWh),
    leftKwh: formatKwh(row.leftWh),
    amount: formatIdr(row.amount),
    fee: formatIdr(row.fee),
    plnAmount: formatIdr(row.plnAmount),
    pricePerKwh: ofPrice(row.price),
    sellFrom: String(row.sellFrom),
    buyUpTo: String(row.buyUpTo),
  };
}

type Amounts = Record<string, bigint | null>;
/** `…Wh` as `…Kwh` and `…Idrs` as `…Idr`, each as decimal text. */
type Written<Row extends Amounts> = {
  [Name in keyof Row as Name extends `${infer Stem}Wh`
    ? `${Stem}Kwh`
    : Name extends `${infer Stem}Idrs`
      ? `${Stem}Idr`
      : never]: Row[Name] extends bigint ? string : string | null;
};

function written<Row extends Amounts>(row: Row): Written<Row> {
  const energy = /Wh$/;
  const cells = Object.entries(row).map(([name, value]) => [
    energy.test(name) ? name.replace(energy, "Kwh") : name.replace(/Idrs$/, "Idr"),
    value === null ? null : energy.test(name) ? formatKwh(value) : formatIdr(value),
  ]);
  return Object.fromEntries(cells);
}

const spanOf = ({ start, end, localStart }: { start: bigint; end: bigint; localStart: string }) => ({
  start: isoOf(start),
  end: isoOf(end),
  localStart,
});

export function statementOf(period: StatementPeriod) {
  const { start, end, localStart, averageSoldPrice, averageBoughtPrice, meters, ...amounts } = period;
  return {
    ...spanOf(period),
    ...written(amounts),
    averageSoldPrice: ofPrice(averageSoldPrice),
    averageBoughtPrice: ofPrice(averageBoughtPrice),
    meters: meters.map(({ meterId, serial, ...own }) => ({ meterId: serial, ...written(own) })),
  };
}

export function marketPeriodOf(period: MarketPeriod) {
  const { start, end, localStart, settlements, reports, skipped, ...amounts } = period;
  const { transactions, gasUsed, feeWei } = reports;
  const counts = Object.fromEntries(
    namesOf(SkipReason).map((reason) => [reason, skipped.find((one) => one.reason === reason)?.count ?? 0]),
  ) as Record<keyof typeof SkipReason, number>;
  const cost = { transactions, gasUsed: String(gasUsed), feeWei: String(feeWei) };
  return { ...spanOf(period), ...written(amounts), settlements, reports: cost, skipped: counts };
}

export const energyPeriodOf = (period: EnergyPeriod) => ({
  ...spanOf(period),
  exportKwh: formatKwh(period.exportWh),
  importKwh: formatKwh(period.importWh),
  settlements: period.settlements,
  since: isoOf(period.since),
  until: isoOf(period.until),
});

const usualOf = (usual: Usual | null, format: (value: bigint) => string) =>
  usual && { low: format(usual.low), median: format(usual.median), high: format(usual.high) };

export const outlookHourOf = (hour: OutlookHour) => ({
  start: isoOf(hour.start),
  surplusKwh: usualOf(hour.surplusWh, formatKwh),
  surplusDays: hour.surplusDays,
  pricePerKwh: usualOf(hour.price, formatPrice),
  priceDays: hour.priceDays,
});
