/** What announcements are about: for each its row as it is now, and which accounts it concerns. */
import { db } from "ponder:api";
import {
  change,
  clearedSlot,
  fill,
  meter,
  movement,
  offer,
  order,
  settlement,
  skippedReport,
  slotShare,
  trade,
} from "ponder:schema";
import { inArray } from "ponder";
import type { Address } from "viem";
import type { Announcement, News, Topic } from "../live.ts";
import { onceFor } from "../live.ts";

/** Each topic's rows. */
export type Rows = {
  ORDERS: typeof order.$inferSelect;
  FILLS: typeof fill.$inferSelect;
  OFFERS: typeof offer.$inferSelect;
  TRADES: typeof trade.$inferSelect;
  SETTLEMENTS: typeof settlement.$inferSelect;
  SKIPS: typeof skippedReport.$inferSelect;
  SLOTS: typeof clearedSlot.$inferSelect;
  BALANCES: typeof movement.$inferSelect;
  CHANGES: typeof change.$inferSelect;
};

export type Subject<Name extends Topic = Topic> = {
  [T in Name]: { topic: T; row: Rows[T]; accounts: readonly (Address | null)[] };
}[Name];

/** What is found under a topic's subjects. */
type Found<Name extends Topic> = Map<string, { row: Rows[Name]; accounts: readonly (Address | null)[] }>;
type Find<Name extends Topic> = (subjects: string[]) => Promise<Found<Name>>;

function foundBy<Row extends object>(
  rows: readonly Row[],
  subjectOf: (row: Row) => unknown,
  accountsOf: (row: Row) => readonly (Address | null | undefined)[],
) {
  const entry = (row: Row) => {
    const accounts = accountsOf(row).map((account) => account ?? null);
    return [String(subjectOf(row)), { row, accounts }] as const;
  };
  return new Map(rows.map(entry));
}

async function ownersOf(meterIds: readonly (Address | null)[]) {
  const ids = [...new Set(meterIds.filter((id) => id !== null))];
  const rows =
    ids.length === 0
      ? []
      : await db.select({ id: meter.id, owner: meter.owner }).from(meter).where(inArray(meter.id, ids));
  return new Map(rows.map(({ id, owner }) => [id, owner]));
}

const slotKey = (row: { communityId: number; slotEnd: bigint }) => `${row.communityId}-${row.slotEnd}`;

const finders: { [Name in Topic]: Find<Name> } = {
  ORDERS: async (ids) =>
    foundBy(
      await db.select().from(order).where(inArray(order.id, ids)),
      ({ id }) => id,
      ({ owner }) => [owner],
    ),
  FILLS: async (ids) =>
    foundBy(
      await db.select().from(fill).where(inArray(fill.id, ids)),
      ({ id }) => id,
      ({ buyer, seller }) => [buyer, seller],
    ),
  OFFERS: async (ids) =>
    foundBy(
      await db
        .select()
        .from(offer)
        .where(inArray(offer.id, ids.map(BigInt))),
      ({ id }) => id,
      ({ seller }) => [seller],
    ),
  TRADES: async (ids) =>
    foundBy(
      await db
        .select()
        .from(trade)
        .where(inArray(trade.id, ids.map(BigInt))),
      ({ id }) => id,
      ({ buyer, seller }) => [buyer, seller],
    ),
  SETTLEMENTS: async (ids) =>
    foundBy(
      await db.select().from(settlement).where(inArray(settlement.id, ids)),
      ({ id }) => id,
      ({ owner }) => [owner],
    ),
  SKIPS: async (ids) => {
    const rows = await db.select().from(skippedReport).where(inArray(skippedReport.id, ids));
    const owners = await ownersOf(rows.map(({ meterId }) => meterId));
    return foundBy(
      rows,
      ({ id }) => id,
      ({ meterId }) => [owners.get(meterId)],
    );
  },
  SLOTS: async (keys) => {
    const ends = [...new Set(keys.map((key) => BigInt(key.split("-")[1]!)))];
    const rows = await db.select().from(clearedSlot).where(inArray(clearedSlot.slotEnd, ends));
    const shares = await db
      .select({
        communityId: slotShare.communityId,
        slotEnd: slotShare.slotEnd,
        account: slotShare.account,
      })
      .from(slotShare)
      .where(inArray(slotShare.slotEnd, ends));
    const members = Map.groupBy(shares, slotKey);
    return foundBy(rows, slotKey, (row) => members.get(slotKey(row))?.map(({ account }) => account) ?? []);
  },
  BALANCES: async (ids) =>
    foundBy(
      await db.select().from(movement).where(inArray(movement.id, ids)),
      ({ id }) => id,
      ({ account }) => [account],
    ),
  CHANGES: async (ids) => {
    const rows = await db.select().from(change).where(inArray(change.id, ids));
    const owners = await ownersOf(rows.map(({ meterId }) => meterId));
    return foundBy(
      rows,
      ({ id }) => id,
      ({ meterId }) => [meterId === null ? undefined : owners.get(meterId)],
    );
  },
};

/** What each announcement of `topics` is about, in order; without those that a reorganisation took meanwhile. */
export async function subjectsOf(
  news: News,
  topics: ReadonlySet<Topic>,
): Promise<{ announced: Announcement; subject: Subject }[]> {
  const wanted = news.told.filter(({ topic }) => topics.has(topic));
  const byTopic = Map.groupBy(wanted, ({ topic }) => topic);
  const found = new Map<Topic, Found<Topic>>();
  for (const [topic, announced] of byTopic) {
    const subjects = [...new Set(announced.map(({ subject }) => subject))];
    // The table is this topic's.
    const find = finders[topic] as Find<Topic>;
    found.set(topic, await onceFor(news, topic, () => find(subjects)));
  }
  return wanted.flatMap((announced) => {
    const { topic, subject } = announced;
    const about = found.get(topic)?.get(subject);
    return about ? [{ announced, subject: { topic, ...about } as Subject }] : [];
  });
}
