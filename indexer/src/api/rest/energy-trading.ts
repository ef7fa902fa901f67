/** `/energy-trading`: located offers, trades and their deliveries. */

import { db } from "ponder:api";
import { energyTransaction, meter, offer, rating, trade } from "ponder:schema";
import { invalid, Problem } from "@enerlink/edge";
import { answerCsv, makeRoutes, onlyThese, tableOf } from "@enerlink/edge/rest";
import { energyMarketAbi, formatIdr, formatKwh, formatPrice, meterId } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { getResolution, latLngToCell } from "h3-js";
import { and, eq, or } from "ponder";
import { type Address, getAddress } from "viem";
import { readSettings } from "../../../lib/settings.ts";
import { client, contracts, energyTokenAbi, marketAbi } from "../chain.ts";
import { bounded } from "../input.ts";
import { chainTime } from "../now.ts";
import { notFound } from "../problem.ts";
import {
  FARTHEST_KM,
  nearbyOffers,
  type Offer as OfferRow,
  offersByPrice,
  offersWhere,
} from "../questions/offers.ts";
import { clockNow, marketStatistics } from "../questions/statistics.ts";
import { offerOf, ofPrice, ratingOf, tradeOf, transactionOf } from "./format.ts";
import { answerList } from "./lists.ts";
import { answerNear } from "./nearby.ts";
import { approvalNote } from "./outcome.ts";
import { prepare } from "./prepare.ts";
import { inRange } from "./ranges.ts";
import { FINDS_AND_PREPARES, PREPARES, route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { senderOf, senders } from "./senders.ts";
import { isoOf } from "./times.ts";

const { tradingEnabled } = readSettings();
const TAG = "Energy trading";
const market = { to: contracts.energyMarket, abi: marketAbi };

const upper = <Name extends string>(name: Name) => name.toUpperCase() as Uppercase<Name>;
const byId = z.object({ id: schemas.number });
const location = onlyThese({ latitude: schemas.degrees(90), longitude: schemas.degrees(180) });

export const energyTrading = makeRoutes();

energyTrading.use("*", async (_, next) => {
  if (!tradingEnabled)
    throw new Problem(503, "Switched off", "Energy trading is off: ENABLE_ENERGY_TRADING is false");
  await next();
});

// ------------------------------------------------------------------------------------------------- offers

energyTrading.openapi(
  route(
    "get",
    "/offers",
    TAG,
    "Offers; by distance where a point is given, else newest first",
    schemas.pageOf(schemas.Offer),
    {
      query: z.object({
        latitude: schemas.filter(schemas.degrees(90), "Of the point to look around; with `longitude`"),
        longitude: schemas.filter(schemas.degrees(180), "Of the point to look around; with `latitude`"),
        maxDistanceKm: schemas
          .distance(FARTHEST_KM)
          .optional()
          .openapi({ description: `From that point, km, 0 to ${FARTHEST_KM}; ${FARTHEST_KM} unless given` }),
        maxDistance: schemas
          .distance(FARTHEST_KM)
          .optional()
          .openapi({ description: "The same as `maxDistanceKm`; that one unless given" }),
        minPrice: schemas.filter(schemas.priceFromZero, "Least price, IDR/kWh"),
        maxPrice: schemas.filter(schemas.priceFromZero, "Highest price, IDR/kWh"),
        minEnergy: schemas.filter(schemas.energyFromZero, "Least that remains, kWh"),
        maxEnergy: schemas.filter(schemas.energyFromZero, "Most that remains, kWh"),
        sellerId: schemas.filter(schemas.address),
        status: schemas
          .oneOf([...schemas.offerStatuses, "any"])
          .default("active")
          .openapi({ description: `${schemas.ANY_CASE}. ${schemas.OFFER_STATUSES}` }),
        ...schemas.page,
      }),
      list: true,
    },
  ),
  async (context) => {
    const { latitude, longitude, maxDistance, status, limit, offset, before, format, ...asked } =
      context.req.valid("query");
    const page = { limit, offset, before, format };
    const maxDistanceKm = asked.maxDistanceKm ?? maxDistance;
    if (maxDistance !== undefined && maxDistance !== maxDistanceKm)
      throw invalid([{ field: "maxDistance", message: "must be the same as maxDistanceKm" }]);
    const { minPrice, maxPrice, minEnergy, maxEnergy } = asked;
    bounded({ minPrice, maxPrice });
    bounded({ minEnergy, maxEnergy });
    const filter = {
      status: status === "any" ? undefined : upper(status),
      ...{ minPrice, maxPrice, minWh: minEnergy, maxWh: maxEnergy },
      seller: asked.sellerId,
    };
    const now = await chainTime();
    if (latitude === undefined && longitude === undefined) {
      if (maxDistanceKm !== undefined)
        throw invalid([{ field: "latitude", message: "is needed for a distance" }]);
      const show = (row: OfferRow) => offerOf(row, now);
      const list = { name: "offers", item: schemas.Offer, table: offer, by: ["id"] } as const;
      return answerList(context, { ...list, where: offersWhere(filter, now), show }, page);
    }
    if (latitude === undefined || longitude === undefined) {
      const field = latitude === undefined ? "latitude" : "longitude";
      throw invalid([{ field, message: "is needed: a point has latitude and longitude" }]);
    }
    const point = { latitude, longitude };
    const found = await nearbyOffers(point, maxDistanceKm ?? FARTHEST_KM, filter);
    return answerNear(context, point, found, now, page);
  },
);

energyTrading.openapi(
  route(
    "get",
    "/offer-prices",
    TAG,
    "What can be bought of open offers at each price, cheapest first: the 1000 lowest prices",
    z.object({ items: z.array(schemas.OfferLevel) }),
    { query: z.object({ format: schemas.format }), csv: true },
  ),
  async (context) => {
    const items = (await offersByPrice()).map(({ price, wattHours, offers, totalWh }) => ({
      pricePerKwh: formatPrice(price),
      energyAmount: formatKwh(wattHours),
      totalEnergy: formatKwh(totalWh),
      offers,
    }));
    return context.req.valid("query").format === "csv"
      ? answerCsv(context, "offer-prices", tableOf(schemas.OfferLevel, items))
      : context.json({ items }, 200);
  },
);

energyTrading.openapi(
  route("post", "/offers", TAG, "Offer energy of an own battery", schemas.TransactionToSign, {
    body: z.object({
      ...senders("sellerId"),
      batteryId: schemas.meterName,
      energyAmount: schemas.energy,
      pricePerKwh: schemas.offerPrice,
      location: location
        .optional()
        .openapi({ description: "A point in the battery's cell; that cell unless given" }),
      availableFrom: schemas.time
        .optional()
        .openapi({ description: `${schemas.TIME_FORMS}; now unless given` }),
      availableTo: schemas.time.openapi({ description: `At most seven days ahead. ${schemas.TIME_FORMS}` }),
    }),
    may: PREPARES,
  }),
  async (context) => {
    const asked = context.req.valid("json");
    const id = meterId(asked.batteryId);
    const [battery] = await db.select().from(meter).where(eq(meter.id, id));
    if (!battery) throw invalid([{ field: "batteryId", message: "must be a registered battery" }]);
    const cell = asked.location
      ? latLngToCell(asked.location.latitude, asked.location.longitude, getResolution(battery.h3Cell))
      : battery.h3Cell;
    const from = asked.availableFrom ?? (await chainTime());
    const { energyAmount: wattHours, pricePerKwh: price, availableTo } = asked;
    const seller = senderOf(asked);
    const note = await noteTo(seller, wattHours);
    return context.json(
      await prepare({
        ...market,
        from: seller,
        functionName: "createOffer",
        args: [id, Number(wattHours), Number(price), BigInt(`0x${cell}`), Number(from), Number(availableTo)],
        effect: (offerId) =>
          `Offers ${formatKwh(wattHours)} kWh of ${asked.batteryId} at ${formatPrice(price)} IDR/kWh until ${isoOf(availableTo)} as offer ${offerId}${note}`,
        result: (offerId) => ({ offerId: String(offerId) }),
      }),
      200,
    );
  },
);

energyTrading.openapi(
  route("get", "/offers/{id}", TAG, "One offer", schemas.Offer, { params: byId, may: [404] }),
  async (context) =>
    context.json(offerOf(await findOffer(context.req.valid("param").id), await chainTime()), 200),
);

energyTrading.openapi(
  route(
    "put",
    "/offers/{id}",
    TAG,
    "Change an own offer; what is not given stays",
    schemas.TransactionToSign,
    {
      params: byId,
      body: z.object({
        ...senders("sellerId"),
        energyAmount: schemas.energy
          .optional()
          .openapi({ description: "What shall remain offered, kWh; what remains unless given" }),
        pricePerKwh: schemas.offerPrice.optional().openapi({ description: "IDR/kWh; as it is unless given" }),
        availableTo: schemas.time
          .optional()
          .openapi({ description: `${schemas.TIME_FORMS}; as it is unless given` }),
      }),
      may: FINDS_AND_PREPARES,
    },
  ),
  async (context) => {
    const asked = context.req.valid("json");
    const from = senderOf(asked);
    const row = await findOffer(context.req.valid("param").id);
    const wattHours = asked.energyAmount ?? row.remainingWh;
    const price = asked.pricePerKwh ?? row.price;
    const availableTo = asked.availableTo ?? row.availableTo;
    return context.json(
      await prepare({
        ...market,
        from,
        functionName: "updateOffer",
        args: [row.id, Number(wattHours), Number(price), Number(availableTo)],
        effect: () =>
          `Offer ${row.id} will hold ${formatKwh(wattHours)} kWh at ${formatPrice(price)} IDR/kWh until ${isoOf(availableTo)}`,
      }),
      200,
    );
  },
);

energyTrading.openapi(
  route("delete", "/offers/{id}", TAG, "Take an own offer back", schemas.TransactionToSign, {
    params: byId,
    query: z.object(senders("sellerId")),
    may: FINDS_AND_PREPARES,
  }),
  async (context) => {
    const from = senderOf(context.req.valid("query"));
    const { id } = await findOffer(context.req.valid("param").id);
    return context.json(
      await prepare({
        ...market,
        from,
        functionName: "cancelOffer",
        args: [id],
        effect: () => `Takes offer ${id} back; accepted trades stay`,
      }),
      200,
    );
  },
);

async function findOffer(id: bigint): Promise<OfferRow> {
  const [row] = await db.select().from(offer).where(eq(offer.id, id));
  if (!row) throw notFound("offer", String(id));
  return row;
}

// ------------------------------------------------------------------------------------------------- trades

energyTrading.openapi(
  route("get", "/trades", TAG, "Trades, newest first", schemas.pageOf(schemas.Trade), {
    query: z.object({
      offerId: schemas.filter(schemas.number),
      buyerId: schemas.filter(schemas.address),
      sellerId: schemas.filter(schemas.address),
      participantId: schemas.filter(schemas.address, "Buyer or seller"),
      status: schemas.filter(schemas.oneOf(schemas.tradeStatuses), schemas.ANY_CASE),
      ...schemas.page,
    }),
    list: true,
  }),
  async (context) => {
    const { offerId, buyerId, sellerId, participantId, status, ...page } = context.req.valid("query");
    const where = and(
      offerId === undefined ? undefined : eq(trade.offerId, offerId),
      buyerId === undefined ? undefined : eq(trade.buyer, buyerId),
      sellerId === undefined ? undefined : eq(trade.seller, sellerId),
      participantId === undefined
        ? undefined
        : or(eq(trade.buyer, participantId), eq(trade.seller, participantId)),
      status === undefined ? undefined : eq(trade.status, upper(status)),
    );
    const list = { name: "trades", item: schemas.Trade, table: trade, by: ["id"] } as const;
    const clock = await clockNow();
    return answerList(context, { ...list, where, show: (row) => tradeOf(row, clock) }, page);
  },
);

energyTrading.openapi(
  route(
    "post",
    "/trades",
    TAG,
    "Ask for a part of an offer; its price is held until delivery",
    schemas.TransactionToSign,
    {
      body: z.object({
        ...senders("buyerId"),
        offerId: schemas.numberOrText,
        energyAmount: schemas.energy
          .optional()
          .openapi({ description: "kWh; all that remains unless given" }),
        pricePerKwh: schemas.offerPrice
          .optional()
          .openapi({ description: "The price that the buyer saw; the offer's unless given" }),
        availableTo: schemas.time.optional().openapi({
          description: `The end that the buyer saw; the offer's unless given. ${schemas.TIME_FORMS}`,
        }),
        permit: schemas.permit,
      }),
      may: FINDS_AND_PREPARES,
    },
  ),
  async (context) => {
    const { offerId, energyAmount, pricePerKwh, availableTo, permit, ...asked } = context.req.valid("json");
    const from = senderOf(asked);
    const row = await findOffer(offerId);
    const wattHours = energyAmount ?? row.remainingWh;
    const price = pricePerKwh ?? row.price;
    return context.json(
      await prepare({
        ...market,
        from,
        permit,
        pulls: ["IDRS"],
        functionName: "requestTrade",
        args: [offerId, Number(wattHours), Number(price), Number(availableTo ?? row.availableTo)],
        effect: (tradeId) =>
          `Asks for ${formatKwh(wattHours)} kWh of offer ${offerId} as trade ${tradeId} and holds ${formatIdr(wattHours * price)} IDR`,
        result: (tradeId) => ({ tradeId: String(tradeId) }),
      }),
      200,
    );
  },
);

energyTrading.openapi(
  route("get", "/trades/{id}", TAG, "One trade", schemas.Trade, { params: byId, may: [404] }),
  async (context) =>
    context.json(await tradeOf(await findTrade(context.req.valid("param").id), await clockNow()), 200),
);

energyTrading.openapi(
  route(
    "put",
    "/trades/{id}/status",
    TAG,
    "Accept, reject, cancel or deliver a trade",
    schemas.TransactionToSign,
    {
      params: byId,
      body: z.object({
        ...senders("sellerId", "buyerId"),
        status: schemas.oneOf(["accepted", "rejected", "cancelled", "completed"]).openapi({
          example: "completed",
          description:
            "accepted, rejected: by the seller. cancelled: a request by its buyer, an accepted trade by its seller, or by anyone after its deadline. completed: deliver the rest or `energyAmount` of it, by anyone, once it is metered.",
        }),
        energyAmount: schemas.delivered.optional().openapi({
          description: "How much to deliver, kWh; all that is owed unless given. With `completed` only",
        }),
      }),
      may: FINDS_AND_PREPARES,
    },
  ),
  async (context) => {
    const { status, energyAmount, ...asked } = context.req.valid("json");
    if (energyAmount !== undefined && status !== "completed")
      throw invalid([{ field: "energyAmount", message: "must be left out unless status is completed" }]);
    const from = senderOf(asked);
    const row = await findTrade(context.req.valid("param").id);
    const { id, status: present, wattHours, deliveredWh, seller } = row;
    const restWh = wattHours - deliveredWh;
    const handedWh = energyAmount ?? restWh;
    if (status === "completed") await checkMetered(id, handedWh);
    const what =
      handedWh === restWh ? `the remaining ${formatKwh(restWh)} kWh` : `${formatKwh(handedWh)} kWh`;
    const note = status === "accepted" ? await noteTo(seller, wattHours) : "";
    const calls = {
      accepted: [
        "acceptTrade",
        [id],
        `Promises to deliver ${formatKwh(wattHours)} kWh for trade ${id}${note}`,
      ],
      rejected: ["rejectTrade", [id], `Declines trade ${id} and refunds its buyer`],
      cancelled: [
        present === "PENDING" ? "cancelTrade" : "closeTrade",
        [id],
        `Ends trade ${id} and refunds what was not delivered`,
      ],
      completed: ["deliver", [id, Number(handedWh)], `Delivers ${what} of trade ${id}`],
    } as const;
    const [functionName, args, effect] = calls[status];
    const pulls = status === "completed" ? (["ETK"] as const) : [];
    const wish = { ...market, from, pulls, seller, functionName, args, effect: () => effect };
    return context.json(await prepare(wish), 200);
  },
);

/** What a seller is told who promises `wattHours`, as the chain has its trading balance and approval now. */
async function noteTo(seller: Address, wattHours: bigint): Promise<string> {
  const [balance, allowedWh] = await Promise.all([
    client.readContract({
      address: market.to,
      abi: energyMarketAbi,
      functionName: "tradingBalance",
      args: [seller],
    }),
    client.readContract({
      address: contracts.energyToken,
      abi: energyTokenAbi,
      functionName: "allowance",
      args: [seller, market.to],
    }),
  ]);
  return approvalNote(wattHours, balance[0], allowedWh);
}

/**
 * The market hands over what is left where more is asked for, so that nobody is held up by another's delivery; what is
 * prepared here says exactly what it does. Where nothing is metered the market says so itself.
 * @throws Problem 422
 */
async function checkMetered(tradeId: bigint, wattHours: bigint): Promise<void> {
  const call = { address: market.to, abi: marketAbi, functionName: "deliverable", args: [tradeId] } as const;
  const meteredWh = (await client.readContract(call)) as bigint;
  if (meteredWh === 0n || wattHours <= meteredWh) return;
  const message = `must be at most what is metered and not delivered, ${formatKwh(meteredWh)} kWh`;
  throw new Problem(422, "Not metered yet", `energyAmount ${message}`, [{ field: "energyAmount", message }]);
}

energyTrading.openapi(
  route(
    "post",
    "/trades/{id}/rating",
    TAG,
    "Rate the other side of a trade that is over",
    schemas.TransactionToSign,
    {
      params: byId,
      body: z.object({
        ...senders("sellerId", "buyerId"),
        stars: schemas.count(1, 5).openapi({ description: "1 to 5; once, and for good", example: 5 }),
      }),
      may: FINDS_AND_PREPARES,
    },
  ),
  async (context) => {
    const { stars, ...asked } = context.req.valid("json");
    const from = senderOf(asked);
    const { id, buyer, seller } = await findTrade(context.req.valid("param").id);
    const other = getAddress(from === buyer ? seller : buyer);
    return context.json(
      await prepare({
        ...market,
        from,
        functionName: "rateTrade",
        args: [id, stars],
        effect: () => `Gives ${other} ${stars} of 5 stars for trade ${id}`,
      }),
      200,
    );
  },
);

energyTrading.openapi(
  route("get", "/ratings", TAG, "Ratings of trades, newest first", schemas.pageOf(schemas.Rating), {
    query: z.object({
      tradeId: schemas.filter(schemas.number),
      raterId: schemas.filter(schemas.address, "Who gave it"),
      ratedId: schemas.filter(schemas.address, "Who got it"),
      ...schemas.range(),
      ...schemas.page,
    }),
    list: true,
  }),
  async (context) => {
    const { tradeId, raterId, ratedId, from, to, ...page } = context.req.valid("query");
    const where = and(
      tradeId === undefined ? undefined : eq(rating.tradeId, tradeId),
      raterId === undefined ? undefined : eq(rating.rater, raterId),
      ratedId === undefined ? undefined : eq(rating.rated, ratedId),
      inRange(rating.timestamp, { from, to }),
    );
    const list = { name: "ratings", item: schemas.Rating, table: rating, by: ["timestamp", "id"] } as const;
    return answerList(context, { ...list, where, show: ratingOf }, page);
  },
);

async function findTrade(id: bigint) {
  const [row] = await db.select().from(trade).where(eq(trade.id, id));
  if (!row) throw notFound("trade", String(id));
  return row;
}

// ------------------------------------------------------------------------------------------------- deliveries

energyTrading.openapi(
  route("get", "/transactions", TAG, "Deliveries, newest first", schemas.pageOf(schemas.Transaction), {
    query: z.object({
      tradeId: schemas.filter(schemas.number),
      buyerId: schemas.filter(schemas.address),
      sellerId: schemas.filter(schemas.address),
      ...schemas.range(),
      ...schemas.page,
    }),
    list: true,
  }),
  async (context) => {
    const { tradeId, buyerId, sellerId, from, to, ...page } = context.req.valid("query");
    const table = energyTransaction;
    const where = and(
      tradeId === undefined ? undefined : eq(table.tradeId, tradeId),
      buyerId === undefined ? undefined : eq(table.buyer, buyerId),
      sellerId === undefined ? undefined : eq(table.seller, sellerId),
      inRange(table.timestamp, { from, to }),
    );
    return answerList(
      context,
      {
        name: "transactions",
        item: schemas.Transaction,
        table,
        by: ["timestamp", "blockNumber", "id"],
        where,
        show: transactionOf,
      },
      page,
    );
  },
);

energyTrading.openapi(
  route("get", "/statistics", TAG, "The offer board in numbers", schemas.Statistics),
  async (context) => {
    const statistics = await marketStatistics();
    const { activeOffers, totalOffers, pendingTrades, completedTrades, deliveries } = statistics;
    return context.json(
      {
        activeOffers,
        totalOffers,
        pendingTrades,
        completedTrades,
        transactionCount: deliveries,
        totalEnergyTraded: formatKwh(statistics.deliveredWh),
        totalValueTraded: formatIdr(statistics.deliveredIdrs),
        averagePricePerKwh: ofPrice(
          statistics.deliveredWh === 0n ? null : statistics.deliveredIdrs / statistics.deliveredWh,
        ),
      },
      200,
    );
  },
);
