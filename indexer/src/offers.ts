/** The offer board: offers, trades, deliveries, ratings. */
import { ponder } from "ponder:registry";
import { energyTransaction, market, meter, offer, rating, reputation, trade } from "ponder:schema";
import { constants } from "@enerlink/protocol";
import { getResolution } from "h3-js";
import type { Address, Hex } from "viem";
import { batteryStoppedFor } from "../lib/stops.ts";
import { searchCellOf } from "./places.ts";
import { type AnyEvent, announce, type Context, eventId, move, stamp, updateMarket } from "./rows.ts";

/** How long a seller has to answer a request, seconds. */
const { ANSWER_TIME } = constants.Trades;

type OfferRow = typeof offer.$inferSelect;
type TradeRow = typeof trade.$inferSelect;
type ReputationRow = typeof reputation.$inferSelect;

async function addToReputation(context: Context, id: Address, delta: Partial<Omit<ReputationRow, "id">>) {
  const { promisedWh = 0n, deliveredWh = 0n, ratings = 0, stars = 0 } = delta;
  await context.db
    .insert(reputation)
    .values({ id, promisedWh, deliveredWh, ratings, stars })
    .onConflictDoUpdate((row) => ({
      promisedWh: row.promisedWh + promisedWh,
      deliveredWh: row.deliveredWh + deliveredWh,
      ratings: row.ratings + ratings,
      stars: row.stars + stars,
    }));
}

/** Changes what a battery's offers and trades have promised, Wh. */
const addToPromised = (context: Context, batteryId: Hex, wattHours: bigint) =>
  context.db.update(meter, { id: batteryId }).set((row) => ({ promisedWh: row.promisedWh + wattHours }));

const updateOffer = (
  context: Context,
  event: AnyEvent,
  id: bigint,
  set: (row: OfferRow) => Partial<OfferRow>,
) => context.db.update(offer, { id }).set((row) => ({ ...set(row), updatedAt: event.block.timestamp }));

/** Changes a trade and tells stream and subscriptions, by the event's name. */
async function updateTrade(
  context: Context,
  event: AnyEvent,
  name: string,
  id: bigint,
  set: (row: TradeRow) => Partial<TradeRow>,
) {
  const row = await context.db
    .update(trade, { id })
    .set((row) => ({ ...set(row), updatedAt: event.block.timestamp }));
  await announce(context, event, "TRADES", name, id);
  return row;
}

/** Ends a trade and returns to its buyer what is still in escrow. */
async function refund(
  context: Context,
  event: AnyEvent,
  name: string,
  id: bigint,
  status: TradeRow["status"],
) {
  const before = await context.db.find(trade, { id });
  const { buyer, seller, escrowIdrs } = before!;
  const ended = await updateTrade(context, event, name, id, () => ({ status, escrowIdrs: 0n }));
  await move(
    context,
    event,
    { account: buyer, kind: "REFUNDED", idrs: escrowIdrs, reference: String(id), counterparty: seller },
    { escrowIdrs: -escrowIdrs },
  );
  return ended;
}

const closeOpenTrade = (context: Context, event: AnyEvent, offerId: bigint) =>
  updateOffer(context, event, offerId, (row) => ({ openTrades: row.openTrades - 1 }));

ponder.on("EnergyMarket:OfferCreated", async ({ event, context }) => {
  const { offerId, seller, batteryId, wattHours, price, h3Cell, availableFrom, availableTo } = event.args;
  const { timestamp } = event.block;
  const cell = h3Cell.toString(16);
  await context.db.insert(offer).values({
    id: offerId,
    seller,
    batteryId,
    offeredWh: BigInt(wattHours),
    remainingWh: BigInt(wattHours),
    price: BigInt(price),
    h3Cell: cell,
    resolution: getResolution(cell),
    searchCell: searchCellOf(cell),
    availableFrom: BigInt(availableFrom),
    availableTo: BigInt(availableTo),
    openTrades: 0,
    status: "ACTIVE",
    createdAt: timestamp,
    updatedAt: timestamp,
    transactionHash: event.transaction.hash,
  });
  await addToPromised(context, batteryId, BigInt(wattHours));
  await updateMarket(context, (row) => ({ offers: row.offers + 1 }));
  await announce(context, event, "OFFERS", "OfferCreated", offerId);
});

ponder.on("EnergyMarket:OfferUpdated", async ({ event, context }) => {
  const { offerId, price, availableTo } = event.args;
  const remainingWh = BigInt(event.args.remainingWh);
  const before = await context.db.find(offer, { id: offerId });
  await addToPromised(context, before!.batteryId, remainingWh - before!.remainingWh);
  await updateOffer(context, event, offerId, (row) => ({
    offeredWh: row.offeredWh - row.remainingWh + remainingWh,
    remainingWh,
    price: BigInt(price),
    availableTo: BigInt(availableTo),
  }));
  await announce(context, event, "OFFERS", "OfferUpdated", offerId);
});

/** Ends an offer, releases what it still held of the battery's energy, and tells so. */
async function release(
  context: Context,
  event: AnyEvent,
  name: string,
  id: bigint,
  status: OfferRow["status"],
) {
  const { batteryId, remainingWh } = await updateOffer(context, event, id, () => ({ status }));
  await addToPromised(context, batteryId, -remainingWh);
  await announce(context, event, "OFFERS", name, id);
}

ponder.on("EnergyMarket:OfferCancelled", async ({ event, context }) => {
  await release(context, event, "OfferCancelled", event.args.offerId, "CANCELLED");
});

ponder.on("EnergyMarket:OfferExpired", async ({ event, context }) => {
  await release(context, event, "OfferExpired", event.args.offerId, "EXPIRED");
});

ponder.on("EnergyMarket:OfferCompleted", async ({ event, context }) => {
  await updateOffer(context, event, event.args.offerId, () => ({ status: "COMPLETED" }));
  await announce(context, event, "OFFERS", "OfferCompleted", event.args.offerId);
});

ponder.on("EnergyMarket:TradeRequested", async ({ event, context }) => {
  const { tradeId, offerId, buyer } = event.args;
  const wattHours = BigInt(event.args.wattHours);
  const price = BigInt(event.args.price);
  const { timestamp } = event.block;
  const cost = wattHours * price;
  const offered = await context.db.find(offer, { id: offerId });
  const { seller, batteryId, availableFrom, availableTo } = offered!;
  const answerBy = timestamp + ANSWER_TIME;
  await context.db.insert(trade).values({
    id: tradeId,
    offerId,
    buyer,
    seller,
    batteryId,
    wattHours,
    meteredWh: 0n,
    deliveredWh: 0n,
    price,
    escrowIdrs: cost,
    availableFrom,
    availableTo,
    answerBy: answerBy < availableTo ? answerBy : availableTo,
    stoppedBefore: 0n,
    status: "PENDING",
    requestedAt: timestamp,
    acceptedAt: null,
    updatedAt: timestamp,
    transactionHash: event.transaction.hash,
  });
  await move(
    context,
    event,
    { account: buyer, kind: "ESCROWED", idrs: -cost, reference: String(tradeId), counterparty: seller },
    { escrowIdrs: cost },
  );
  await updateMarket(context, (row) => ({ trades: row.trades + 1 }));
  await announce(context, event, "TRADES", "TradeRequested", tradeId);
});

ponder.on("EnergyMarket:TradeAccepted", async ({ event, context }) => {
  const { timestamp } = event.block;
  const board = await context.db.find(market, { id: context.contracts.EnergyMarket.address });
  const { batteryId } = (await context.db.find(trade, { id: event.args.tradeId }))!;
  const battery = await context.db.find(meter, { id: batteryId });
  const { offerId, wattHours } = await updateTrade(
    context,
    event,
    "TradeAccepted",
    event.args.tradeId,
    () => ({
      status: "ACCEPTED",
      acceptedAt: timestamp,
      stoppedBefore: batteryStoppedFor(battery!, board!, timestamp),
    }),
  );
  await updateOffer(context, event, offerId, (row) => ({
    remainingWh: row.remainingWh - wattHours,
    openTrades: row.openTrades + 1,
  }));
});

ponder.on("EnergyMarket:TradeRejected", async ({ event, context }) => {
  await refund(context, event, "TradeRejected", event.args.tradeId, "REJECTED");
});

ponder.on("EnergyMarket:TradeCancelled", async ({ event, context }) => {
  await refund(context, event, "TradeCancelled", event.args.tradeId, "CANCELLED");
});

ponder.on("EnergyMarket:TradeLapsed", async ({ event, context }) => {
  await refund(context, event, "TradeLapsed", event.args.tradeId, "LAPSED");
});

ponder.on("EnergyMarket:TradeExpired", async ({ event, context }) => {
  const { offerId, batteryId, seller, wattHours, deliveredWh } = await refund(
    context,
    event,
    "TradeExpired",
    event.args.tradeId,
    "EXPIRED",
  );
  await closeOpenTrade(context, event, offerId);
  await addToReputation(context, seller, { promisedWh: wattHours, deliveredWh });
  await addToPromised(context, batteryId, -BigInt(event.args.undeliveredWh));
});

ponder.on("EnergyMarket:TradeMetered", async ({ event, context }) => {
  const { tradeId, wattHours } = event.args;
  await updateTrade(context, event, "TradeMetered", tradeId, (row) => ({
    meteredWh: row.meteredWh + BigInt(wattHours),
  }));
});

ponder.on("EnergyMarket:TradeDelivered", async ({ event, context }) => {
  const { tradeId, caller } = event.args;
  const wattHours = BigInt(event.args.wattHours);
  const before = await context.db.find(trade, { id: tradeId });
  const cost = wattHours * before!.price;
  const { buyer, seller, offerId, batteryId, price } = await updateTrade(
    context,
    event,
    "TradeDelivered",
    tradeId,
    (row) => ({
      deliveredWh: row.deliveredWh + wattHours,
      escrowIdrs: row.escrowIdrs - cost,
    }),
  );
  await context.db.insert(energyTransaction).values({
    id: eventId(event),
    tradeId,
    offerId,
    buyer,
    seller,
    caller,
    wattHours,
    price,
    cost,
    ...stamp(event),
  });
  const reference = String(tradeId);
  await move(
    context,
    event,
    { account: buyer, kind: "DELIVERY_BOUGHT", energyWh: wattHours, reference, counterparty: seller },
    { escrowIdrs: -cost, boughtWh: wattHours, spentIdrs: cost },
  );
  await move(
    context,
    event,
    {
      account: seller,
      kind: "DELIVERY_SOLD",
      energyWh: -wattHours,
      idrs: cost,
      reference,
      counterparty: buyer,
    },
    { soldWh: wattHours, earnedIdrs: cost },
  );
  await addToPromised(context, batteryId, -wattHours);
  await updateMarket(context, (row) => ({
    deliveries: row.deliveries + 1,
    deliveredWh: row.deliveredWh + wattHours,
    deliveredIdrs: row.deliveredIdrs + cost,
  }));
});

ponder.on("EnergyMarket:TradeCompleted", async ({ event, context }) => {
  const { offerId, seller, wattHours, deliveredWh } = await updateTrade(
    context,
    event,
    "TradeCompleted",
    event.args.tradeId,
    () => ({ status: "COMPLETED" }),
  );
  await closeOpenTrade(context, event, offerId);
  await addToReputation(context, seller, { promisedWh: wattHours, deliveredWh });
  await updateMarket(context, (row) => ({ completedTrades: row.completedTrades + 1 }));
});

ponder.on("EnergyMarket:TradeRated", async ({ event, context }) => {
  const { tradeId, rater, rated, stars } = event.args;
  await context.db.insert(rating).values({
    id: eventId(event),
    tradeId,
    rater,
    rated,
    stars,
    timestamp: event.block.timestamp,
    transactionHash: event.transaction.hash,
  });
  await addToReputation(context, rated, { ratings: 1, stars });
  await announce(context, event, "TRADES", "TradeRated", tradeId);
});
