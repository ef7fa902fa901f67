/** Answers to the questions in `types.ts`. */

import { db } from "ponder:api";
import { clearedSlot, fill, movement, offer, order, settlement, trade } from "ponder:schema";
import type { Bill } from "@enerlink/edge/graphql";
import { and, eq } from "ponder";
import type { Address } from "viem";
import { type Interval, intervals } from "../../../lib/spans.ts";
import { centreOf } from "../geo.ts";
import { addressOf, between, bounded, meterOf, wrong } from "../input.ts";
import type { Who } from "../limits.ts";
import { type Announcement, announcements, onceFor, rowsOf, type Topic } from "../live.ts";
import { chainTime } from "../now.ts";
import { generatedContext } from "../ponder.ts";
import { candles, orderBook } from "../questions/book.ts";
import { communityEnergy } from "../questions/community.ts";
import { meterEnergy, rangeOf } from "../questions/meter-energy.ts";
import { currentStatus, FARTHEST_KM, nearbyOffers, type Offer, offersByPrice } from "../questions/offers.ts";
import { outlook } from "../questions/outlook.ts";
import { type EnergySpan, STATEMENT_DAYS, type StatementSpan } from "../questions/periods.ts";
import { portfolio } from "../questions/portfolio.ts";
import { statement } from "../questions/statement.ts";
import { marketStatistics, suggestedPrice, theMarket } from "../questions/statistics.ts";
import { answers, energySettled, traded } from "../questions/sums.ts";
import { type Trade, tradeNow } from "../questions/trades.ts";
import type { ListContext } from "./pages.ts";

/** What many rows of one answer need: asked for once. */
export const answerContext = () => ({
  ...generatedContext(),
  now: once(chainTime),
  board: once(theMarket),
  lists: new Map() as ListContext["lists"],
});
type RequestContext = ReturnType<typeof answerContext> & { bill: Bill<Who> };

function once<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let asked: Promise<Value> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}

type NearbyArguments = {
  latitude: number;
  longitude: number;
  maxDistanceKm?: number;
  minWh?: bigint;
  maxWh?: bigint;
  minPrice?: bigint;
  maxPrice?: bigint;
  seller?: string;
  limit: number;
  offset: number;
};

type SettledArguments = { owner?: string; meterId?: string; from: bigint; to?: bigint; seconds: number };

type CalendarArguments<Span> = { from?: bigint; to?: bigint; timeZone: string; groupBy: Span };

type Range<Length> = { interval: Length; from?: bigint; to?: bigint; timeZone: string };

const queries = {
  chainTime,
  orderBook: (_: unknown, { depth }: { depth: number }) => orderBook(depth),
  candles: async (_: unknown, { from, to, ...asked }: Range<Interval> & { empty: boolean }) => {
    const end = to ?? (await chainTime()) + 1n;
    return candles({ ...asked, from: from ?? end - 500n * intervals[asked.interval], to: end });
  },
  offersByPrice,
  nearbyOffers: async (_: unknown, { latitude, longitude, limit, offset, ...asked }: NearbyArguments) => {
    between("limit", limit, 1, 1_000);
    between("offset", offset, 0, 1_000_000);
    const { minPrice, maxPrice, minWh, maxWh } = asked;
    bounded({ minPrice, maxPrice });
    bounded({ minWh, maxWh });
    const found = await nearbyOffers({ latitude, longitude }, asked.maxDistanceKm ?? FARTHEST_KM, {
      ...asked,
      status: "ACTIVE",
      seller: asked.seller === undefined ? undefined : addressOf("seller", asked.seller),
    });
    return found.slice(offset, offset + limit);
  },
  marketStatistics,
  suggestedPrice,
  portfolio: (_: unknown, { address }: { address: string }) => portfolio(addressOf("address", address)),
  communityEnergy: (_: unknown, asked: Range<Interval>) => communityEnergy(asked),
  energySettled: async (_: unknown, { owner, meterId, from, to, seconds }: SettledArguments) => {
    if ((owner === undefined) === (meterId === undefined)) throw wrong("owner", "given, or meterId");
    const of =
      owner === undefined ? { meterId: meterOf("meterId", meterId!) } : { owner: addressOf("owner", owner) };
    return energySettled(of, from, to ?? (await chainTime()), BigInt(seconds));
  },
  traded: async (_: unknown, { account, from, to }: { account: string; from: bigint; to?: bigint }) =>
    traded(addressOf("account", account), from, to ?? (await chainTime()) + 1n),
  answers: async (_: unknown, { sellers }: { sellers: string[] }) =>
    answers(
      sellers.map((seller) => addressOf("sellers", seller)),
      await chainTime(),
    ),
  statement: async (
    _: unknown,
    { account, groupBy, ...asked }: CalendarArguments<StatementSpan> & { account: string },
  ) => statement(addressOf("account", account), await rangeOf(asked, STATEMENT_DAYS), groupBy),
  meterEnergy: async (
    _: unknown,
    { meterId, groupBy, ...asked }: CalendarArguments<EnergySpan> & { meterId: string },
  ) => meterEnergy(meterOf("meterId", meterId), asked, groupBy),
  outlook: (_: unknown, { meterId }: { meterId: string }) => outlook(meterOf("meterId", meterId)),
};

/** A field of what the contract says of a trade now. */
const ofTradeNow =
  (field: (said: Awaited<ReturnType<typeof tradeNow>>) => bigint) =>
  async (row: Trade, _: unknown, { now, board }: RequestContext) =>
    field(await tradeNow(row, { now: await now(), board: await board() }));

export const resolvers = {
  Query: Object.fromEntries(
    Object.entries(queries).map(([name, answer]) => [name, asQuery(answer as Answer)]),
  ),
  offer: {
    currentStatus: async (row: Offer, _: unknown, { now }: RequestContext) => currentStatus(row, await now()),
    latitude: (row: Offer) => centreOf(row.h3Cell).latitude,
    longitude: (row: Offer) => centreOf(row.h3Cell).longitude,
  },
  trade: {
    deliverBy: ofTradeNow(({ deliverBy }) => deliverBy),
    deliverableWh: ofTradeNow(({ deliverableWh }) => deliverableWh),
  },
  Portfolio: {
    account: async ({ address }: { address: Address }) =>
      db.query.account.findFirst({ where: (row, { eq }) => eq(row.id, address) }),
  },
  Subscription: {
    orderMatched: feed("FILLS", async (id) => one(db.select().from(fill).where(eq(fill.id, id)))),
    orderUpdated: feed(
      "ORDERS",
      async (id) => one(db.select().from(order).where(eq(order.id, id))),
      ofAccount(({ owner }: typeof order.$inferSelect) => [owner]),
    ),
    offerCreated: feed("OFFERS", findOffer, undefined, "OfferCreated"),
    offerUpdated: feed("OFFERS", findOffer),
    balanceMoved: feed(
      "BALANCES",
      async (id) => one(db.select().from(movement).where(eq(movement.id, id))),
      ofAccount(({ account }: typeof movement.$inferSelect) => [account]),
    ),
    tradeUpdated: feed(
      "TRADES",
      async (id) =>
        one(
          db
            .select()
            .from(trade)
            .where(eq(trade.id, BigInt(id))),
        ),
      ofAccount(({ buyer, seller }: Trade) => [buyer, seller]),
    ),
    settlementCompleted: feed(
      "SETTLEMENTS",
      async (id) => one(db.select().from(settlement).where(eq(settlement.id, id))),
      ({ meterId }: { meterId?: string | null }) => {
        const id = meterId == null ? undefined : meterOf("meterId", meterId);
        return (row) => id === undefined || row.meterId === id;
      },
    ),
    slotCleared: feed("SLOTS", findSlot, ({ communityId }: { communityId?: number | null }) => {
      return (row) => communityId == null || row.communityId === communityId;
    }),
    statisticsUpdated: {
      subscribe: (_: unknown, __: unknown, { bill }: RequestContext) => statisticsAt(announcements(bill)),
      resolve: (statistics: unknown) => statistics,
    },
  },
};

async function* statisticsAt(batches: ReturnType<typeof announcements>) {
  for await (const news of batches)
    if (news.told.length > 0) yield await onceFor(news, "statistics", marketStatistics);
}

const one = async <Row>(query: PromiseLike<Row[]>): Promise<Row | undefined> => (await query)[0];

function findOffer(id: string) {
  return one(
    db
      .select()
      .from(offer)
      .where(eq(offer.id, BigInt(id))),
  );
}

/** Lets the rows of one account through, or all where none is named. */
function ofAccount<Row>(accountsOf: (row: Row) => Address[]) {
  return ({ address }: { address?: string | null }) => {
    const person = address == null ? undefined : addressOf("address", address);
    return (row: Row) => person === undefined || accountsOf(row).includes(person);
  };
}

/** @param id `<community>-<its end>` */
function findSlot(id: string) {
  const [communityId, slotEnd] = id.split("-") as [string, string];
  return one(
    db
      .select()
      .from(clearedSlot)
      .where(and(eq(clearedSlot.communityId, Number(communityId)), eq(clearedSlot.slotEnd, BigInt(slotEnd)))),
  );
}

/** A subscription to the rows of one topic, or of one of its events, that `filter` lets through. */
function feed<Row, Arguments>(
  topic: Topic,
  find: (id: string) => Promise<Row | undefined>,
  filter: (asked: Arguments) => (row: Row) => boolean = () => () => true,
  event?: string,
) {
  const isMeant = (announced: Announcement) =>
    announced.topic === topic && (event === undefined || announced.event === event);
  async function* wantedRows(rows: AsyncIterable<Row>, wanted: (row: Row) => boolean, context: object) {
    for await (const row of rows) {
      if (!wanted(row)) continue;
      // Each is an answer of its own: what the one before it asked for may have changed.
      Object.assign(context, answerContext());
      yield row;
    }
  }
  return {
    // What is wrong is said at once, not when something happens.
    subscribe: (_: unknown, asked: Arguments, context: RequestContext) => {
      const wanted = filter(asked);
      return wantedRows(rowsOf(isMeant, find, announcements(context.bill)), wanted, context);
    },
    resolve: (row: Row) => row,
  };
}

type Answer = (parent: unknown, given: Record<string, unknown>) => unknown;

/** An argument that is null counts as not given. */
function asQuery(answer: Answer): Answer {
  return (parent, given) =>
    answer(parent, Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)));
}
