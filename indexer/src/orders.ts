/**
 * The order book. In a `placeOrder` the fills come first, one log after the other, and directly after them
 * `OrderPlaced` with what rests, if anything does. So a taker's order has no id yet when its fills are read: it gets a
 * row under its first fill's id, which `OrderPlaced` replaces.
 */

import { ponder } from "ponder:registry";
import { account, fill, order, priceCandle, priceLevel } from "ponder:schema";
import { costOf, decodeOrderId, Side } from "@enerlink/protocol";
import { type Address, toHex } from "viem";
import { type Interval, intervals, startOf } from "../lib/spans.ts";
import { type AnyEvent, announce, type Context, eventId, move, stamp, updateMarket } from "./rows.ts";

type OrderSide = (typeof order.$inferSelect)["side"];

const sideOf = (side: Side): OrderSide => (side === Side.Bid ? "BID" : "ASK");

/** Adds to a price level. An empty one stays: a deletion would have to wait for the database. */
const addToLevel = (context: Context, side: OrderSide, tick: number, wattHours: bigint, orders: number) =>
  context.db
    .insert(priceLevel)
    .values({ id: `${side}-${tick}`, side, tick, wattHours, orders })
    .onConflictDoUpdate((row) => ({ wattHours: row.wattHours + wattHours, orders: row.orders + orders }));

const addToCandles = (context: Context, timestamp: bigint, tick: number, wattHours: bigint, cost: bigint) =>
  context.db
    .insert(priceCandle)
    .values(
      (Object.keys(intervals) as Interval[]).map((interval) => ({
        interval,
        start: startOf(interval, timestamp),
        open: tick,
        high: tick,
        low: tick,
        close: tick,
        volumeWh: wattHours,
        valueIdrs: cost,
        fills: 1,
      })),
    )
    .onConflictDoUpdate((row) => ({
      high: Math.max(row.high, tick),
      low: Math.min(row.low, tick),
      close: tick,
      volumeWh: row.volumeWh + wattHours,
      valueIdrs: row.valueIdrs + cost,
      fills: row.fills + 1,
    }));

/**
 * The fill in the log directly before `event`, if it was `taker`'s on `side`: both belong to one order. Only then does
 * the account name it; a fill that is not there would be looked for in the database.
 */
async function fillBefore(context: Context, event: AnyEvent, taker: Address, side: OrderSide) {
  const id = eventId(event, event.log.logIndex - 1);
  const who = await context.db.find(account, { id: taker });
  if (who?.latestFill !== id) return null;
  const before = await context.db.find(fill, { id });
  return before?.takerSide === side ? before : null;
}

type Filled = {
  id: string;
  maker: Address;
  taker: Address;
  takerSide: OrderSide;
  tick: number;
  wattHours: bigint;
  cost: bigint;
};

/** What the taker's order took, added to what it had taken. */
async function addToTakerOrder(
  context: Context,
  event: AnyEvent,
  takerOrder: string,
  { taker, takerSide, tick, wattHours, cost }: Filled,
): Promise<void> {
  const { timestamp } = event.block;
  await context.db
    .insert(order)
    .values({
      id: takerOrder,
      orderId: null,
      owner: taker,
      side: takerSide,
      tick,
      placedWh: wattHours,
      filledWh: wattHours,
      openWh: 0n,
      filledIdrs: cost,
      status: "FILLED",
      placedAt: timestamp,
      updatedAt: timestamp,
      transactionHash: event.transaction.hash,
      logIndex: event.log.logIndex,
    })
    .onConflictDoUpdate((row) => ({
      tick,
      placedWh: row.placedWh + wattHours,
      filledWh: row.filledWh + wattHours,
      filledIdrs: row.filledIdrs + cost,
    }));
}

/** The maker's side of the trade was set aside when the order was placed; the taker's comes out of the balance. */
async function moveBoth(
  context: Context,
  event: AnyEvent,
  { id, maker, taker, takerSide, wattHours, cost }: Filled,
): Promise<void> {
  const bought = { boughtWh: wattHours, spentIdrs: cost };
  const sold = { soldWh: wattHours, earnedIdrs: cost };
  if (takerSide === "BID") {
    await move(
      context,
      event,
      {
        account: taker,
        kind: "BOUGHT",
        energyWh: wattHours,
        idrs: -cost,
        reference: id,
        counterparty: maker,
      },
      bought,
      { latestFill: id },
    );
    await move(
      context,
      event,
      { account: maker, kind: "SOLD", idrs: cost, reference: id, counterparty: taker },
      { ...sold, ordersWh: -wattHours },
    );
  } else {
    await move(
      context,
      event,
      {
        account: taker,
        kind: "SOLD",
        energyWh: -wattHours,
        idrs: cost,
        reference: id,
        counterparty: maker,
      },
      sold,
      { latestFill: id },
    );
    await move(
      context,
      event,
      { account: maker, kind: "BOUGHT", energyWh: wattHours, reference: id, counterparty: taker },
      { ...bought, ordersIdrs: -cost },
    );
  }
}

ponder.on("EnergyMarket:OrderFilled", async ({ event, context }) => {
  const { makerOrderId, taker } = event.args;
  const wattHours = BigInt(event.args.wattHours);
  const { timestamp } = event.block;
  const { side, tick } = decodeOrderId(makerOrderId);
  const makerSide = sideOf(side);
  const takerSide = makerSide === "BID" ? "ASK" : "BID";
  const cost = costOf(wattHours, tick);
  const id = eventId(event);

  const makerOrder = await context.db.update(order, { id: toHex(makerOrderId) }).set((row) => ({
    openWh: row.openWh - wattHours,
    filledWh: row.filledWh + wattHours,
    filledIdrs: row.filledIdrs + cost,
    status: row.openWh === wattHours ? "FILLED" : "PARTIALLY_FILLED",
    updatedAt: timestamp,
  }));
  const maker = makerOrder.owner;
  await addToLevel(context, makerSide, tick, -wattHours, makerOrder.openWh === 0n ? -1 : 0);

  const takerOrder = (await fillBefore(context, event, taker, takerSide))?.takerOrder ?? id;
  const filled: Filled = { id, maker, taker, takerSide, tick, wattHours, cost };
  await addToTakerOrder(context, event, takerOrder, filled);

  const [buyer, seller] = takerSide === "BID" ? [taker, maker] : [maker, taker];
  await context.db.insert(fill).values({
    id,
    makerOrder: makerOrder.id,
    takerOrder,
    maker,
    taker,
    buyer,
    seller,
    takerSide,
    tick,
    wattHours,
    cost,
    logIndex: event.log.logIndex,
    ...stamp(event),
  });

  await moveBoth(context, event, filled);

  await addToCandles(context, timestamp, tick, wattHours, cost);
  await updateMarket(context, (row) => ({
    lastTick: tick,
    lastFilledAt: timestamp,
    fills: row.fills + 1,
    filledWh: row.filledWh + wattHours,
    filledIdrs: row.filledIdrs + cost,
  }));
  await announce(context, event, "FILLS", "OrderFilled", id);
});

ponder.on("EnergyMarket:OrderPlaced", async ({ event, context }) => {
  const { orderId, owner } = event.args;
  const openWh = BigInt(event.args.wattHours);
  const { timestamp } = event.block;
  const { side: rawSide, tick } = decodeOrderId(orderId);
  const side = sideOf(rawSide);
  const id = toHex(orderId);

  // What this order took at once, within its limit: it is no order of its own.
  const last = await fillBefore(context, event, owner, side);
  const within = last && (side === "BID" ? last.tick <= tick : last.tick >= tick);
  const taken = within ? await context.db.find(order, { id: last.takerOrder }) : null;
  if (taken) {
    await context.db.delete(order, { id: taken.id });
    for (let logIndex = event.log.logIndex - 1; logIndex >= taken.logIndex; logIndex--) {
      await context.db.update(fill, { id: eventId(event, logIndex) }).set({ takerOrder: id });
    }
  }

  await context.db.insert(order).values({
    id,
    orderId,
    owner,
    side,
    tick,
    placedWh: openWh + (taken?.filledWh ?? 0n),
    filledWh: taken?.filledWh ?? 0n,
    openWh,
    filledIdrs: taken?.filledIdrs ?? 0n,
    status: taken ? "PARTIALLY_FILLED" : "OPEN",
    placedAt: timestamp,
    updatedAt: timestamp,
    transactionHash: event.transaction.hash,
    logIndex: event.log.logIndex,
  });
  await addToLevel(context, side, tick, openWh, 1);

  const cost = costOf(openWh, tick);
  const set = side === "BID" ? { idrs: -cost } : { energyWh: -openWh };
  const aside = side === "BID" ? { ordersIdrs: cost } : { ordersWh: openWh };
  await move(context, event, { account: owner, kind: "ORDER_PLACED", reference: id, ...set }, aside);
  await announce(context, event, "ORDERS", "OrderPlaced", id);
});

ponder.on("EnergyMarket:OrderCancelled", async ({ event, context }) => {
  const { orderId, owner } = event.args;
  const wattHours = BigInt(event.args.wattHours);
  const { side: rawSide, tick } = decodeOrderId(orderId);
  const side = sideOf(rawSide);
  const id = toHex(orderId);

  await context.db
    .update(order, { id })
    .set({ openWh: 0n, status: "CANCELLED", updatedAt: event.block.timestamp });
  await addToLevel(context, side, tick, -wattHours, -1);

  const cost = costOf(wattHours, tick);
  const set = side === "BID" ? { idrs: cost } : { energyWh: wattHours };
  const aside = side === "BID" ? { ordersIdrs: -cost } : { ordersWh: -wattHours };
  await move(context, event, { account: owner, kind: "ORDER_CANCELLED", reference: id, ...set }, aside);
  await announce(context, event, "ORDERS", "OrderCancelled", id);
});
