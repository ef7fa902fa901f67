/** What REST takes and answers: people are addresses, kWh and IDR decimal text, times ISO 8601. */

import { movementKind } from "ponder:schema";
import { format, instant, onlyThese, TIME_FORMS } from "@enerlink/edge/rest";
import {
  formatDecimal,
  isAddressText,
  isSerial,
  MINIMUM_WH,
  MOST_PRICE,
  MOST_TICK,
  MOST_WH,
  meterId,
  OfferStatus,
  parseDecimal,
  realNamesOf,
  serialOf,
  smalls,
  TradeStatus,
  TYPED_ADDRESS,
} from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { type Address, type Hex, maxUint16 } from "viem";
import type { Interval } from "../../../lib/spans.ts";

export { format, TIME_FORMS };

export const ANY_CASE = "In capitals or small letters";

/** Decimal text, or a number, read digit by digit into an integer with `decimals` decimals. */
function decimal(decimals: number, least: bigint, most: bigint, unit: string, example: string) {
  const range = `must be ${formatDecimal(least, decimals)} to ${formatDecimal(most, decimals)} ${unit}`;
  const precisely =
    decimals === 0 ? `${range}, a whole number` : `${range}, with at most ${decimals} decimals`;
  return z
    .union([z.string(), z.number()], { error: `${range}, as decimal text or a number` })
    .transform((given, context) => {
      try {
        const text = String(given);
        const value = parseDecimal(text, decimals);
        if (text === text.trim() && value >= least && value <= most) return value;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
      context.addIssue({ code: "custom", message: precisely });
      return z.NEVER;
    })
    .openapi({
      type: ["string", "number"],
      example,
      description: `${unit}; ${precisely}`,
    });
}

/** kWh to Wh: what an order, offer or request may be about. */
export const energy = decimal(3, MINIMUM_WH, MOST_WH, "kWh", "2.5");
/** kWh to Wh: what is handed over of a trade. */
export const delivered = decimal(3, 1n, MOST_WH, "kWh", "0.5");
export const energyFromZero = decimal(3, 0n, MOST_WH, "kWh", "0");
/** IDR/kWh to milli-IDR per kWh. */
export const offerPrice = decimal(3, 1n, MOST_PRICE, "IDR/kWh", "1444.7");
export const priceFromZero = decimal(3, 0n, MOST_PRICE, "IDR/kWh", "0");
/** Whole IDR/kWh: a tick of the order book. */
export const tick = decimal(0, 1n, BigInt(MOST_TICK), "IDR/kWh", "1445");

/** As much of a token as the market counts. */
export const MOST_IDRS = 2n ** 128n - 1n;
/** kWh to Wh: what a balance may hold. */
export const energyAmount = decimal(3, 0n, MOST_IDRS / 1_000n, "kWh", "2.5");
/** IDR to IDRS base units; also read for ETK, which has fewer decimals. */
export const amount = (most: bigint) => decimal(6, 0n, most, "IDR", "1000");

/** How much of which token; read with IDRS's decimals. */
export const tokenAmount = {
  token: oneOf(["ETK", "IDRS"]).openapi({ example: "IDRS" }),
  amount: amount(MOST_IDRS).openapi({
    description: "Most that the market may pull: kWh for ETK (3 decimals), IDR for IDRS (6 decimals)",
  }),
};

export const address = z
  .string({ error: `must be ${TYPED_ADDRESS}` })
  .refine(isAddressText, `must be ${TYPED_ADDRESS}`)
  .transform((text) => text.toLowerCase() as Address)
  .openapi({
    type: "string",
    pattern: "^0x[0-9a-fA-F]{40}$",
    description: "An address; mixed letters as its checksum has them (EIP-55)",
    example: "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
  });

const HASH = "must be a transaction's hash: 0x and 64 hexadecimal digits";
export const transactionHash = z
  .string({ error: HASH })
  .regex(/^0x[0-9a-f]{64}$/i, HASH)
  .transform((text) => text.toLowerCase() as Hex)
  .openapi({ type: "string", pattern: "^0x[0-9a-fA-F]{64}$" });

/** Where a calendar's days begin; which names there are, the question itself says. */
export const timeZone = z.string().default("UTC").openapi({
  example: "Asia/Jakarta",
  description: "The name of a time zone, in whose calendar periods begin",
});

/** The same, where spans of a length are asked for, and only the longer ones are the calendar's. */
export const CALENDAR_SPANS =
  "The name of a time zone, in whose calendar days (`1d`) and weeks (`1w`, from Monday) begin; shorter spans are whole in UTC";

const METER =
  "must be a meter's serial (1 to 32 characters of A-Z, a-z, 0-9 and -) or its id (0x and 64 hexadecimal digits)";

/** A meter by its serial or its id; read as its serial. */
export const meterName = z
  .string({ error: METER })
  .transform((text, context) => {
    if (isSerial(text)) return text;
    if (/^0x[0-9a-f]{64}$/i.test(text)) {
      const serial = serialOf(text.toLowerCase() as Hex);
      if (isSerial(serial) && meterId(serial) === text.toLowerCase()) return serial;
    }
    context.addIssue({ code: "custom", message: METER });
    return z.NEVER;
  })
  .openapi({ type: "string", example: "battery-01", description: "Serial, or id in hexadecimal" });

/** One of `names`, in capitals or small letters. */
export function oneOf<const Names extends readonly string[]>(names: Names) {
  const allowed = `must be ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
  return z
    .string({ error: allowed })
    .transform((text, context): Names[number] => {
      const found = names.find((name) => name.toLowerCase() === text.toLowerCase());
      if (found === undefined) context.addIssue({ code: "custom", message: allowed });
      return found ?? z.NEVER;
    })
    .openapi({ type: "string", enum: [...names], description: ANY_CASE });
}

/** How long the spans are that prices and energy are told by. */
export const intervals = {
  "1m": "MINUTE",
  "5m": "FIVE_MINUTES",
  "15m": "QUARTER_HOUR",
  "1h": "HOUR",
  "1d": "DAY",
  "1w": "WEEK",
} as const satisfies Record<string, Interval>;
export const interval = oneOf(["1m", "5m", "15m", "1h", "1d", "1w"]);

/** What a list is narrowed by: without it, rows are in it whatever they are. */
export const filter = <Schema extends z.ZodType>(schema: Schema, about = "") =>
  schema
    .optional()
    .openapi({ description: about === "" ? "Any unless given" : `${about}; any unless given` });

/** An offer's, a trade's or a community's number. */
export const number = z
  .string()
  .regex(/^\d{1,10}$/, "must be a whole number of at most 10 digits")
  .transform(BigInt)
  .openapi({ type: "string", pattern: "^\\d{1,10}$", example: "1" });

/** The same, in a body also as a number. */
export const numberOrText = z
  .union([number, z.number().int().min(0).max(9_999_999_999).transform(BigInt)], {
    error: "must be a whole number of at most 10 digits",
  })
  .openapi({ type: ["string", "integer"], example: "1" });

/** ISO 8601 to unix seconds. */
const timeBy = (whole: (seconds: number) => number) =>
  instant
    .transform((seconds) => BigInt(whole(seconds)))
    .openapi({ type: "string", format: "date-time", description: TIME_FORMS });

export const time = timeBy(Math.floor);

/** Of a range: rows are stamped to the second, so none lies between a moment and the next whole one. */
const moment = timeBy(Math.ceil);

/** A signed permission to pull a token; what to sign, `POST /trading/permit` says. */
export const permit = onlyThese({
  ...tokenAmount,
  deadline: time,
  signature: z
    .string()
    .regex(/^0x[0-9a-fA-F]{130}$/, "must be 65 bytes in hexadecimal, as a wallet signs")
    .transform((text) => text as Hex),
})
  .optional()
  .openapi({
    description:
      "Handed in with it, in one transaction: what `POST /trading/permit` answered as `permit`, with the wallet's `signature` of its `typedData`. None unless given: then the market pulls what it may pull already",
  });

/** A number, or decimal text as queries hold it; nothing else counts as one, least of all an empty text as 0. */
function numeric(type: "integer" | "number", least: number, most: number, unit = "") {
  const range = `must be ${least} to ${most}${unit}`;
  return z
    .union([z.number(), z.string().regex(/^-?\d{1,15}(\.\d{1,20})?(e-\d{1,2})?$/, range)], { error: range })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: range, abort: true })
    .refine(
      (value) => type === "number" || Number.isInteger(value),
      `must be a whole number, ${least} to ${most}${unit}`,
    )
    .openapi({ type: [type, "string"], minimum: least, maximum: most });
}

export const degrees = (most: number) => numeric("number", -most, most, " degrees");
export const distance = (most: number) => numeric("number", 0, most, " km");
export const count = (least: number, most: number) => numeric("integer", least, most);

/** How many orders an order may meet before the contract stops it. */
export const maxSteps = count(0, Number(maxUint16)).default(100).openapi({
  description:
    "Most orders to meet; one that was taken back and still lies in the queue counts too. Where they run out before others that cross, what is left is returned and does not rest, whatever `timeInForce` says. 0: rests where nothing crosses, and does nothing where something does",
});

/** A range of time: from its beginning to before its end. */
export const range = (beginning = "", end = "") => ({
  from: moment.optional().openapi({
    description: `At this time or later; ${beginning || "from the first"} unless given. ${TIME_FORMS}`,
  }),
  to: moment
    .optional()
    .openapi({ description: `Before this time; ${end || "to the last"} unless given. ${TIME_FORMS}` }),
});

/** A range of time to which belongs what ends in it: at its very end too, and at its beginning not. */
export const endings = (beginning: string, end: string) => ({
  from: moment
    .optional()
    .openapi({ description: `Whose energy ends after this time; ${beginning} unless given. ${TIME_FORMS}` }),
  to: moment
    .optional()
    .openapi({ description: `Whose energy ends at this time or before; ${end} unless given. ${TIME_FORMS}` }),
});

/**
 * A range of time, added up by periods of the calendar; `spans` are how long one may be, `beginning` when none is given,
 * `ranging` what belongs to a range.
 */
export const periods = <const Spans extends readonly [string, ...string[]]>(
  spans: Spans,
  beginning: string,
  ranging: (beginning: string, end: string) => ReturnType<typeof range> = range,
) => ({
  groupBy: oneOf(smalls(spans))
    .openapi({ description: ANY_CASE })
    .default("day" as never)
    .transform((span) => span.toUpperCase() as Spans[number]),
  timeZone,
  ...ranging(beginning, "now"),
  format,
});

export const page = {
  limit: count(1, 1_000).default(50).openapi({ description: "Most rows to answer, 1 to 1000" }),
  before: z.string().optional().openapi({
    description:
      "Goes on where a page ended: its `next`, with the same filters; from the first row on unless given",
  }),
  offset: count(0, 1_000_000).default(0).openapi({ description: "Rows to leave out first" }),
  format: format.openapi({
    description:
      "JSON, or comma-separated values with a line for each row of this page: `limit` at most, 50 unless given. Where there are more rows, the header `Link` says where it goes on",
  }),
};

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    total: z.number().int().openapi({ description: "How many rows there are in all" }),
    limit: z.number().int(),
    offset: z.number().int(),
    next: z.string().nullable().openapi({ description: "`before` of the next page; null at the end" }),
  });

// ------------------------------------------------------------------------------------------------- answers

export const kwh = z.string().openapi({ description: "kWh, decimal text", example: "2.5" });
export const idr = z.string().openapi({ description: "IDR, decimal text", example: "3611.75" });
export const idrPerKwh = z.string().openapi({ description: "IDR/kWh, decimal text", example: "1444.7" });
/** `schema` with another description. */
export const says = <Schema extends z.ZodType>(schema: Schema, description: string): Schema =>
  schema.openapi({ description });
export const person = z
  .string()
  .openapi({ description: "Address", example: "0x976EA74026E726554dB657fA54763abd0C3a0aa9" });
export const iso = z.string().openapi({ format: "date-time", example: "2026-11-21T08:00:00.000Z" });
export const hash = z.string().openapi({ description: "Transaction hash" });

export const offerStatuses = [...smalls(realNamesOf(OfferStatus)), "sold_out"] as const;
export const OFFER_STATUSES =
  "active: something can be bought of it; sold_out: nothing is left, and what was sold is asked for or on its way";
export const tradeStatuses = smalls(realNamesOf(TradeStatus));
export const orderStatuses = ["open", "partially_filled", "filled", "cancelled"] as const;

export const Offer = z
  .object({
    id: z.string(),
    sellerId: person,
    batteryId: z.string().openapi({ description: "The battery's serial" }),
    energyAmount: kwh,
    remainingAmount: kwh,
    pricePerKwh: idrPerKwh,
    location: z
      .object({ latitude: z.number(), longitude: z.number() })
      .openapi({ description: "Centre of the battery's cell, degrees" }),
    status: z.enum(offerStatuses).openapi({ description: OFFER_STATUSES }),
    createdAt: iso,
    updatedAt: iso,
    availableFrom: iso,
    availableTo: iso,
    distanceKm: z.number().optional().openapi({ description: "To that centre; where a point was given" }),
  })
  .openapi("Offer");

export const Trade = z
  .object({
    id: z.string(),
    offerId: z.string(),
    buyerId: person,
    sellerId: person,
    batteryId: says(z.string(), "Serial of the battery that is to discharge"),
    energyAmount: kwh,
    meteredAmount: says(kwh, "Exported for it since its acceptance, kWh, handed over or not"),
    deliverableAmount: says(
      kwh,
      "What could be delivered now, kWh: metered for it and not yet handed over, in its time",
    ),
    deliveredAmount: says(kwh, "Delivered and paid so far, kWh"),
    pricePerKwh: idrPerKwh,
    totalPrice: idr,
    escrow: says(idr, "What of the buyer's money is still held, IDR"),
    status: z.enum(tradeStatuses),
    availableFrom: says(iso, "From when on it can be delivered"),
    availableTo: says(iso, "The offer's end at the request; its delivery is paid for two hours more"),
    answerBy: says(iso, "Until when the seller may accept"),
    deliverBy: says(iso, "Until when its delivery is paid, pauses included"),
    acceptedAt: iso.nullable().openapi({ description: "null where the seller has not accepted it" }),
    createdAt: iso,
    updatedAt: iso,
  })
  .openapi("Trade");

export const Transaction = z
  .object({
    id: z.string(),
    tradeId: z.string(),
    buyerId: person,
    sellerId: person,
    energyAmount: kwh,
    pricePerKwh: idrPerKwh,
    totalPrice: idr,
    timestamp: iso,
    blockchainTxHash: hash,
  })
  .openapi("Transaction");

export const Rating = z
  .object({
    id: z.string(),
    tradeId: z.string(),
    raterId: says(person, "Who gave it"),
    ratedId: says(person, "Who got it"),
    stars: z.number().int().openapi({ description: "1 to 5" }),
    timestamp: iso,
    blockchainTxHash: hash,
  })
  .openapi("Rating");

export const Statistics = z
  .object({
    activeOffers: z.number().int(),
    totalOffers: z.number().int(),
    pendingTrades: z.number().int(),
    completedTrades: z.number().int(),
    transactionCount: z.number().int(),
    totalEnergyTraded: kwh,
    totalValueTraded: idr,
    averagePricePerKwh: idrPerKwh.nullable(),
  })
  .openapi("Statistics");

/** Fields of the oracle's `Settlement` too mean the same there. */
export const Settlement = z
  .object({
    id: z.string(),
    meterId: z.string().openapi({ description: "The meter's serial" }),
    ownerId: person,
    epoch: z.number().int().openapi({ description: "The register epoch" }),
    baseline: z.boolean().openapi({ description: "An epoch's first reading, which moves no token" }),
    exportKwh: kwh.openapi({ description: "Cumulative export register, kWh" }),
    importKwh: kwh.openapi({ description: "Cumulative import register, kWh" }),
    storedKwh: kwh.openapi({ description: "Energy in the battery, kWh" }),
    exportedKwh: kwh.openapi({ description: "Since the settlement before, kWh; 0 of an epoch's first" }),
    importedKwh: kwh.openapi({ description: "Since the settlement before, kWh; 0 of an epoch's first" }),
    tokensKwh: kwh.openapi({ description: "Minted; burned when negative, kWh" }),
    debtKwh: kwh.openapi({ description: "The meter's debt afterwards, kWh" }),
    readAt: iso.openapi({ description: "When the registers were read" }),
    settledAt: iso.openapi({ description: "Its block's time" }),
    timestamp: iso.openapi({ description: "As `settledAt`", deprecated: true }),
    transactionHash: hash,
    blockNumber: z.string().openapi({ description: "Its block's number" }),
    blockchainTxHash: hash.openapi({ description: "As `transactionHash`, by the name of all lists here" }),
  })
  .openapi("Settlement");

const ratio = z.number().nullable();
const exchange = {
  exportedKwh: kwh,
  importedKwh: kwh,
  sharedKwh: kwh.openapi({
    description: "What neighbours can have shared: in each settlement window the lesser of both",
  }),
  selfSufficiency: ratio.openapi({ description: "Its part of the import, 0 to 1; null without import" }),
};

export const Community = z
  .object({
    ...exchange,
    selfConsumption: ratio.openapi({ description: "Its part of the export, 0 to 1" }),
    windowSeconds: z.number().int().openapi({ description: "Length of a settlement window, seconds" }),
    windows: z
      .array(z.object({ start: iso, ...exchange }))
      .openapi({ description: "The spans of `interval` in which something was settled, oldest first" }),
  })
  .openapi("CommunityEnergy");

export const Order = z
  .object({
    id: z
      .string()
      .openapi({ description: "Order id as decimal text; of an order filled at once, its first fill's id" }),
    ownerId: person,
    side: z.enum(["buy", "sell"]),
    pricePerKwh: says(
      idrPerKwh,
      "IDR/kWh, decimal text: its limit; of an order that never rested, of which the chain says no limit, the price of its last fill",
    ),
    energyAmount: says(
      kwh,
      "kWh, decimal text: what was filled before it rested, and what then rested. What was returned at once the chain does not say, so that of an order that never rested it is what was filled",
    ),
    filledAmount: kwh,
    remainingAmount: says(kwh, "kWh, decimal text: what rests in the book"),
    filledPrice: says(idr, "IDR, decimal text: what all that was filled cost in all, not per kWh"),
    status: z.enum(orderStatuses).openapi({
      description:
        "filled: nothing of it rests, also where a part of an order that never rested was returned",
    }),
    createdAt: iso,
    updatedAt: iso,
    blockchainTxHash: hash,
  })
  .openapi("Order");

const orderId = z.string().openapi({
  description: "The order's id; of an order that was filled at once, and so has none, its first fill's",
});

export const Fill = z
  .object({
    id: z.string(),
    makerOrderId: orderId,
    takerOrderId: orderId,
    buyerId: person,
    sellerId: person,
    takerSide: z.enum(["buy", "sell"]),
    energyAmount: kwh,
    pricePerKwh: idrPerKwh,
    totalPrice: idr,
    timestamp: iso,
    blockchainTxHash: hash,
  })
  .openapi("Fill");

const Level = z.object({
  pricePerKwh: idrPerKwh,
  energyAmount: kwh,
  totalEnergy: kwh,
  orders: z.number().int(),
});

export const OfferLevel = z
  .object({ pricePerKwh: idrPerKwh, energyAmount: kwh, totalEnergy: kwh, offers: z.number().int() })
  .openapi("OfferLevel");

export const OrderBook = z
  .object({
    bids: z.array(Level),
    asks: z.array(Level),
    bestBid: idrPerKwh.nullable(),
    bestAsk: idrPerKwh.nullable(),
    spread: idrPerKwh.nullable(),
  })
  .openapi("OrderBook");

export const Candle = z
  .object({
    start: iso,
    open: idrPerKwh,
    high: idrPerKwh,
    low: idrPerKwh,
    close: idrPerKwh,
    volume: kwh,
    value: idr,
    fills: z.number().int(),
  })
  .openapi("Candle");

const Amounts = z.object({ energy: kwh, idr });

export const Balances = z
  .object({
    address: person,
    wallet: Amounts,
    trading: Amounts.openapi({ description: "Free" }),
    orders: Amounts.openapi({ description: "In open orders" }),
    escrow: z.object({ idr }).openapi({ description: "Held for trades as a buyer" }),
    total: Amounts,
    debt: kwh.openapi({ description: "Of all its meters, kWh" }),
  })
  .openapi("Balances");

const movedKinds = [...smalls(movementKind.enumValues), "minted", "burned", "sent"] as const;

export const WalletTransaction = z
  .object({
    id: z.string(),
    type: z
      .enum(movedKinds)
      .openapi({ example: "bought", description: "Of the wallet: minted, burned, sent or received" }),
    where: z.enum(["wallet", "trading"]).openapi({ description: "Which balance changed" }),
    energyAmount: kwh.openapi({ description: "Change, kWh; negative when it left" }),
    amount: idr.openapi({ description: "Change, IDR; negative when it left" }),
    counterparty: person.nullable(),
    reference: z.string().nullable().openapi({ description: "Order, fill or trade that it belongs to" }),
    timestamp: iso,
    blockchainTxHash: hash,
  })
  .openapi("WalletTransaction");

export const Dashboard = z
  .object({
    market: z.object({
      lastPrice: idrPerKwh.nullable(),
      bestBid: idrPerKwh.nullable(),
      bestAsk: idrPerKwh.nullable(),
      averagePrice24h: idrPerKwh.nullable(),
      high24h: idrPerKwh.nullable(),
      low24h: idrPerKwh.nullable(),
      volume24h: kwh,
      openOrders: z.number().int(),
      activeOffers: z.number().int(),
      pendingTrades: z.number().int(),
      completedTrades: z.number().int(),
    }),
    energy: z.object({
      minted: kwh,
      burned: kwh,
      traded: kwh,
      exported24h: kwh,
      imported24h: kwh,
      selfSufficiency24h: z.number().nullable(),
    }),
    suggestedPrice: idrPerKwh,
    timestamp: iso,
  })
  .openapi("Dashboard");

export const TransactionToSign = z
  .object({
    transaction: z.object({
      from: person,
      to: person,
      data: z.string(),
      value: z.string(),
      chainId: z.number().int(),
      gas: z.string().openapi({ description: "Estimated; leave room" }),
    }),
    effect: z.string().openapi({
      description:
        "What it will do, in words, as simulated against the latest block. Of an order: the worst case first, which is called so (all of it, at its limit), then what it would meet at once, how much of that are the sender's own orders as the index knows the book, and what becomes of the rest",
    }),
    result: z.record(z.string(), z.string()).openapi({
      description:
        "What the contract would return, such as the new offer's id. Of an order: `orderId` (0 where nothing would rest), `filledAmount`, `restingAmount`, `returnedAmount`, and `ownAmount`, what of `filledAmount` are the sender's own orders; all of it 0 but `returnedAmount`: the order would do nothing",
    }),
  })
  .openapi("TransactionToSign");

const parts = z.array(z.object({ name: z.string(), type: z.string() }));

export const PermitToSign = z
  .object({
    typedData: z
      .object({
        domain: z.object({
          name: z.string(),
          version: z.string(),
          chainId: z.number().int(),
          verifyingContract: person,
        }),
        types: z.object({ EIP712Domain: parts, Permit: parts }),
        primaryType: z.literal("Permit"),
        message: z.object({
          owner: person,
          spender: person,
          value: z.string(),
          nonce: z.string(),
          deadline: z.string(),
        }),
      })
      .openapi({ description: "For `eth_signTypedData_v4` (ERC-2612)" }),
    permit: z
      .object({ token: z.enum(["ETK", "IDRS"]), amount: z.string(), deadline: iso })
      .openapi({ description: "Goes with the order, together with the `signature`" }),
    allowance: z.string().nullable().openapi({
      description:
        "What the market may pull now, which the permit replaces: where this is enough, none is needed; null: without limit",
    }),
    effect: z.string(),
  })
  .openapi("PermitToSign");

export const Quote = z
  .object({
    side: z.enum(["buy", "sell"]),
    energyAmount: kwh,
    filledAmount: says(kwh, "What would be filled at once, kWh"),
    restAmount: says(kwh, "What would not, kWh; where `stopped`, it would not rest either"),
    ownAmount: says(
      kwh,
      "What of `filledAmount` would be met by own orders of `from`, kWh; 0 where nobody is named. The contract lets an account trade with itself: a fill is told, and only its own orders are gone",
    ),
    steps: z.number().int().openapi({ description: "How many orders it would meet" }),
    stopped: z.boolean().openapi({
      description:
        "Whether `maxSteps` would run out before other orders that cross: the contract then returns what is left",
    }),
    cost: says(idr, "Of what would be filled, IDR"),
    averagePrice: idrPerKwh.nullable().openapi({ description: "Rounded down; null where nothing would be" }),
    bestPrice: idrPerKwh.nullable(),
    worstPrice: idrPerKwh.nullable().openapi({ description: "The limit that fills as much" }),
  })
  .openapi("Quote");
