import { capitals, realNamesOf, TradeStatus } from "@enerlink/protocol";
import { z } from "zod/mini";
import { integer, itemsOf, seconds, useEveryRow, useIndex } from "../energy-index/index.ts";
import { useChain, useSystem } from "../system/index.ts";
import { coveredOf } from "./covered.ts";
import type { Point } from "./point.ts";

const reputationSchema = z.object({
  promisedWh: integer,
  deliveredWh: integer,
  ratings: z.int(),
  stars: z.int(),
});
export type Reputation = z.infer<typeof reputationSchema>;

const offerSchema = z.object({
  id: z.string(),
  seller: z.string(),
  batteryId: z.string(),
  remainingWh: integer,
  price: integer,
  h3Cell: z.string(),
  availableFrom: seconds,
  availableTo: seconds,
  reputation: z.nullable(reputationSchema),
  battery: z.object({
    storedWh: integer,
    capacityWh: integer,
    debtWh: integer,
    promisedWh: integer,
  }),
});
export type Offer = z.infer<typeof offerSchema>;

const offerFields = `id seller batteryId remainingWh price h3Cell availableFrom availableTo
  reputation { promisedWh deliveredWh ratings stars }
  battery { storedWh capacityWh debtWh promisedWh }`;

/** Kilometres, milli-IDR per kWh and Wh; what is not set is not asked. */
export type OfferFilter = { maxDistanceKm?: number; maxPrice?: string; minWh?: string };

/** As many offers are asked for around a point. */
export const MOST_OFFERS = 200;
const NEARBY_OFFERS = `query (
  $latitude: Float!, $longitude: Float!, $maxDistanceKm: Float, $maxPrice: BigInt, $minWh: BigInt
) {
  nearbyOffers(
    latitude: $latitude, longitude: $longitude, maxDistanceKm: $maxDistanceKm, maxPrice: $maxPrice, minWh: $minWh, limit: ${MOST_OFFERS}
  ) { distanceKm offer { ${offerFields} } }
}`;

/** What is on offer around a point, nearest first; the distance is the one to the centre of the offer's cell. */
export const useOffersAround = (point: Point | undefined, filter: OfferFilter) =>
  useIndex(
    NEARBY_OFFERS,
    point && { ...point, ...filter },
    z.pipe(
      z.object({ nearbyOffers: z.array(z.object({ distanceKm: z.number(), offer: offerSchema })) }),
      z.transform(({ nearbyOffers }) =>
        nearbyOffers.map(({ distanceKm, offer }) => ({ ...offer, distanceKm, coveredWh: coveredOf(offer) })),
      ),
    ),
  );
/** `coveredWh` is what of the offer can be had. */
export type PlacedOffer = Offer & { distanceKm: number; coveredWh: bigint };

const answersSchema = z.object({ seller: z.string(), requests: z.int(), unanswered: z.int() });
export type Answers = z.infer<typeof answersSchema>;

const ANSWERS = `query ($sellers: [String!]!) { answers(sellers: $sellers) { seller requests unanswered } }`;

/** How sellers answered what was asked of them; who was never asked is not among them. */
export const useAnswers = (sellers: readonly string[] | undefined) =>
  useIndex(
    ANSWERS,
    sellers && { sellers: [...new Set(sellers)].toSorted() },
    z.pipe(
      z.object({ answers: z.array(answersSchema) }),
      z.transform(({ answers }) => answers),
    ),
  );

const ownOfferSchema = z.extend(offerSchema, { currentStatus: z.enum(["ACTIVE", "EXPIRED"]) });
export type OwnOffer = z.infer<typeof ownOfferSchema>;

const OWN_OFFERS = `query ($seller: String!, $after: String) {
  list: offers(
    where: { seller: $seller, status: ACTIVE }
    orderBy: "createdAt", orderDirection: "desc", limit: 100, after: $after
  ) {
    items { ${offerFields} currentStatus }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** All of a seller's offers that nobody ended yet, newest first. */
export const useOwnOffers = (seller: string) =>
  useEveryRow(OWN_OFFERS, { seller: seller.toLowerCase() }, ownOfferSchema);

const tradeFields = `id offerId buyer seller wattHours deliveredWh price availableFrom availableTo answerBy deliverBy status requestedAt
  ratings { items { rater stars } }`;

const tradeSchema = z.object({
  id: z.string(),
  offerId: z.string(),
  buyer: z.string(),
  seller: z.string(),
  wattHours: integer,
  deliveredWh: integer,
  price: integer,
  availableFrom: seconds,
  availableTo: seconds,
  answerBy: seconds,
  deliverBy: seconds,
  status: z.enum(capitals(realNamesOf(TradeStatus))),
  requestedAt: seconds,
  ratings: z.object({ items: z.array(z.object({ rater: z.string(), stars: z.int() })) }),
});
export type Trade = z.infer<typeof tradeSchema>;

const OPEN_TRADES = `query ($account: String!, $after: String) {
  list: trades(
    where: { OR: [{ buyer: $account }, { seller: $account }], status_in: [PENDING, ACCEPTED] }
    orderBy: "requestedAt", orderDirection: "desc", limit: 100, after: $after
  ) {
    items { ${tradeFields} }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** All requests that an account made or got and that are not over, newest first. */
export const useOpenTrades = (account: string | undefined) =>
  useEveryRow(
    OPEN_TRADES,
    account === undefined ? undefined : { account: account.toLowerCase() },
    tradeSchema,
  );

/** As many of the trades that are over are shown. */
export const LATEST_TRADES = 50;
const PAST_TRADES = `query ($account: String!) {
  trades(
    where: { OR: [{ buyer: $account }, { seller: $account }], status_not_in: [PENDING, ACCEPTED] }
    orderBy: "requestedAt", orderDirection: "desc", limit: ${LATEST_TRADES}
  ) { items { ${tradeFields} } }
}`;

/** The latest of an account's trades that are over, newest first. */
export const usePastTrades = (account: string | undefined) =>
  useIndex(
    PAST_TRADES,
    account === undefined ? undefined : { account: account.toLowerCase() },
    itemsOf("trades", tradeSchema),
  );

/** What of an accepted trade was metered and could be handed over now, Wh. */
export function useDeliverable(tradeId: string | undefined) {
  const { market } = useSystem();
  return useChain(
    ["deliverable", tradeId],
    tradeId === undefined ? undefined : () => market.read.deliverable([BigInt(tradeId)]),
  );
}

/** The board's switch and lowest price (price units). */
export function useBoard() {
  const { market } = useSystem();
  return useChain(["board"], async () => {
    const [[, paused], minimumPrice] = await Promise.all([market.read.paused(), market.read.minimumPrice()]);
    return { paused, minimumPrice: BigInt(minimumPrice) };
  });
}

/** What a battery can still promise, Wh: what is stored, at most its capacity, less debt and open promises. */
export function useFreeToPromise(battery: { id: string; capacityWh: bigint } | undefined) {
  const { market, converter } = useSystem();
  return useChain(
    ["promisable", battery?.id],
    battery &&
      (async () => {
        const id = battery.id as `0x${string}`;
        const [promisedWh, [, , debtWh, storedWh]] = await Promise.all([
          market.read.promised([id]),
          converter.read.settled([id]),
        ]);
        const covered = (storedWh < battery.capacityWh ? storedWh : battery.capacityWh) - debtWh - promisedWh;
        return covered > 0n ? covered : 0n;
      }),
  );
}
