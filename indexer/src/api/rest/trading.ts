/** `/trading`: the order book. */

import { db } from "ponder:api";
import { fill, order } from "ponder:schema";
import { invalid } from "@enerlink/edge";
import { makeRoutes } from "@enerlink/edge/rest";
import { formatIdr, formatKwh, namesOf, PRICE_PER_TICK, Side, TimeInForce } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { and, count, desc, eq, or } from "ponder";
import { maxUint16 } from "viem";
import { contracts, energyTokenAbi, marketAbi } from "../chain.ts";
import { chainTime } from "../now.ts";
import { notFound } from "../problem.ts";
import { candles, orderBook } from "../questions/book.ts";
import { intervals } from "../questions/spans.ts";
import { fillOf, ofTick, orderOf } from "./format.ts";
import { prepare } from "./prepare.ts";
import { inRange } from "./ranges.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { isoOf } from "./times.ts";

const TAG = "Order book";
const market = { to: contracts.energyMarket, abi: marketAbi };
const sides = { buy: Side.Bid, sell: Side.Ask } as const;
const side = schemas.oneOf(["buy", "sell"]);
const timesInForce = namesOf(TimeInForce);
const resolutions = { "1m": "MINUTE", "15m": "QUARTER_HOUR", "1h": "HOUR", "1d": "DAY" } as const;
const MOST_IDRS = 2n ** 128n - 1n;

export const trading = makeRoutes();

trading.openapi(
  route("post", "/approve", TAG, "Let the market pull a token from the wallet", schemas.TransactionToSign, {
    body: z.object({
      from: schemas.address,
      token: schemas.oneOf(["ETK", "IDRS"]),
      amount: schemas.amount(MOST_IDRS).openapi({
        description: "Most that the market may pull: kWh for ETK (3 decimals), IDR for IDRS (6 decimals)",
      }),
    }),
  }),
  async (context) => {
    const { from, token, amount } = context.req.valid("json");
    const isEnergy = token === "ETK";
    // Read with IDRS's six decimals; ETK has three.
    if (isEnergy && amount % 1_000n !== 0n) {
      throw invalid([{ field: "amount", message: "must have at most 3 decimals for ETK" }]);
    }
    const units = isEnergy ? amount / 1_000n : amount;
    return context.json(
      await prepare({
        to: isEnergy ? contracts.energyToken : contracts.rupiahToken,
        abi: energyTokenAbi,
        from,
        functionName: "approve",
        args: [contracts.energyMarket, units],
        effect: () =>
          `Lets the market pull up to ${isEnergy ? `${formatKwh(units)} kWh of ETK` : `${formatIdr(units)} IDRS`}`,
      }),
      200,
    );
  },
);

trading.openapi(
  route("post", "/order", TAG, "Buy or sell energy", schemas.TransactionToSign, {
    body: z.object({
      from: schemas.address,
      side,
      pricePerKwh: schemas.tick,
      energyAmount: schemas.energy,
      timeInForce: schemas.oneOf(timesInForce).default("GTC").openapi({
        description:
          "GTC rests what is not filled, IOC returns it, FOK fills all or nothing, PostOnly rests all or nothing",
      }),
      maxSteps: schemas
        .count(0, Number(maxUint16))
        .default(100)
        .openapi({ description: "Most orders to meet; 0 only rests" }),
    }),
  }),
  async (context) => {
    const asked = context.req.valid("json");
    const { energyAmount: wattHours, pricePerKwh: tick } = asked;
    const name = asked.side === "buy" ? "Buys" : "Sells";
    const cost = formatIdr(wattHours * tick * PRICE_PER_TICK);
    return context.json(
      await prepare({
        ...market,
        from: asked.from,
        functionName: "placeOrder",
        args: [
          sides[asked.side],
          Number(tick),
          Number(wattHours),
          TimeInForce[asked.timeInForce],
          asked.maxSteps,
        ],
        effect: (result) => {
          const [orderId, filledWh] = result as [bigint, number];
          const rests = orderId === 0n ? "nothing rests" : "the rest stays in the book";
          return `${name} ${formatKwh(wattHours)} kWh at ${tick} IDR/kWh or better (${cost} IDR): ${formatKwh(BigInt(filledWh))} kWh at once, ${rests}`;
        },
        result: (result) => {
          const [orderId, filledWh] = result as [bigint, number];
          return { orderId: String(orderId), filledAmount: formatKwh(BigInt(filledWh)) };
        },
      }),
      200,
    );
  },
);

trading.openapi(
  route("get", "/orders", TAG, "Orders, newest first", schemas.pageOf(schemas.Order), {
    query: z.object({
      ownerId: schemas.address.optional(),
      side: side.optional(),
      status: schemas.oneOf(schemas.orderStatuses).optional(),
      ...schemas.page,
    }),
  }),
  async (context) => {
    const { ownerId, side, status, limit, offset } = context.req.valid("query");
    const where = and(
      ownerId === undefined ? undefined : eq(order.owner, ownerId),
      side === undefined ? undefined : eq(order.side, side === "buy" ? "BID" : "ASK"),
      status === undefined ? undefined : eq(order.status, status.toUpperCase() as Uppercase<typeof status>),
    );
    const [rows, [total]] = await Promise.all([
      db
        .select()
        .from(order)
        .where(where)
        .orderBy(desc(order.placedAt), desc(order.logIndex), desc(order.id))
        .limit(limit)
        .offset(offset),
      db.select({ value: count() }).from(order).where(where),
    ]);
    return context.json({ items: rows.map(orderOf), total: total!.value, limit, offset }, 200);
  },
);

trading.openapi(
  route("delete", "/orders/{id}", TAG, "Take an own order out of the book", schemas.TransactionToSign, {
    params: z.object({
      id: z
        .string()
        .regex(/^\d{1,25}$/, "must be an order id: a whole number")
        .transform(BigInt)
        .openapi({ type: "string" }),
    }),
    query: z.object({ from: schemas.address }),
  }),
  async (context) => {
    const { id } = context.req.valid("param");
    const [row] = await db.select().from(order).where(eq(order.orderId, id));
    if (!row) throw notFound("order", String(id));
    return context.json(
      await prepare({
        ...market,
        from: context.req.valid("query").from,
        functionName: "cancelOrder",
        args: [id],
        effect: (returnedWh) =>
          `Returns ${formatKwh(BigInt(returnedWh as number))} kWh, or its price, to the balance`,
        result: (returnedWh) => ({ returnedAmount: formatKwh(BigInt(returnedWh as number)) }),
      }),
      200,
    );
  },
);

trading.openapi(
  route("get", "/orderbook", TAG, "The best price levels of both sides", schemas.OrderBook, {
    query: z.object({
      depth: schemas.count(1, 1_000).default(20).openapi({ description: "1 to 1000" }),
    }),
  }),
  async (context) => {
    const { bids, asks, bestBid, bestAsk, spread } = await orderBook(context.req.valid("query").depth);
    const level = ({ tick, wattHours, totalWh, orders }: (typeof bids)[number]) => ({
      pricePerKwh: String(tick),
      energyAmount: formatKwh(wattHours),
      totalEnergy: formatKwh(totalWh),
      orders,
    });
    return context.json(
      {
        bids: bids.map(level),
        asks: asks.map(level),
        bestBid: ofTick(bestBid),
        bestAsk: ofTick(bestAsk),
        spread: ofTick(spread),
      },
      200,
    );
  },
);

trading.openapi(
  route("get", "/trades", TAG, "What was traded in the book, newest first", schemas.pageOf(schemas.Fill), {
    query: z.object({
      participantId: schemas.address.optional().openapi({ description: "Buyer or seller" }),
      ...schemas.range(),
      ...schemas.page,
    }),
  }),
  async (context) => {
    const { participantId, limit, offset, ...range } = context.req.valid("query");
    const where = and(
      participantId === undefined
        ? undefined
        : or(eq(fill.buyer, participantId), eq(fill.seller, participantId)),
      inRange(fill.timestamp, range),
    );
    const [rows, [total]] = await Promise.all([
      db
        .select()
        .from(fill)
        .where(where)
        .orderBy(desc(fill.timestamp), desc(fill.blockNumber), desc(fill.logIndex))
        .limit(limit)
        .offset(offset),
      db.select({ value: count() }).from(fill).where(where),
    ]);
    return context.json({ items: rows.map(fillOf), total: total!.value, limit, offset }, 200);
  },
);

trading.openapi(
  route(
    "get",
    "/price-history",
    TAG,
    "Candles that start in a range, oldest first",
    z.object({ items: z.array(schemas.Candle) }),
    {
      query: z.object({
        interval: schemas.oneOf(["1m", "15m", "1h", "1d"]).default("15m"),
        ...schemas.range("500 spans before `to`", "now"),
      }),
    },
  ),
  async (context) => {
    const asked = context.req.valid("query");
    const interval = resolutions[asked.interval];
    const to = asked.to ?? (await chainTime()) + 1n;
    const rows = await candles(interval, asked.from ?? to - 500n * intervals[interval], to);
    const items = rows.map(({ start, open, high, low, close, volumeWh, valueIdrs, fills }) => ({
      start: isoOf(start),
      open: String(open),
      high: String(high),
      low: String(low),
      close: String(close),
      volume: formatKwh(volumeWh),
      value: formatIdr(valueIdrs),
      fills,
    }));
    return context.json({ items }, 200);
  },
);
