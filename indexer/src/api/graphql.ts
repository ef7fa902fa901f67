/** `/graphql`: the generated tables, the market's own questions, and subscriptions over server-sent events. */

import { db } from "ponder:api";
import { fill, offer, settlement, trade } from "ponder:schema";
import { maxAliasesPlugin } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthPlugin } from "@escape.tech/graphql-armor-max-depth";
import { maxTokensPlugin } from "@escape.tech/graphql-armor-max-tokens";
import { mergeSchemas } from "@graphql-tools/schema";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import { createGraphQLError, createYoga } from "graphql-yoga";
import { eq } from "ponder";
import type { Address } from "viem";
import { readSettings } from "../../lib/settings.ts";
import { generatedContext, generatedSchema } from "./generated.ts";
import { centreOf } from "./geo.ts";
import { addressOf, between, InputError } from "./input.ts";
import { announcements, subjects, type Topic } from "./live.ts";
import { chainTime } from "./now.ts";
import { candles, type Interval, intervals, orderBook } from "./questions/book.ts";
import { communityEnergy } from "./questions/community.ts";
import {
  currentStatus,
  deliverBy,
  FARTHEST_KM,
  nearbyOffers,
  type Offer,
  type Trade,
} from "./questions/offers.ts";
import { portfolio } from "./questions/portfolio.ts";
import { marketStatistics, suggestedPrice } from "./questions/statistics.ts";

const { nodeEnv } = readSettings();
const DAY = 86_400n;

const typeDefs = /* GraphQL */ `
  type Query {
    "The chain's time, unix seconds: that of the newest indexed block. Expiry is judged by it."
    chainTime: BigInt!
    "The best levels of both sides, best first."
    orderBook(depth: Int = 20): OrderBook!
    "Prices per span, oldest first; spans without a fill are left out. Unix seconds; the last 500 spans unless told."
    candles(interval: interval = QUARTER_HOUR, from: BigInt, to: BigInt): [priceCandle!]!
    "Open offers around a point, nearest first, then cheapest."
    nearbyOffers(
      latitude: Float!
      longitude: Float!
      "At most, and unless told, ENERGY_TRADING_MAX_DISTANCE."
      maxDistanceKm: Float
      "Least and most that remains, Wh."
      minWh: BigInt
      maxWh: BigInt
      "milli-IDR per kWh."
      minPrice: BigInt
      maxPrice: BigInt
      seller: String
      limit: Int = 50
      offset: Int = 0
    ): [NearbyOffer!]!
    marketStatistics: MarketStatistics!
    "A price to start from, and what it rests on."
    suggestedPrice: SuggestedPrice!
    "Everything that one address has in EnerLink."
    portfolio(address: String!): Portfolio!
    "What all meters but the grid's settled, window by window; unix seconds, the last seven days unless told."
    communityEnergy(from: BigInt, to: BigInt, interval: interval = QUARTER_HOUR): CommunityEnergy!
  }

  type Subscription {
    "Orders were matched."
    orderMatched: fill!
    offerCreated: offer!
    "A trade was requested, answered, delivered in part, completed or ended."
    tradeUpdated(address: String): trade!
    settlementCompleted(meterId: String): settlement!
    "The market's numbers, whenever something above changed them."
    statisticsUpdated: MarketStatistics!
  }

  extend type offer {
    "The status at the chain's time: what is over is EXPIRED although no event says so yet."
    currentStatus: offerStatus!
    "Centre of the cell, degrees."
    latitude: Float!
    longitude: Float!
  }

  extend type trade {
    "Until when delivery is paid, pauses of the board included, unix seconds."
    deliverBy: BigInt!
  }

  type BookLevel {
    "IDR/kWh."
    tick: Int!
    wattHours: BigInt!
    "How many orders rest there."
    orders: Int!
    "What rests there and at better levels, Wh."
    totalWh: BigInt!
  }

  "Ticks in IDR/kWh."
  type OrderBook {
    bids: [BookLevel!]!
    asks: [BookLevel!]!
    bestBid: Int
    bestAsk: Int
    spread: Int
  }

  type NearbyOffer {
    offer: offer!
    "To the centre of the offer's cell."
    distanceKm: Float!
    "How far the place can be from that centre."
    uncertaintyKm: Float!
    "That centre, degrees."
    latitude: Float!
    longitude: Float!
  }

  "Energy in Wh, money in IDRS base units, prices in milli-IDR per kWh, ticks in IDR per kWh; 24h is the last day."
  type MarketStatistics {
    timestamp: BigInt!
    bookPaused: Boolean!
    boardPaused: Boolean!
    minimumPrice: BigInt!
    lastTick: Int
    bestBid: Int
    bestAsk: Int
    spread: Int
    open24h: Int
    high24h: Int
    low24h: Int
    volume24hWh: BigInt!
    value24hIdrs: BigInt!
    fills24h: Int!
    "Volume-weighted."
    averagePrice24h: BigInt
    openOrders: Int!
    activeOffers: Int!
    totalOffers: Int!
    pendingTrades: Int!
    totalTrades: Int!
    completedTrades: Int!
    fills: Int!
    deliveries: Int!
    filledWh: BigInt!
    deliveredWh: BigInt!
    "Of book and board."
    tradedWh: BigInt!
    tradedIdrs: BigInt!
    averagePrice: BigInt
    mintedWh: BigInt!
    burnedWh: BigInt!
    "Energy traded per energy minted; more than 1 when it changes hands again."
    tradedShare: Float
  }

  "milli-IDR per kWh."
  type SuggestedPrice {
    price: BigInt!
    "Of the last day's trades."
    average: BigInt
    "Half-way between the best bid and the best ask."
    middle: BigInt
    "What the grid asks; never exceeded."
    tariff: BigInt!
    minimum: BigInt!
    "What the community exported and imported in the last day, Wh: scarcity moves the price by up to a tenth."
    exportedWh: BigInt!
    importedWh: BigInt!
  }

  type Portfolio {
    address: String!
    walletWh: BigInt!
    walletIdrs: BigInt!
    "Free trading balance."
    tradingWh: BigInt!
    tradingIdrs: BigInt!
    "In open orders."
    ordersWh: BigInt!
    ordersIdrs: BigInt!
    "Held for trades as a buyer."
    escrowIdrs: BigInt!
    "All of these together."
    energyWh: BigInt!
    idrs: BigInt!
    "With energy at the last price; null before the first fill."
    valueIdrs: BigInt
    boughtWh: BigInt!
    spentIdrs: BigInt!
    averageBuyPrice: BigInt
    soldWh: BigInt!
    earnedIdrs: BigInt!
    averageSellPrice: BigInt
    "Of all its meters."
    debtWh: BigInt!
    meters: Int!
    openOrders: Int!
    activeOffers: Int!
    openTrades: Int!
    account: account
  }

  type CommunityWindow {
    "Unix seconds."
    start: BigInt!
    exportedWh: BigInt!
    importedWh: BigInt!
    "The lesser of both: what neighbours can have shared."
    sharedWh: BigInt!
    "Its part of the import, 0 to 1; null without import."
    selfSufficiency: Float
  }

  type CommunityEnergy {
    exportedWh: BigInt!
    importedWh: BigInt!
    "Summed over the windows."
    sharedWh: BigInt!
    selfSufficiency: Float
    "Its part of the export, 0 to 1."
    selfConsumption: Float
    windows: [CommunityWindow!]!
  }
`;

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

type Range<Length> = { interval: Length; from?: bigint; to?: bigint };

const resolvers = {
  Query: {
    chainTime,
    orderBook: (_: unknown, { depth }: { depth: number }) => orderBook(depth),
    candles: async (_: unknown, { interval, from, to }: Range<Interval>) => {
      const end = to ?? (await chainTime());
      return candles(interval, from ?? end - 500n * intervals[interval], end);
    },
    nearbyOffers: async (_: unknown, { latitude, longitude, limit, offset, ...asked }: NearbyArguments) => {
      between("limit", limit, 1, 1_000);
      between("offset", offset, 0, 1_000_000);
      const found = await nearbyOffers({ latitude, longitude }, asked.maxDistanceKm ?? FARTHEST_KM, {
        ...asked,
        status: "open",
        seller: asked.seller === undefined ? undefined : addressOf("seller", asked.seller),
      });
      return found.slice(offset, offset + limit);
    },
    marketStatistics,
    suggestedPrice,
    portfolio: (_: unknown, { address }: { address: string }) => portfolio(addressOf("address", address)),
    communityEnergy: async (_: unknown, { interval, from, to }: Range<Interval>) => {
      if (interval !== "QUARTER_HOUR" && interval !== "DAY")
        throw new InputError("interval", "QUARTER_HOUR or DAY");
      const end = to ?? (await chainTime());
      return communityEnergy(from ?? end - 7n * DAY, end, interval);
    },
  },
  offer: {
    currentStatus: async (row: Offer) => currentStatus(row, await chainTime()),
    latitude: (row: Offer) => centreOf(row.h3Cell).latitude,
    longitude: (row: Offer) => centreOf(row.h3Cell).longitude,
  },
  trade: { deliverBy: async (row: Trade) => deliverBy(row, await chainTime()) },
  Portfolio: {
    account: async ({ address }: { address: Address }) =>
      db.query.account.findFirst({ where: (row, { eq }) => eq(row.id, address) }),
  },
  Subscription: {
    orderMatched: feed("ORDER_MATCHED", async (id) => one(db.select().from(fill).where(eq(fill.id, id)))),
    offerCreated: feed("OFFER_CREATED", async (id) =>
      one(
        db
          .select()
          .from(offer)
          .where(eq(offer.id, BigInt(id))),
      ),
    ),
    tradeUpdated: feed(
      "TRADE_UPDATED",
      async (id) =>
        one(
          db
            .select()
            .from(trade)
            .where(eq(trade.id, BigInt(id))),
        ),
      ({ buyer, seller }, { address }: { address?: string }) =>
        address === undefined || [buyer, seller].includes(addressOf("address", address)),
    ),
    settlementCompleted: feed(
      "SETTLEMENT_COMPLETED",
      async (id) => one(db.select().from(settlement).where(eq(settlement.id, id))),
      (row, { meterId }: { meterId?: string }) =>
        meterId === undefined || row.meterId === meterId.toLowerCase(),
    ),
    statisticsUpdated: {
      async *subscribe() {
        for await (const _ of announcements()) yield await marketStatistics();
      },
      resolve: (statistics: unknown) => statistics,
    },
  },
};

const one = async <Row>(query: PromiseLike<Row[]>): Promise<Row | undefined> => (await query)[0];

/** A subscription to the rows of one topic that `wanted` lets through. A row that a reorganisation took is left out. */
function feed<Row, Arguments>(
  topic: Topic,
  find: (id: string) => Promise<Row | undefined>,
  wanted: (row: Row, asked: Arguments) => boolean = () => true,
) {
  return {
    async *subscribe(_: unknown, asked: Arguments) {
      for await (const id of subjects(topic)) {
        const row = await find(id);
        if (row && wanted(row, asked)) yield row;
      }
    },
    resolve: (row: Row) => row,
  };
}

const yoga = createYoga({
  graphqlEndpoint: "/graphql",
  schema: mergeSchemas({ schemas: [generatedSchema], typeDefs, resolvers: withClearErrors(resolvers) }),
  context: generatedContext,
  // An offline copy of the page, for developers.
  graphiql: nodeEnv === "production" ? false : { title: "EnerLink" },
  renderGraphiQL,
  maskedErrors: nodeEnv === "production",
  logging: false,
  landingPage: false,
  plugins: [
    maxTokensPlugin({ n: 2_000 }),
    maxDepthPlugin({ n: 20, ignoreIntrospection: true }),
    maxAliasesPlugin({ n: 30, allowList: [] }),
  ],
});

export const handleGraphql = (request: Request) => yoga.fetch(request, {});

/** Tells a client which argument was wrong, also where other errors are masked. */
function withClearErrors(map: Record<string, Record<string, unknown>>) {
  const clear = (value: unknown): unknown =>
    typeof value === "function"
      ? async (...given: unknown[]) => {
          try {
            return await value(...given);
          } catch (error) {
            if (!(error instanceof InputError)) throw error;
            throw createGraphQLError(error.message, {
              extensions: { code: "BAD_USER_INPUT", field: error.field },
            });
          }
        }
      : value;
  const { Query, ...others } = map;
  return {
    ...others,
    Query: Object.fromEntries(Object.entries(Query!).map(([name, value]) => [name, clear(value)])),
  };
}
