/** `/trading`: the order book. */

import { db } from "ponder:api";
import { fill, order } from "ponder:schema";
import { Problem } from "@enerlink/edge";
import { answerCsv, makeRoutes, tableOf } from "@enerlink/edge/rest";
import { costOf, formatIdr, formatKwh, namesOf, Side, TimeInForce } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { and, asc, eq, inArray, or } from "ponder";
import { type Address, encodeFunctionData, getAddress } from "viem";
import { intervals } from "../../../lib/spans.ts";
import { contracts, marketAbi } from "../chain.ts";
import { chainTime } from "../now.ts";
import { notFound } from "../problem.ts";
import { candles, orderBook } from "../questions/book.ts";
import { quote } from "../questions/quote.ts";
import { fillOf, ofPrice, ofTick, orderOf } from "./format.ts";
import { answerList } from "./lists.ts";
import { outcomeOf } from "./outcome.ts";
import { prepare } from "./prepare.ts";
import { inRange } from "./ranges.ts";
import { FINDS_AND_PREPARES, PREPARES, route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { isoOf } from "./times.ts";

const TAG = "Order book";
const market = { to: contracts.energyMarket, abi: marketAbi };
const sides = { buy: Side.Bid, sell: Side.Ask } as const;
const side = schemas.oneOf(["buy", "sell"]);
const timesInForce = namesOf(TimeInForce);

const byOrder = z.object({
  id: z
    .string()
    .regex(
      /^(\d{1,25}|0x[0-9a-fA-F]{64}-\d{1,10})$/,
      "must be an order's id: a whole number, or, of an order filled at once, <transaction hash>-<log index>",
    )
    .openapi({ description: "As `GET /trading/orders` gives it" }),
});

export const trading = makeRoutes();

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
      maxSteps: schemas.maxSteps,
      permit: schemas.permit,
    }),
    may: PREPARES,
  }),
  async (context) => {
    const { from, permit, side, timeInForce, maxSteps, ...asked } = context.req.valid("json");
    const { energyAmount: wattHours, pricePerKwh: tick } = asked;
    const order = { side, wattHours, tick, timeInForce, maxSteps };
    const { ownWh } = await quote({ ...order, limit: Number(tick), owner: from });
    const outcome = (returned: unknown) => {
      const [orderId, filledWh] = returned as [bigint, number];
      return outcomeOf(order, { orderId, filledWh: BigInt(filledWh) }, filledWh === 0 ? 0n : ownWh);
    };
    return context.json(
      await prepare({
        ...market,
        from,
        permit,
        pulls: [side === "buy" ? "IDRS" : "ETK"],
        functionName: "placeOrder",
        args: [sides[side], Number(tick), Number(wattHours), TimeInForce[timeInForce], maxSteps],
        effect: (returned) => outcome(returned).effect,
        result: (returned) => outcome(returned).result,
      }),
      200,
    );
  },
);

trading.openapi(
  route("get", "/orders", TAG, "Orders, newest first", schemas.pageOf(schemas.Order), {
    query: z.object({
      ownerId: schemas.filter(schemas.address),
      side: schemas.filter(side, schemas.ANY_CASE),
      status: schemas.filter(schemas.oneOf(schemas.orderStatuses), schemas.ANY_CASE),
      transaction: schemas.filter(schemas.transactionHash, "In which it was placed"),
      ...schemas.page,
    }),
    list: true,
  }),
  async (context) => {
    const { ownerId, side, status, transaction, ...page } = context.req.valid("query");
    const where = and(
      ownerId === undefined ? undefined : eq(order.owner, ownerId),
      side === undefined ? undefined : eq(order.side, side === "buy" ? "BID" : "ASK"),
      status === undefined ? undefined : eq(order.status, status.toUpperCase() as Uppercase<typeof status>),
      transaction === undefined ? undefined : eq(order.transactionHash, transaction),
    );
    return answerList(
      context,
      {
        name: "orders",
        item: schemas.Order,
        table: order,
        by: ["placedAt", "logIndex", "id"],
        where,
        show: orderOf,
      },
      page,
    );
  },
);

trading.openapi(
  route("get", "/orders/{id}", TAG, "One order", schemas.Order, { params: byOrder, may: [404] }),
  async (context) => context.json(orderOf(await findOrder(context.req.valid("param").id)), 200),
);

/** By its id as REST answers it. @throws Problem 404 */
async function findOrder(id: string) {
  const [row] = await db
    .select()
    .from(order)
    .where(/^\d+$/.test(id) ? eq(order.orderId, BigInt(id)) : eq(order.id, id.toLowerCase()));
  if (!row) throw notFound("order", id);
  return row;
}

trading.openapi(
  route("delete", "/orders/{id}", TAG, "Take an own order out of the book", schemas.TransactionToSign, {
    params: byOrder,
    query: z.object({ from: schemas.address }),
    may: FINDS_AND_PREPARES,
  }),
  async (context) => {
    const { orderId: id } = await findOrder(context.req.valid("param").id);
    if (id === null)
      throw new Problem(
        422,
        "The contract refuses",
        "an order that was filled at once never rested in the book",
      );
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
  route("delete", "/orders", TAG, "Take all own orders out of the book", schemas.TransactionToSign, {
    query: z.object({
      from: schemas.address,
      side: side.optional().openapi({ description: "Only those of one side; both unless given" }),
    }),
    may: FINDS_AND_PREPARES,
  }),
  async (context) => {
    const { from, side } = context.req.valid("query");
    const open = await openOrders(from, side);
    if (open.length === 0)
      throw notFound(`open order${side === undefined ? "" : ` to ${side}`} of`, getAddress(from));
    const calls = open.map(({ orderId }) =>
      encodeFunctionData({ abi: marketAbi, functionName: "cancelOrder", args: [orderId] }),
    );
    const sold = open.filter(({ side }) => side === "ASK").reduce((sum, { openWh }) => sum + openWh, 0n);
    const bid = open
      .filter(({ side }) => side === "BID")
      .reduce((sum, { openWh, tick }) => sum + costOf(openWh, tick), 0n);
    const returned = { returnedEnergy: formatKwh(sold), returnedIdr: formatIdr(bid) };
    return context.json(
      await prepare({
        ...market,
        from,
        functionName: "multicall",
        args: [calls],
        effect: () =>
          `Takes ${open.length === 1 ? "1 order" : `${open.length} orders`} out of the book, the oldest first: ${formatKwh(sold)} kWh and ${formatIdr(bid)} IDR return to the balance`,
        result: () => ({ orders: String(open.length), ...returned }),
      }),
      200,
    );
  },
);

/** As many as one transaction may cancel: some 30,000 gas each. */
const MOST_CANCELLED = 200;

function openOrders(owner: Address, side: keyof typeof sides | undefined) {
  const resting = inArray(order.status, ["OPEN", "PARTIALLY_FILLED"]);
  const ofSide = side === undefined ? undefined : eq(order.side, side === "buy" ? "BID" : "ASK");
  return db
    .select()
    .from(order)
    .where(and(eq(order.owner, owner), resting, ofSide))
    .orderBy(asc(order.placedAt), asc(order.logIndex), asc(order.id))
    .limit(MOST_CANCELLED);
}

trading.openapi(
  route("get", "/quote", TAG, "What an order would meet in the book, as the index knows it", schemas.Quote, {
    query: z.object({
      side,
      energyAmount: schemas.energy,
      pricePerKwh: schemas.tick
        .optional()
        .openapi({ description: "Limit, whole IDR/kWh; no limit unless given" }),
      maxSteps: schemas.maxSteps,
      from: schemas.address.optional().openapi({
        description: "Who would order: `ownAmount` is about its own orders; nobody's unless given",
      }),
    }),
  }),
  async (context) => {
    const { side, energyAmount, pricePerKwh, maxSteps, from } = context.req.valid("query");
    const limit = pricePerKwh === undefined ? undefined : Number(pricePerKwh);
    const met = await quote({ side, wattHours: energyAmount, limit, maxSteps, owner: from });
    return context.json(
      {
        side,
        energyAmount: formatKwh(energyAmount),
        filledAmount: formatKwh(met.filledWh),
        restAmount: formatKwh(met.leftWh),
        ownAmount: formatKwh(met.ownWh),
        steps: met.steps,
        stopped: met.stopped,
        cost: formatIdr(met.costIdrs),
        averagePrice: ofPrice(met.averagePrice),
        bestPrice: ofTick(met.bestTick),
        worstPrice: ofTick(met.worstTick),
      },
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
      participantId: schemas.filter(schemas.address, "Buyer or seller"),
      ...schemas.range(),
      ...schemas.page,
    }),
    list: true,
  }),
  async (context) => {
    const { participantId, from, to, ...page } = context.req.valid("query");
    const where = and(
      participantId === undefined
        ? undefined
        : or(eq(fill.buyer, participantId), eq(fill.seller, participantId)),
      inRange(fill.timestamp, { from, to }),
    );
    return answerList(
      context,
      {
        name: "trades",
        item: schemas.Fill,
        table: fill,
        by: ["timestamp", "blockNumber", "logIndex"],
        where,
        show: fillOf,
      },
      page,
    );
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
        interval: schemas.interval.default("15m"),
        empty: schemas
          .oneOf(["true", "false"])
          .openapi({ description: "Whether spans without a fill are told too, at the price before them" })
          .default("false"),
        timeZone: schemas.timeZone.openapi({ description: schemas.CALENDAR_SPANS }),
        ...schemas.range("500 spans before `to`", "now"),
        format: schemas.format,
      }),
      csv: true,
    },
  ),
  async (context) => {
    const asked = context.req.valid("query");
    const interval = schemas.intervals[asked.interval];
    const to = asked.to ?? (await chainTime()) + 1n;
    const { timeZone } = asked;
    const from = asked.from ?? to - 500n * intervals[interval];
    const rows = await candles({ interval, from, to, timeZone, empty: asked.empty === "true" });
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
    return asked.format === "csv"
      ? answerCsv(context, `prices-${asked.interval}`, tableOf(schemas.Candle, items))
      : context.json({ items }, 200);
  },
);
