/** Sums of every row that they are about: what meters settled, what an account traded, how sellers answered. */

import { db } from "ponder:api";
import { energyTransaction, fill, meter, settlement, trade } from "ponder:schema";
import { and, count, eq, gte, inArray, lt, sql } from "ponder";
import type { Address, Hex } from "viem";
import { wrong } from "../input.ts";
import { endedIn } from "./settled.ts";
import { MOST_SETTLED_SPANS } from "./spans.ts";

type Settled = { owner: Address } | { meterId: Hex };

/**
 * What meters settled after `from` and up to `to` (unix seconds), by meter and span of `length` seconds counted from
 * `from`, oldest first. A settlement counts where its energy ends; a span without one has no row.
 * @throws Problem 400 when `from` is not before `to` or the range holds more than 1000 spans
 */
export async function energySettled(of: Settled, from: bigint, to: bigint, length: bigint) {
  if (from >= to) throw wrong("from", "before to");
  if (length < 1n || (to - from) / length > MOST_SETTLED_SPANS)
    throw wrong("seconds", `more, so that at most ${MOST_SETTLED_SPANS} spans lie between from and to`);
  // What ends at a span's end was used in it. The numbers stand in the text: as parameters they would make another
  // expression in GROUP BY than in SELECT.
  const span = sql<string>`floor((${settlement.endsAt} - ${sql.raw(String(from))} - 1) / ${sql.raw(String(length))})`;
  const rows = await db
    .select({
      meterId: settlement.meterId,
      kind: meter.kind,
      span,
      exportedWh: sql<string>`sum(${settlement.exportedWh})`,
      importedWh: sql<string>`sum(${settlement.importedWh})`,
      mintedWh: sql<string>`sum(greatest(${settlement.tokensWh}, 0))`,
      burnedWh: sql<string>`sum(greatest(-${settlement.tokensWh}, 0))`,
      settlements: count(),
      firstReadAt: sql<string>`min(${settlement.readAt})`,
      lastReadAt: sql<string>`max(${settlement.readAt})`,
    })
    .from(settlement)
    .innerJoin(meter, eq(meter.id, settlement.meterId))
    .where(
      and(
        "owner" in of ? eq(settlement.owner, of.owner) : eq(settlement.meterId, of.meterId),
        endedIn(from, to),
      ),
    )
    .groupBy(settlement.meterId, meter.kind, span)
    .orderBy(span, settlement.meterId);
  return rows.map(({ meterId, kind, span, ...sums }) => ({
    meterId,
    kind,
    start: from + BigInt(span) * length,
    exportedWh: BigInt(sums.exportedWh),
    importedWh: BigInt(sums.importedWh),
    mintedWh: BigInt(sums.mintedWh),
    burnedWh: BigInt(sums.burnedWh),
    settlements: sums.settlements,
    firstReadAt: BigInt(sums.firstReadAt),
    lastReadAt: BigInt(sums.lastReadAt),
  }));
}

/** What an account sold and bought from `from` until before `to` (unix seconds), in the book and to neighbours. */
export async function traded(account: Address, from: bigint, to: bigint) {
  if (from >= to) throw wrong("from", "before to");
  const of = (table: typeof fill | typeof energyTransaction, side: "seller" | "buyer") =>
    sumOf(table, side, account, from, to);
  const [booked, delivered, bought, received] = await Promise.all([
    of(fill, "seller"),
    of(energyTransaction, "seller"),
    of(fill, "buyer"),
    of(energyTransaction, "buyer"),
  ]);
  return {
    soldWh: booked.wattHours + delivered.wattHours,
    earnedIdrs: booked.idrs + delivered.idrs,
    boughtWh: bought.wattHours + received.wattHours,
    spentIdrs: bought.idrs + received.idrs,
  };
}

async function sumOf(
  table: typeof fill | typeof energyTransaction,
  side: "seller" | "buyer",
  account: Address,
  from: bigint,
  to: bigint,
) {
  const [row] = await db
    .select({
      wattHours: sql<string>`coalesce(sum(${table.wattHours}), 0)`,
      idrs: sql<string>`coalesce(sum(${table.cost}), 0)`,
    })
    .from(table)
    .where(and(eq(table[side], account), gte(table.timestamp, from), lt(table.timestamp, to)));
  return { wattHours: BigInt(row!.wattHours), idrs: BigInt(row!.idrs) };
}

const MOST_SELLERS = 200;

/**
 * How sellers answered what was asked of them: requests that are answered or whose time to answer is over at `now`.
 * @throws Problem 400 for more than 200 sellers
 */
export async function answers(sellers: readonly Address[], now: bigint) {
  if (sellers.length > MOST_SELLERS) throw wrong("sellers", `at most ${MOST_SELLERS}`);
  if (sellers.length === 0) return [];
  const unanswered = sql`(${trade.status} = 'LAPSED' OR ${trade.status} = 'PENDING' AND ${trade.answerBy} < ${now})`;
  const open = sql`(${trade.status} = 'PENDING' AND ${trade.answerBy} >= ${now})`;
  return db
    .select({
      seller: trade.seller,
      requests: sql<number>`(count(*) FILTER (WHERE NOT ${open} AND ${trade.status} <> 'CANCELLED'))::int`,
      unanswered: sql<number>`(count(*) FILTER (WHERE ${unanswered}))::int`,
    })
    .from(trade)
    .where(inArray(trade.seller, [...sellers]))
    .groupBy(trade.seller);
}
