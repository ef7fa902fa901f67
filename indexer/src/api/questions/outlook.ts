/** What the next day may bring to a home: its surplus and its neighbourhood's price, hour by hour, as ranges. */
import { db } from "ponder:api";
import { clearedSlot, settlement } from "ponder:schema";
import { and, eq, gte, isNotNull, lt, sql } from "ponder";
import type { Hex } from "viem";
import { chainTime } from "../now.ts";
import { knownMeter } from "./meter-energy.ts";
import { endedIn } from "./settled.ts";
import { SEASON_DAYS, usualOf, valuesBefore } from "./usual.ts";

const HOURS = 24;
const HOUR = 3_600n;
const DAY = 86_400n;
/** What is settled of an hour may be so much more or less than it, seconds. */
const SLACK = 300n;

/**
 * The next 24 whole hours. `price` is null where too little is known, or the meter is in no community.
 * @throws Problem 404 for a meter that is not registered
 */
export async function outlook(meterId: Hex) {
  const { communityId } = await knownMeter(meterId);
  const now = await chainTime();
  const first = (now / HOUR + 1n) * HOUR;
  const since = first - BigInt(SEASON_DAYS) * DAY;
  const [surpluses, prices] = await Promise.all([
    surplusesIn(meterId, since, first),
    communityId === null ? new Map<bigint, bigint>() : pricesIn(communityId, since, first),
  ]);
  return Array.from({ length: HOURS }, (_, i) => {
    const start = first + BigInt(i) * HOUR;
    const [surplus, price] = [valuesBefore(surpluses, start), valuesBefore(prices, start)];
    return {
      start,
      surplusWh: usualOf(surplus),
      surplusDays: surplus.length,
      price: usualOf(price),
      priceDays: price.length,
    };
  });
}

export type OutlookHour = Awaited<ReturnType<typeof outlook>>[number];

/** Export less import of each hour that is settled by itself, Wh. */
async function surplusesIn(meterId: Hex, from: bigint, to: bigint): Promise<Map<bigint, bigint>> {
  const rows = await db
    .select({
      hour: sql<bigint>`div(${settlement.endsAt} - 1, 3600)`.mapWith(BigInt),
      surplusWh: sql<bigint>`sum(${settlement.exportedWh} - ${settlement.importedWh})`.mapWith(BigInt),
      seconds: sql<bigint>`sum(${settlement.endsAt} - ${settlement.since})`.mapWith(BigInt),
    })
    .from(settlement)
    .where(and(eq(settlement.meterId, meterId), eq(settlement.baseline, false), endedIn(from, to)))
    .groupBy(sql`1`);
  const whole = rows.filter(({ seconds }) => seconds >= HOUR - SLACK && seconds <= HOUR + SLACK);
  return new Map(whole.map(({ hour, surplusWh }) => [hour * HOUR, surplusWh]));
}

/** What a Wh cost among neighbours in each hour in which they shared, on average. */
async function pricesIn(communityId: number, from: bigint, to: bigint): Promise<Map<bigint, bigint>> {
  const { slotStart, price, sharedWh } = clearedSlot;
  const rows = await db
    .select({
      hour: sql<bigint>`div(${slotStart}, 3600)`.mapWith(BigInt),
      price: sql<bigint>`div(sum(${price} * ${sharedWh}), sum(${sharedWh}))`.mapWith(BigInt),
    })
    .from(clearedSlot)
    .where(
      and(
        eq(clearedSlot.communityId, communityId),
        gte(slotStart, from),
        lt(slotStart, to),
        isNotNull(price),
      ),
    )
    .groupBy(sql`1`);
  return new Map(rows.map(({ hour, price }) => [hour * HOUR, price]));
}
