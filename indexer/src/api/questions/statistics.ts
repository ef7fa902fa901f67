/** The market in numbers. */

import { db } from "ponder:api";
import { energyTransaction, market, offer, priceCandle, priceLevel, trade } from "ponder:schema";
import { costOf } from "@enerlink/protocol";
import { and, asc, count, desc, eq, gt, gte, sql } from "ponder";
import { readSettings } from "../../../lib/settings.ts";
import { chainTime } from "../now.ts";
import { suggestPrice } from "../suggestion.ts";
import { exchanged } from "./community.ts";
import { isOpen } from "./offers.ts";

const DAY = 86_400n;
const { gridTariff } = readSettings();

const integer = (text: string | null | undefined) => BigInt(text ?? 0);
const quotient = (value: bigint, by: bigint) => (by === 0n ? null : value / by);

async function best(side: "BID" | "ASK"): Promise<number | null> {
  const [level] = await db
    .select({ tick: priceLevel.tick })
    .from(priceLevel)
    .where(and(eq(priceLevel.side, side), gt(priceLevel.wattHours, 0n)))
    .orderBy(side === "BID" ? desc(priceLevel.tick) : asc(priceLevel.tick))
    .limit(1);
  return level?.tick ?? null;
}

/** What the book traded since `since`, unix seconds: by whole minutes. */
async function filledSince(since: bigint) {
  const span = and(eq(priceCandle.interval, "MINUTE"), gte(priceCandle.start, since));
  const [[row], [first]] = await Promise.all([
    db
      .select({
        high: sql<number | null>`max(${priceCandle.high})`,
        low: sql<number | null>`min(${priceCandle.low})`,
        volumeWh: sql<string | null>`sum(${priceCandle.volumeWh})`,
        valueIdrs: sql<string | null>`sum(${priceCandle.valueIdrs})`,
        fills: sql<string | null>`sum(${priceCandle.fills})`,
      })
      .from(priceCandle)
      .where(span),
    db
      .select({ open: priceCandle.open })
      .from(priceCandle)
      .where(span)
      .orderBy(asc(priceCandle.start))
      .limit(1),
  ]);
  return {
    open: first?.open ?? null,
    high: row?.high ?? null,
    low: row?.low ?? null,
    volumeWh: integer(row?.volumeWh),
    valueIdrs: integer(row?.valueIdrs),
    fills: Number(row?.fills ?? 0),
  };
}

/** What rests in the book. */
async function resting() {
  const restingAt = (side: "BID" | "ASK") =>
    sql<string | null>`sum(${priceLevel.wattHours}) FILTER (WHERE ${priceLevel.side} = ${side})`;
  const [row] = await db
    .select({
      orders: sql<string | null>`sum(${priceLevel.orders})`,
      bidsWh: restingAt("BID"),
      asksWh: restingAt("ASK"),
    })
    .from(priceLevel);
  return { orders: Number(row?.orders ?? 0), bidsWh: integer(row?.bidsWh), asksWh: integer(row?.asksWh) };
}

async function deliveredSince(since: bigint) {
  const [row] = await db
    .select({
      wattHours: sql<string | null>`sum(${energyTransaction.wattHours})`,
      cost: sql<string | null>`sum(${energyTransaction.cost})`,
    })
    .from(energyTransaction)
    .where(gte(energyTransaction.timestamp, since));
  return { wattHours: integer(row?.wattHours), cost: integer(row?.cost) };
}

/** The market's one row; undefined before its first event. */
export async function theMarket() {
  const [row] = await db.select().from(market).limit(1);
  return row;
}

/** What time it is, and how long it stood still for the board's trades. */
export async function clockNow() {
  const [now, board] = await Promise.all([chainTime(), theMarket()]);
  return { now, board };
}

/** Amounts in Wh and IDRS, prices in milli-IDR per kWh, ticks in IDR per kWh; "24h" is the last day of the chain's time. */
export async function marketStatistics() {
  const now = await chainTime();
  const since = now - DAY;
  const [row, day, bestBid, bestAsk, book, [active], [pending]] = await Promise.all([
    theMarket(),
    filledSince(since),
    best("BID"),
    best("ASK"),
    resting(),
    db.select({ value: count() }).from(offer).where(isOpen(now)),
    db
      .select({ value: count() })
      .from(trade)
      .where(and(eq(trade.status, "PENDING"), gt(trade.answerBy, now))),
  ]);
  const filledWh = row?.filledWh ?? 0n;
  const deliveredWh = row?.deliveredWh ?? 0n;
  const tradedWh = filledWh + deliveredWh;
  const tradedIdrs = (row?.filledIdrs ?? 0n) + (row?.deliveredIdrs ?? 0n);
  const mintedWh = row?.mintedWh ?? 0n;
  return {
    timestamp: now,
    bookPaused: row?.bookPaused ?? false,
    boardPaused: row?.boardPaused ?? false,
    minimumPrice: row?.minimumPrice ?? 0n,
    lastTick: row?.lastTick ?? null,
    bestBid,
    bestAsk,
    spread: bestBid !== null && bestAsk !== null ? bestAsk - bestBid : null,
    open24h: day.open,
    high24h: day.high,
    low24h: day.low,
    volume24hWh: day.volumeWh,
    value24hIdrs: day.valueIdrs,
    fills24h: day.fills,
    averagePrice24h: quotient(day.valueIdrs, day.volumeWh),
    openOrders: book.orders,
    bidsWh: book.bidsWh,
    asksWh: book.asksWh,
    activeOffers: active!.value,
    totalOffers: row?.offers ?? 0,
    pendingTrades: pending!.value,
    totalTrades: row?.trades ?? 0,
    completedTrades: row?.completedTrades ?? 0,
    fills: row?.fills ?? 0,
    deliveries: row?.deliveries ?? 0,
    filledWh,
    deliveredWh,
    deliveredIdrs: row?.deliveredIdrs ?? 0n,
    tradedWh,
    tradedIdrs,
    averagePrice: quotient(tradedIdrs, tradedWh),
    mintedWh,
    burnedWh: row?.burnedWh ?? 0n,
    tradedShare: mintedWh === 0n ? null : Number(tradedWh) / Number(mintedWh),
  };
}

/** A price to start from, and what it rests on. */
export async function suggestedPrice() {
  const now = await chainTime();
  const since = now - DAY;
  const [row, day, delivered, bestBid, bestAsk, { exportedWh, importedWh }] = await Promise.all([
    theMarket(),
    filledSince(since),
    deliveredSince(since),
    best("BID"),
    best("ASK"),
    exchanged(since, now),
  ]);
  const average = quotient(day.valueIdrs + delivered.cost, day.volumeWh + delivered.wattHours);
  const middle = bestBid !== null && bestAsk !== null ? costOf(1n, bestBid + bestAsk) / 2n : null;
  const basis = {
    average,
    middle,
    tariff: gridTariff,
    minimum: row?.minimumPrice ?? 0n,
    exportedWh,
    importedWh,
  };
  return { price: suggestPrice(basis), ...basis };
}
