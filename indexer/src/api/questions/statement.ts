/**
 * An account's statement: what its meters exported and imported, from whom and to whom, for how much. Exact to the Wh and
 * the IDRS base unit: what one account gives another gets, so that the statements of all accounts, members', utilities'
 * and grid operators', add up to zero in each period.
 *
 * A slot counts in the period in which it begins, a fill or delivery at its block's time, metered energy where its
 * settlement's ends.
 */
import { db } from "ponder:api";
import { clearedSlot, community, energyTransaction, fill, meter, settlement, slotShare } from "ponder:schema";
import { PRICE_PER_TICK } from "@enerlink/protocol";
import { and, eq, gte, inArray, lt, or, type PgColumn, sql } from "ponder";
import type { Address, Hex } from "viem";
import { chainTime } from "../now.ts";
import { begunBy, type Period, periodsOf, type Range, type StatementSpan, startsOf } from "./periods.ts";
import { endedIn, endingIn } from "./settled.ts";

/** What a meter's slots may move, Wh and IDRS base units; 0 where nothing of it happened. */
const noSlots = {
  neighboursSoldWh: 0n,
  neighboursSoldIdrs: 0n,
  neighboursBoughtWh: 0n,
  neighboursBoughtIdrs: 0n,
  utilitySoldWh: 0n,
  utilitySoldIdrs: 0n,
  utilityBoughtWh: 0n,
  utilityBoughtIdrs: 0n,
  feeIdrs: 0n,
  arrearsWh: 0n,
  leftWh: 0n,
};
/** What is an account's and no meter's. */
const noTrades = {
  offersSoldWh: 0n,
  offersSoldIdrs: 0n,
  offersBoughtWh: 0n,
  offersBoughtIdrs: 0n,
  bookSoldWh: 0n,
  bookSoldIdrs: 0n,
  bookBoughtWh: 0n,
  bookBoughtIdrs: 0n,
  feeReceivedIdrs: 0n,
};
const noAmounts = { ...noSlots, ...noTrades };
/** The same; null where nothing tells it: no settlement ended, or no tariff applied. */
const nothingKnown = { exportWh: null, importWh: null, plnAloneIdrs: null, betterByIdrs: null };

type Known = { [Name in keyof typeof nothingKnown]: bigint | null };
type Line = typeof noAmounts & Known;
/** What adds to a line of one period; where it is a meter's, to that one's too. */
type Part = { period: number; meterId?: Hex } & Partial<Line>;

/**
 * Each period of the range, oldest first, also one in which nothing happened.
 * @throws Problem 400 as `periodsOf` does
 */
export async function statement(account: Address, range: Range, span: StatementSpan) {
  const all = periodsOf(range, span);
  // What was asked about as a whole has its row, whatever the time is.
  const periods = span === "ALL" ? all : begunBy(await chainTime(), all);
  const asked = { account, range, starts: startsOf(periods) };
  const found = await Promise.all([
    metered(asked),
    slotted(asked),
    served(asked),
    ...(["seller", "buyer"] as const).flatMap((side) => [
      traded(energyTransaction, "offers", side, asked),
      traded(fill, "book", side, asked),
    ]),
  ]);
  const parts = Map.groupBy(found.flat(), ({ period }) => period);
  const serials = await serialsOf(found.flat());
  return periods.map((period, i) => periodOf(period, parts.get(i + 1) ?? [], serials));
}

export type StatementPeriod = Awaited<ReturnType<typeof statement>>[number];

function periodOf(period: Period, parts: Part[], serials: Map<Hex, string>) {
  const line = sumOf(parts, noAmounts);
  const { soldWh, soldIdrs, boughtWh, boughtIdrs } = sums(line);
  const meters = [...Map.groupBy(parts, ({ meterId }) => meterId)]
    .filter((group): group is [Hex, Part[]] => group[0] !== undefined)
    .map(([meterId, own]) => ({ meterId, serial: serials.get(meterId)!, ...sumOf(own, noSlots) }))
    .sort((a, b) => (a.serial < b.serial ? -1 : 1));
  return {
    ...period,
    ...line,
    netIdrs: soldIdrs + line.feeReceivedIdrs - boughtIdrs,
    averageSoldPrice: soldWh === 0n ? null : soldIdrs / soldWh,
    averageBoughtPrice: boughtWh === 0n ? null : boughtIdrs / boughtWh,
    meters,
  };
}

/** All parts added up to `none`: what is not known adds nothing, and stays unknown where no part knows it. */
function sumOf<Amounts extends Partial<typeof noAmounts>>(parts: Part[], none: Amounts): Amounts & Known {
  const line: Record<string, bigint | null> = { ...none, ...nothingKnown };
  for (const { period, meterId, ...amounts } of parts)
    for (const [name, amount] of Object.entries(amounts))
      if (amount !== null) line[name] = (line[name] ?? 0n) + amount;
  return line as Amounts & Known;
}

/** Of all sources together, with the fee in what was paid. */
function sums(line: Line) {
  const sum = (end: "SoldWh" | "SoldIdrs" | "BoughtWh" | "BoughtIdrs") =>
    line[`neighbours${end}`] + line[`utility${end}`] + line[`offers${end}`] + line[`book${end}`];
  return {
    soldWh: sum("SoldWh"),
    soldIdrs: sum("SoldIdrs"),
    boughtWh: sum("BoughtWh"),
    boughtIdrs: sum("BoughtIdrs") + line.feeIdrs,
  };
}

async function serialsOf(parts: Part[]): Promise<Map<Hex, string>> {
  const ids = [...new Set(parts.flatMap(({ meterId }) => meterId ?? []))];
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: meter.id, serial: meter.serial })
    .from(meter)
    .where(inArray(meter.id, ids));
  return new Map(rows.map(({ id, serial }) => [id, serial]));
}

// ------------------------------------------------------------------------------------------------- its parts

type Asked = { account: Address; range: Range; starts: string };

/** In which period a time lies, counted from 1. */
const periodAt = (time: PgColumn, { starts }: Asked) =>
  sql<number>`width_bucket(${time}, ${starts}::numeric[])`;
const within = (time: PgColumn, { range }: Asked) => and(gte(time, range.from), lt(time, range.to));
const sum = (amount: ReturnType<typeof sql> | PgColumn, where?: ReturnType<typeof sql>) =>
  sql<bigint>`coalesce(sum(${amount}) ${where && sql`FILTER (WHERE ${where})`}, 0)`.mapWith(BigInt);

/** What the account's meters exported and imported. */
const metered = (asked: Asked): Promise<Part[]> =>
  db
    .select({
      period: endingIn(asked.starts),
      meterId: settlement.meterId,
      exportWh: sum(settlement.exportedWh),
      importWh: sum(settlement.importedWh),
    })
    .from(settlement)
    .where(
      and(
        eq(settlement.owner, asked.account),
        eq(settlement.baseline, false),
        endedIn(asked.range.from, asked.range.to),
      ),
    )
    .groupBy(sql`1`, settlement.meterId);

/** What its meters shared, and sold to and bought from their utility. */
async function slotted(asked: Asked): Promise<Part[]> {
  const { sharedWh, utilityWh, leftWh, amount, fee, plnAmount } = slotShare;
  const sold = sql`${slotShare.side} = 'SOLD'`;
  const bought = sql`${slotShare.side} = 'BOUGHT'`;
  const shared = sql`${sharedWh} * coalesce(${slotShare.price}, 0)`;
  const utility = sql`${amount} - ${fee} - ${shared}`;
  return db
    .select({
      period: periodAt(slotShare.slotStart, asked),
      meterId: slotShare.meterId,
      neighboursSoldWh: sum(sharedWh, sold),
      neighboursSoldIdrs: sum(shared, sold),
      neighboursBoughtWh: sum(sharedWh, bought),
      neighboursBoughtIdrs: sum(shared, bought),
      utilitySoldWh: sum(utilityWh, sold),
      utilitySoldIdrs: sum(utility, sold),
      utilityBoughtWh: sum(utilityWh, bought),
      utilityBoughtIdrs: sum(utility, bought),
      feeIdrs: sum(fee),
      plnAloneIdrs: sum(sql`CASE WHEN ${bought} THEN ${plnAmount} ELSE -${plnAmount} END`),
      betterByIdrs: sum(
        sql`CASE WHEN ${bought} THEN ${plnAmount} - ${amount} ELSE ${amount} - ${plnAmount} END`,
      ),
      arrearsWh: sum(leftWh, bought),
      leftWh: sum(leftWh, sold),
    })
    .from(slotShare)
    .where(and(eq(slotShare.account, asked.account), within(slotShare.slotStart, asked)))
    .groupBy(sql`1`, slotShare.meterId);
}

/** What it sold and bought as a utility, and got as a grid operator. */
async function served(asked: Asked): Promise<Part[]> {
  const isUtility = eq(community.utility, asked.account);
  const isGrid = eq(community.gridOperator, asked.account);
  const { boughtFromUtilityWh, soldToUtilityWh, sharedWh, retail, feedIn, fee } = clearedSlot;
  const cost = (wattHours: PgColumn, tick: PgColumn) =>
    sql`${wattHours} * ${tick} * ${sql.raw(String(PRICE_PER_TICK))}`;
  return db
    .select({
      period: periodAt(clearedSlot.slotStart, asked),
      utilitySoldWh: sum(boughtFromUtilityWh, isUtility),
      utilitySoldIdrs: sum(cost(boughtFromUtilityWh, retail), isUtility),
      utilityBoughtWh: sum(soldToUtilityWh, isUtility),
      utilityBoughtIdrs: sum(cost(soldToUtilityWh, feedIn), isUtility),
      feeReceivedIdrs: sum(cost(sharedWh, fee), isGrid),
    })
    .from(community)
    .innerJoin(clearedSlot, eq(clearedSlot.communityId, community.id))
    .where(and(or(isUtility, isGrid), within(clearedSlot.slotStart, asked)))
    .groupBy(sql`1`);
}

/** What it sold or bought as offers, or in the book. */
async function traded(
  table: typeof fill | typeof energyTransaction,
  source: "offers" | "book",
  side: "seller" | "buyer",
  asked: Asked,
): Promise<Part[]> {
  const rows = await db
    .select({
      period: periodAt(table.timestamp, asked),
      wattHours: sum(table.wattHours),
      idrs: sum(table.cost),
    })
    .from(table)
    .where(and(eq(table[side], asked.account), within(table.timestamp, asked)))
    .groupBy(sql`1`);
  const name = `${source}${side === "seller" ? "Sold" : "Bought"}` as const;
  return rows.map(({ period, wattHours, idrs }) => ({
    period,
    [`${name}Wh`]: wattHours,
    [`${name}Idrs`]: idrs,
  }));
}
