/**
 * The tables of the index. Everywhere: energy in Wh (ETK base units), money in IDRS base units (10^-6 IDR), a price in
 * milli-IDR per kWh (= IDRS base units per Wh), a tick in whole IDR per kWh, times in unix seconds, addresses in lower
 * case. A row that stands for one event has the id `<transaction hash>-<log index>`.
 *
 * A key that is text must never read like one of its event's numbers (a decimal order id would): Ponder foresees which
 * rows a handler will want by comparing keys with arguments as text, and then looks for the number in the text column.
 */
import {
  capitals,
  MeterKind,
  MeterStatus,
  namesOf,
  OfferStatus,
  realNamesOf,
  Side,
  TradeStatus,
  TrustClass,
  WithdrawalStatus,
} from "@enerlink/protocol";
import { index, onchainEnum, onchainTable, primaryKey, relations } from "ponder";
import { type Interval, intervals } from "./lib/spans.ts";

// ---------------------------------------------------------------------------------------------------- accounts

/** Everybody who ever held tokens: what they have now, and what they traded in all. */
export const account = onchainTable("account", (t) => ({
  /** Address that owns tokens, orders, offers or meters. */
  id: t.hex().primaryKey(),
  /** ETK in the wallet, Wh; equals `EnergyToken.balanceOf`. */
  walletWh: t.bigint().notNull(),
  /** IDRS in the wallet; equals `RupiahToken.balanceOf`. */
  walletIdrs: t.bigint().notNull(),
  /** Free energy in the trading balance, Wh; equals `EnergyMarket.tradingBalance`. */
  tradingWh: t.bigint().notNull(),
  /** Free money in the trading balance, IDRS. */
  tradingIdrs: t.bigint().notNull(),
  /** Energy that rests in open asks, Wh. */
  ordersWh: t.bigint().notNull(),
  /** Money that rests in open bids, IDRS. */
  ordersIdrs: t.bigint().notNull(),
  /** Money held for requested and accepted trades as a buyer, IDRS. */
  escrowIdrs: t.bigint().notNull(),
  /** Energy bought in the order book and received in trades, Wh. */
  boughtWh: t.bigint().notNull(),
  /** Energy sold likewise, Wh. */
  soldWh: t.bigint().notNull(),
  /** Money paid for energy bought, IDRS. */
  spentIdrs: t.bigint().notNull(),
  /** Money earned with energy sold, IDRS. */
  earnedIdrs: t.bigint().notNull(),
  /** Id of the latest fill that it took, not made; null before the first. */
  latestFill: t.text(),
  /** Block time of the account's first event. */
  firstSeenAt: t.bigint().notNull(),
}));

export const token = onchainEnum("token", ["ETK", "IDRS"]);

/** Each time tokens went from one wallet to another. */
export const transfer = onchainTable(
  "transfer",
  (t) => ({
    id: t.text().primaryKey(),
    /** ETK or IDRS. */
    token: token().notNull(),
    /** Zero address: minted. */
    from: t.hex().notNull(),
    /** Zero address: burned. */
    to: t.hex().notNull(),
    /** Wh for ETK, IDRS base units for IDRS. */
    amount: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    from: index().on(table.from, table.timestamp),
    to: index().on(table.to, table.timestamp),
  }),
);

export const movementKind = onchainEnum("movement_kind", [
  "DEPOSITED",
  "WITHDRAWN",
  "DRAWN",
  "CREDITED",
  "TAKEN",
  "GIVEN",
  "RECEIVED",
  "ORDER_PLACED",
  "ORDER_CANCELLED",
  "BOUGHT",
  "SOLD",
  "ESCROWED",
  "REFUNDED",
  "DELIVERY_BOUGHT",
  "DELIVERY_SOLD",
]);

/** Every change of a free trading balance: their sum over an account is its `tradingWh` and `tradingIdrs`. */
export const movement = onchainTable(
  "movement",
  (t) => ({
    /** `<transaction hash>-<log index>-<kind>`, and `-<entry>` for one of a module's: one event may move many balances. */
    id: t.text().primaryKey(),
    /** Whose balance changed. */
    account: t.hex().notNull(),
    /** Why it changed. */
    kind: movementKind().notNull(),
    /** Change of the free energy, Wh; negative when it left. Zero for a maker whose energy was in the order. */
    energyWh: t.bigint().notNull(),
    /** Change of the free money, IDRS; negative when it left. */
    idrs: t.bigint().notNull(),
    /** The order's, fill's or trade's id that it belongs to; null for deposits, withdrawals and draws. */
    reference: t.text(),
    /** The other side: who bought, sold, or took and gave as a module; null where there is none, or several at once. */
    counterparty: t.hex(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ account: index().on(table.account, table.timestamp) }),
);

/** Numbers by which modules of the market name its accounts. */
export const tradingAccount = onchainTable("trading_account", (t) => ({
  /** Counted from 1. */
  number: t.integer().primaryKey(),
  /** Whose balance it is. */
  owner: t.hex().notNull(),
}));

/** Which contracts an account lets take from its free trading balance. */
export const moduleAuthorization = onchainTable(
  "module_authorization",
  (t) => ({
    /** Whose balance it is. */
    account: t.hex().notNull(),
    /** The contract that may take from it. */
    module: t.hex().notNull(),
    /** False once it was taken back. */
    allowed: t.boolean().notNull(),
    /** Block time of the latest word on it, unix seconds. */
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.account, table.module] }) }),
);

// ---------------------------------------------------------------------------------------------------- order book

export const side = onchainEnum("side", capitals(namesOf(Side)));
export const orderStatus = onchainEnum("order_status", ["OPEN", "PARTIALLY_FILLED", "FILLED", "CANCELLED"]);

/** Orders of the book. */
export const order = onchainTable(
  "order",
  (t) => ({
    /** The contract's order id in hexadecimal; for an order filled at once, which has none, its first fill's id. */
    id: t.text().primaryKey(),
    /** The contract's order id; null for an order filled at once. */
    orderId: t.bigint(),
    /** Who placed it. */
    owner: t.hex().notNull(),
    /** BID buys, ASK sells. */
    side: side().notNull(),
    /** Limit, IDR/kWh; for an order filled at once, whose limit is in no event, its last fill's tick. */
    tick: t.integer().notNull(),
    /** What was placed: rested plus filled at once, Wh. What an immediate order left unfilled is in no event. */
    placedWh: t.bigint().notNull(),
    /** Filled so far, at once and resting, Wh. */
    filledWh: t.bigint().notNull(),
    /** What rests, Wh; equals `EnergyMarket.openOrder`. */
    openWh: t.bigint().notNull(),
    /** Paid or received for `filledWh`, IDRS. */
    filledIdrs: t.bigint().notNull(),
    /** OPEN and PARTIALLY_FILLED rest in the book; CANCELLED may have been filled in part before. */
    status: orderStatus().notNull(),
    /** When it was placed, unix seconds. */
    placedAt: t.bigint().notNull(),
    /** When it last changed, unix seconds. */
    updatedAt: t.bigint().notNull(),
    /** Transaction in which it was placed. */
    transactionHash: t.hex().notNull(),
    /** Position in that transaction's block. */
    logIndex: t.integer().notNull(),
  }),
  (table) => ({
    orderId: index().on(table.orderId),
    owner: index().on(table.owner, table.placedAt),
    open: index().on(table.owner, table.status, table.placedAt),
    status: index().on(table.status, table.side, table.tick),
    placed: index().on(table.placedAt),
    transaction: index().on(table.transactionHash),
  }),
);

/** One match of two orders. */
export const fill = onchainTable(
  "fill",
  (t) => ({
    id: t.text().primaryKey(),
    /** `order.id` of the resting order that was filled. */
    makerOrder: t.text().notNull(),
    /** `order.id` of the order that filled it. */
    takerOrder: t.text().notNull(),
    /** Who placed the order that rested. */
    maker: t.hex().notNull(),
    /** Who placed the order that met it. */
    taker: t.hex().notNull(),
    /** Who got the energy. */
    buyer: t.hex().notNull(),
    /** Who got the money. */
    seller: t.hex().notNull(),
    /** BID: the taker bought. */
    takerSide: side().notNull(),
    /** The maker's tick, IDR/kWh. */
    tick: t.integer().notNull(),
    /** Energy that changed hands, Wh. */
    wattHours: t.bigint().notNull(),
    /** IDRS that the buyer paid the seller: wattHours * tick * 1000. */
    cost: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
    logIndex: t.integer().notNull(),
  }),
  (table) => ({
    time: index().on(table.timestamp),
    makerOrder: index().on(table.makerOrder),
    takerOrder: index().on(table.takerOrder),
    buyer: index().on(table.buyer, table.timestamp),
    seller: index().on(table.seller, table.timestamp),
  }),
);

/** Levels of the book; those that hold something equal `EnergyMarket.depth`. */
export const priceLevel = onchainTable(
  "price_level",
  (t) => ({
    /** `<side>-<tick>` */
    id: t.text().primaryKey(),
    /** BID or ASK. */
    side: side().notNull(),
    /** IDR/kWh */
    tick: t.integer().notNull(),
    /** What rests there, Wh; 0 where everything was filled or taken back. */
    wattHours: t.bigint().notNull(),
    /** How many orders rest there. */
    orders: t.integer().notNull(),
  }),
  (table) => ({ best: index().on(table.side, table.tick) }),
);

export const interval = onchainEnum("span_length", Object.keys(intervals) as [Interval, ...Interval[]]);

/** Prices of the order book's fills over a span of time; spans without a fill have no row. */
export const priceCandle = onchainTable(
  "price_candle",
  (t) => ({
    /** Length of the span. */
    interval: interval().notNull(),
    /** Start of the span, a multiple of its length since 1970 (UTC); of a week Monday. */
    start: t.bigint().notNull(),
    /** First tick, IDR/kWh. */
    open: t.integer().notNull(),
    /** Highest tick, IDR/kWh. */
    high: t.integer().notNull(),
    /** Lowest tick, IDR/kWh. */
    low: t.integer().notNull(),
    /** Last tick, IDR/kWh. */
    close: t.integer().notNull(),
    /** Energy traded, Wh. */
    volumeWh: t.bigint().notNull(),
    /** Its cost, IDRS; the average price is valueIdrs / volumeWh milli-IDR per kWh. */
    valueIdrs: t.bigint().notNull(),
    /** How many fills. */
    fills: t.integer().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.interval, table.start] }) }),
);

// ---------------------------------------------------------------------------------------------------- offer board

export const offerStatus = onchainEnum("offer_status", capitals(realNamesOf(OfferStatus)));

/** Energy of a battery, offered from a place for a time. */
export const offer = onchainTable(
  "offer",
  (t) => ({
    /** Counted from 1. */
    id: t.bigint().primaryKey(),
    /** Who offers it. */
    seller: t.hex().notNull(),
    /** Meter of the battery that will discharge. */
    batteryId: t.hex().notNull(),
    /** Offered in all, Wh: what remains plus what was accepted. */
    offeredWh: t.bigint().notNull(),
    /** Not promised to anybody yet, Wh. */
    remainingWh: t.bigint().notNull(),
    /** milli-IDR per kWh. */
    price: t.bigint().notNull(),
    /** H3 cell as its 15 hexadecimal digits. */
    h3Cell: t.text().notNull(),
    /** That cell's resolution, 0 to 7. */
    resolution: t.integer().notNull(),
    /** The H3 cell of resolution 5 above it, or itself where it is no finer: by it places are searched. */
    searchCell: t.text().notNull(),
    /** From when it can be delivered, unix seconds. */
    availableFrom: t.bigint().notNull(),
    /** Until when it can be bought, unix seconds. */
    availableTo: t.bigint().notNull(),
    /** Accepted trades that are neither completed nor expired. */
    openTrades: t.integer().notNull(),
    /** As the events say. No event tells that time has passed: `currentStatus` in the GraphQL does. */
    status: offerStatus().notNull(),
    /** Unix seconds. */
    createdAt: t.bigint().notNull(),
    /** When it last changed, unix seconds. */
    updatedAt: t.bigint().notNull(),
    /** Transaction that created it. */
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    seller: index().on(table.seller),
    open: index().on(table.status, table.availableTo),
    cell: index().on(table.searchCell),
  }),
);

export const tradeStatus = onchainEnum("trade_status", capitals(realNamesOf(TradeStatus)));

/** A part of an offer that a buyer asked for, and what became of it. */
export const trade = onchainTable(
  "trade",
  (t) => ({
    /** Counted from 1. */
    id: t.bigint().primaryKey(),
    /** The offer that it is a part of. */
    offerId: t.bigint().notNull(),
    /** Who asked for it. */
    buyer: t.hex().notNull(),
    /** Whose offer it is. */
    seller: t.hex().notNull(),
    /** Meter of the battery that is to discharge. */
    batteryId: t.hex().notNull(),
    /** Requested, Wh. */
    wattHours: t.bigint().notNull(),
    /** Exported for it since its acceptance, Wh: what of this is not delivered yet can be, until its deadline. */
    meteredWh: t.bigint().notNull(),
    /** Delivered and paid so far, Wh. */
    deliveredWh: t.bigint().notNull(),
    /** Agreed at the request, milli-IDR per kWh. */
    price: t.bigint().notNull(),
    /** What of the buyer's money is still held, IDRS. */
    escrowIdrs: t.bigint().notNull(),
    /** From when it can be delivered, unix seconds. */
    availableFrom: t.bigint().notNull(),
    /** The offer's end at the request, unix seconds; delivery is paid for two hours more. */
    availableTo: t.bigint().notNull(),
    /** Until when the seller may accept, unix seconds. */
    answerBy: t.bigint().notNull(),
    /** What the battery's clock of stops showed when the trade was accepted, seconds; later stops move its deadline. */
    stoppedBefore: t.bigint().notNull(),
    /** As the events say; a request that nobody answered stays PENDING until somebody closes it. */
    status: tradeStatus().notNull(),
    /** Unix seconds. */
    requestedAt: t.bigint().notNull(),
    /** Unix seconds; null before. */
    acceptedAt: t.bigint(),
    /** When it last changed, unix seconds. */
    updatedAt: t.bigint().notNull(),
    /** Of the request. */
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    offer: index().on(table.offerId),
    buyer: index().on(table.buyer),
    seller: index().on(table.seller),
    status: index().on(table.status, table.answerBy),
  }),
);

/** One delivery: energy against its price. */
export const energyTransaction = onchainTable(
  "energy_transaction",
  (t) => ({
    id: t.text().primaryKey(),
    /** The trade that it belongs to. */
    tradeId: t.bigint().notNull(),
    /** That trade's offer. */
    offerId: t.bigint().notNull(),
    /** Who got the energy. */
    buyer: t.hex().notNull(),
    /** Who got the money. */
    seller: t.hex().notNull(),
    /** Who called `deliver`. */
    caller: t.hex().notNull(),
    /** Energy delivered, Wh. */
    wattHours: t.bigint().notNull(),
    /** milli-IDR per kWh. */
    price: t.bigint().notNull(),
    /** IDRS paid: wattHours * price. */
    cost: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    trade: index().on(table.tradeId),
    buyer: index().on(table.buyer, table.timestamp),
    seller: index().on(table.seller, table.timestamp),
    time: index().on(table.timestamp),
  }),
);

/** What one side of a trade gave the other. */
export const rating = onchainTable(
  "rating",
  (t) => ({
    id: t.text().primaryKey(),
    /** The trade that it is about. */
    tradeId: t.bigint().notNull(),
    /** Who gave it. */
    rater: t.hex().notNull(),
    /** Who got it. */
    rated: t.hex().notNull(),
    /** 1 to 5 */
    stars: t.integer().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ rated: index().on(table.rated), trade: index().on(table.tradeId) }),
);

/** Equals `EnergyMarket.reputation`. */
export const reputation = onchainTable("reputation", (t) => ({
  /** The account. */
  id: t.hex().primaryKey(),
  /** Sold in trades that are over, completed or expired, Wh. */
  promisedWh: t.bigint().notNull(),
  /** Delivered of that, Wh. */
  deliveredWh: t.bigint().notNull(),
  /** How many ratings were received. */
  ratings: t.integer().notNull(),
  /** Sum of their stars. */
  stars: t.integer().notNull(),
}));

// ---------------------------------------------------------------------------------------------------- neighbourhood

/** Neighbours who share each slot's energy. */
export const community = onchainTable(
  "community",
  (t) => ({
    /** Counted from 1. */
    id: t.integer().primaryKey(),
    /** Who takes and gives what neighbours do not. */
    utility: t.hex().notNull(),
    /** Who gets the network fee. */
    gridOperator: t.hex().notNull(),
    /** Whether the utility has agreed to be it: nobody joins before. */
    accepted: t.boolean().notNull(),
    /** Length of a slot, seconds. */
    slot: t.integer().notNull(),
    /** How many meters are members. */
    members: t.integer().notNull(),
    /** A reading of up to so many seconds after a slot's end is taken for its end. */
    tolerance: t.integer().notNull(),
    /** What the utility asks for in slots that begin before `nextFrom`, IDR/kWh. */
    retail: t.integer().notNull(),
    /** What the utility pays in them, IDR/kWh. */
    feedIn: t.integer().notNull(),
    /** What the grid operator gets of each kWh that neighbours share before `nextFeeFrom`, IDR/kWh; the buyer pays it. */
    fee: t.integer().notNull(),
    /** What the utility asks for in slots that begin at `nextFrom` or later, IDR/kWh; null before any was announced. */
    nextRetail: t.integer(),
    /** What the utility pays in them, IDR/kWh. */
    nextFeedIn: t.integer(),
    /** From which beginning of a slot on the latest announced tariff counts, unix seconds; null before any was announced. */
    nextFrom: t.bigint(),
    /** What the grid operator gets in slots that begin at `nextFeeFrom` or later, IDR/kWh; null before any was announced. */
    nextFee: t.integer(),
    /** From which beginning of a slot on the latest announced fee counts, unix seconds; null before any was announced. */
    nextFeeFrom: t.bigint(),
    /** End of the latest cleared slot, unix seconds; 0 before the first. */
    clearedTo: t.bigint().notNull(),
  }),
  (table) => ({ utility: index().on(table.utility), gridOperator: index().on(table.gridOperator) }),
);

/** What the utility and the network ask for, each time it was announced. */
export const communityTerms = onchainTable(
  "community_terms",
  (t) => ({
    id: t.text().primaryKey(),
    /** The community. */
    communityId: t.integer().notNull(),
    /** What the utility asks for, IDR/kWh; null where the fee alone was announced. */
    retail: t.integer(),
    /** What the utility pays, IDR/kWh; null where the fee alone was announced. */
    feedIn: t.integer(),
    /** What neighbours who buy pay the grid operator, IDR/kWh; null where the tariff alone was announced. */
    fee: t.integer(),
    /** From which beginning of a slot on, unix seconds. */
    from: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ community: index().on(table.communityId, table.from) }),
);

/** Members by their place in the list, as `SlotPool.members` gives them. */
export const communityMember = onchainTable(
  "community_member",
  (t) => ({
    /** The community. */
    communityId: t.integer().notNull(),
    /** Position in the list, from 0. */
    place: t.integer().notNull(),
    /** The meter that stands there. */
    meterId: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.communityId, table.place] }),
    meter: index().on(table.meterId),
  }),
);

/** The limits that a member set, each time: they count for every slot that is cleared afterwards. */
export const limitsChange = onchainTable(
  "limits_change",
  (t) => ({
    id: t.text().primaryKey(),
    /** The member. */
    meterId: t.hex().notNull(),
    /** The community. */
    communityId: t.integer().notNull(),
    /** The lowest price at which it sells to neighbours, IDR/kWh. */
    sellFrom: t.integer().notNull(),
    /** The highest price at which it buys from neighbours, fee included, IDR/kWh. */
    buyUpTo: t.integer().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ meter: index().on(table.meterId, table.timestamp) }),
);

/** A cleared slot: what neighbours shared in it, at what price, and what the utility took and gave. */
export const clearedSlot = onchainTable(
  "cleared_slot",
  (t) => ({
    /** The community. */
    communityId: t.integer().notNull(),
    /** Its beginning, unix seconds. */
    slotStart: t.bigint().notNull(),
    /** Its end, unix seconds. */
    slotEnd: t.bigint().notNull(),
    /** What neighbours who sold got, IDRS base units per Wh (= milli-IDR per kWh); null where nothing was shared. */
    price: t.bigint(),
    /** What went from neighbour to neighbour, Wh. */
    sharedWh: t.bigint().notNull(),
    /** What everybody who was read had left over, Wh; whatever their limits. */
    surplusWh: t.bigint().notNull(),
    /** What everybody who was read needed, Wh; whatever their limits and money. */
    needWh: t.bigint().notNull(),
    /** What the utility took of the surplus, Wh. */
    soldToUtilityWh: t.bigint().notNull(),
    /** What the utility gave to the need, Wh. */
    boughtFromUtilityWh: t.bigint().notNull(),
    /** What the utility asked for in this slot, IDR/kWh. */
    retail: t.integer().notNull(),
    /** What the utility paid in this slot, IDR/kWh. */
    feedIn: t.integer().notNull(),
    /** What the grid operator got of each shared kWh, IDR/kWh; the buyer paid it. */
    fee: t.integer().notNull(),
    /** How many members were read at its end. */
    present: t.integer().notNull(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.communityId, table.slotEnd] }),
    start: index().on(table.communityId, table.slotStart),
  }),
);

export const slotSide = onchainEnum("slot_side", ["SOLD", "BOUGHT"]);

/** One member's part of a cleared slot; none of who was absent or counted nothing. */
export const slotShare = onchainTable(
  "slot_share",
  (t) => ({
    /** The member. */
    meterId: t.hex().notNull(),
    /** The slot's beginning, unix seconds. */
    slotStart: t.bigint().notNull(),
    /** The slot's end, unix seconds. */
    slotEnd: t.bigint().notNull(),
    /** The community. */
    communityId: t.integer().notNull(),
    /** Who owned the meter, and paid or was paid. */
    account: t.hex().notNull(),
    /** Whether it had surplus or need. */
    side: slotSide().notNull(),
    /** Shared with neighbours, Wh. */
    sharedWh: t.bigint().notNull(),
    /** Sold to or bought from the utility, Wh. */
    utilityWh: t.bigint().notNull(),
    /** Of a seller what nobody paid and it kept, of a buyer what became arrears, Wh. */
    leftWh: t.bigint().notNull(),
    /** What a seller got, what a buyer paid, fee included, IDRS base units; for what was shared and the utility's. */
    amount: t.bigint().notNull(),
    /** Of a buyer's amount what went to the grid operator, IDRS base units; a seller pays none. */
    fee: t.bigint().notNull(),
    /** What the utility alone would have paid or asked for the same energy by the slot's tariff, IDRS base units. */
    plnAmount: t.bigint().notNull(),
    /** What neighbours who sold got, IDRS base units per Wh; null where nothing was shared in the slot. */
    price: t.bigint(),
    /** The lowest price at which it sold to neighbours, as it was when the slot was cleared, IDR/kWh. */
    sellFrom: t.integer().notNull(),
    /** The highest price at which it bought from neighbours, fee included, as it was then, IDR/kWh. */
    buyUpTo: t.integer().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.meterId, table.slotEnd] }),
    slot: index().on(table.communityId, table.slotEnd),
    meter: index().on(table.meterId, table.slotStart),
    account: index().on(table.account, table.slotStart),
  }),
);

/** One row: the market's switches and running totals. */
export const market = onchainTable("market", (t) => ({
  /** The EnergyMarket's address. */
  id: t.hex().primaryKey(),
  /** Whether placing orders is switched off. */
  bookPaused: t.boolean().notNull(),
  /** Whether offering, requesting and accepting are switched off. */
  boardPaused: t.boolean().notNull(),
  /** Whether no reporter settles. */
  settlementStopped: t.boolean().notNull(),
  /** How long board or settlement were stopped in all before the present stop, seconds. */
  stoppedFor: t.bigint().notNull(),
  /** Since when one of them is stopped now, unix seconds; 0 when none is. */
  stoppedSince: t.bigint().notNull(),
  /** Lowest price of an offer, milli-IDR per kWh. */
  minimumPrice: t.bigint().notNull(),
  /** Tick of the latest fill; null before the first. */
  lastTick: t.integer(),
  /** Time of the latest fill, unix seconds; null before the first. */
  lastFilledAt: t.bigint(),
  /** Fills of the order book. */
  fills: t.integer().notNull(),
  /** Energy that they moved, Wh. */
  filledWh: t.bigint().notNull(),
  /** Money that they moved, IDRS. */
  filledIdrs: t.bigint().notNull(),
  /** Deliveries of trades. */
  deliveries: t.integer().notNull(),
  /** Energy that they moved, Wh. */
  deliveredWh: t.bigint().notNull(),
  /** Money that they moved, IDRS. */
  deliveredIdrs: t.bigint().notNull(),
  /** Offers ever created. */
  offers: t.integer().notNull(),
  /** Trades ever requested. */
  trades: t.integer().notNull(),
  /** Trades ever completed. */
  completedTrades: t.integer().notNull(),
  /** ETK minted for metered surplus, Wh. */
  mintedWh: t.bigint().notNull(),
  /** ETK burned for metered demand and repaid debt, Wh. */
  burnedWh: t.bigint().notNull(),
}));

// ---------------------------------------------------------------------------------------------------- metering

export const meterKind = onchainEnum("meter_kind", capitals(namesOf(MeterKind)));
export const trustClass = onchainEnum("trust_class", namesOf(TrustClass));
export const meterStatus = onchainEnum("meter_status", capitals(realNamesOf(MeterStatus)));

/** Registered meters: the registry's record, and what is settled of them. */
export const meter = onchainTable(
  "meter",
  (t) => ({
    /** Serial as zero-padded ASCII. */
    id: t.hex().primaryKey(),
    /** As printed on the device. */
    serial: t.text().notNull(),
    /** Short id, counted from 1. */
    number: t.integer().notNull(),
    /** To whom its surplus is minted; null until somebody has accepted it. */
    owner: t.hex(),
    /** Who may accept it: named at the registration, or to whom it is being transferred. */
    pendingOwner: t.hex(),
    /** From when, unix seconds: 0 unless the registrar transfers it from its owner; null when nobody may. */
    acceptableFrom: t.bigint(),
    /** What stands behind the connection. */
    kind: meterKind().notNull(),
    /** How far its reports are trusted: A signs itself, B is signed for by a gateway, C does not sign. */
    trust: trustClass().notNull(),
    /** Whether it settles. */
    status: meterStatus().notNull(),
    /** The grid connection that it stands at; null for a sub-meter, which never settles. */
    connectionPoint: t.hex(),
    /** Rated power of the connection towards the grid, W, as it was set last; it counts from `ratingFrom`. */
    exportWatts: t.bigint().notNull(),
    /** Rated power of the connection from the grid, W, likewise. */
    importWatts: t.bigint().notNull(),
    /** From when the ratings count, unix seconds. */
    ratingFrom: t.bigint().notNull(),
    /** Battery capacity, Wh; an increase counts from `capacityFrom`. */
    capacityWh: t.bigint().notNull(),
    /** From when the capacity counts, unix seconds. */
    capacityFrom: t.bigint().notNull(),
    /** Debt beyond which `CreditExceeded` is emitted, Wh. */
    creditWh: t.bigint().notNull(),
    /** H3 cell in which it stands, as its 15 hexadecimal digits. */
    h3Cell: t.text().notNull(),
    /** P-256 public key; null for a meter that does not sign. */
    keyX: t.hex(),
    /** The key's other coordinate. */
    keyY: t.hex(),
    /** From when its reports count, unix seconds. */
    activeFrom: t.bigint().notNull(),
    /** Whether it is not settled because of its registration: suspended, or not trusted. */
    stopped: t.boolean().notNull(),
    /** How much more its clock of stops shows than the market's, or than the time while it is stopped, seconds. */
    stopsBase: t.bigint().notNull(),
    /** Unix seconds. */
    registeredAt: t.bigint().notNull(),
    /** Register epoch, counted from 1. */
    epoch: t.integer().notNull(),
    /** When that epoch was declared or the meter first accepted, unix seconds: later readings count. */
    epochDeclaredAt: t.bigint().notNull(),
    /** Last settled export register of that epoch, Wh; 0 before its baseline. */
    exportWh: t.bigint().notNull(),
    /** Last settled import register, Wh. */
    importWh: t.bigint().notNull(),
    /** Energy in the battery at that time, Wh. */
    storedWh: t.bigint().notNull(),
    /** When those registers were read, unix seconds; 0 before the baseline. */
    settledTimestamp: t.bigint().notNull(),
    /** Open debt, Wh; `EnergyConverter.settled` says the same of all of these. */
    debtWh: t.bigint().notNull(),
    /** Community in which it shares, null when in none: then settlements move tokens, otherwise they only count. */
    communityId: t.integer(),
    /** The lowest price at which it sells to neighbours, IDR/kWh; null before it ever joined. */
    sellFrom: t.integer(),
    /** The highest price at which it buys from neighbours, fee included, IDR/kWh; null before it ever joined. */
    buyUpTo: t.integer(),
    /** Community that it may join, null when none. */
    admittedTo: t.integer(),
    /** Debt at the last `CreditExceeded`, Wh; null when within the credit since. */
    creditExceededWh: t.bigint(),
    /** What the battery's offers hold and its accepted trades still owe, Wh; equals `EnergyMarket.promised`. */
    promisedWh: t.bigint().notNull(),
    /** Settled export over all epochs, Wh. */
    totalExportWh: t.bigint().notNull(),
    /** Settled import over all epochs, Wh. */
    totalImportWh: t.bigint().notNull(),
    /** What corrections added to that export, Wh; negative when they took more away. */
    correctedExportWh: t.bigint().notNull(),
    /** What corrections added to that import, Wh; negative when they took more away. */
    correctedImportWh: t.bigint().notNull(),
    /** ETK minted for it, Wh. */
    mintedWh: t.bigint().notNull(),
    /** ETK burned for it, repaid debt included, Wh. */
    burnedWh: t.bigint().notNull(),
  }),
  (table) => ({ owner: index().on(table.owner) }),
);

/** A meter's register epochs. */
export const meterEpoch = onchainTable(
  "meter_epoch",
  (t) => ({
    /** `<meter id>-<epoch>` */
    id: t.text().primaryKey(),
    /** The meter. */
    meterId: t.hex().notNull(),
    /** Counted from 1. */
    epoch: t.integer().notNull(),
    /** From when it counts, unix seconds: declared, or first accepted by an owner; null while only proposed. */
    declaredAt: t.bigint(),
    /** From when the registrar alone may declare it, unix seconds; null for the first epoch. */
    declarableAt: t.bigint(),
    /** The old epoch's closing export register as proposed, Wh; null where unknown. */
    closingExportWh: t.bigint(),
    /** Its closing import register, Wh. */
    closingImportWh: t.bigint(),
    /** When these were read, unix seconds. */
    closingTimestamp: t.bigint(),
  }),
  (table) => ({ meter: index().on(table.meterId) }),
);

/** One settled report. */
export const settlement = onchainTable(
  "settlement",
  (t) => ({
    id: t.text().primaryKey(),
    /** The meter. */
    meterId: t.hex().notNull(),
    /** The meter's owner at that time, to whom was minted or from whom was burned. */
    owner: t.hex().notNull(),
    /** Register epoch of the report. */
    epoch: t.integer().notNull(),
    /** When the registers were read, unix seconds. */
    readAt: t.bigint().notNull(),
    /** Until when its energy counts, unix seconds: when it was read; in a community the slot's end just before. */
    endsAt: t.bigint().notNull(),
    /** From when its energy counts: where that of the settlement before ended, unix seconds; null for a baseline. */
    since: t.bigint(),
    /** Cumulative export register, Wh. */
    exportWh: t.bigint().notNull(),
    /** Cumulative import register, Wh. */
    importWh: t.bigint().notNull(),
    /** Energy in the battery, Wh. */
    storedWh: t.bigint().notNull(),
    /** Export since the settlement before, Wh; 0 for a baseline. */
    exportedWh: t.bigint().notNull(),
    /** Import since the settlement before, Wh. */
    importedWh: t.bigint().notNull(),
    /** An epoch's first report, which moves no token. */
    baseline: t.boolean().notNull(),
    /** Positive: minted; negative: burned, Wh. */
    tokensWh: t.bigint().notNull(),
    /** The meter's debt afterwards, Wh. */
    debtWh: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    meter: index().on(table.meterId, table.readAt),
    owner: index().on(table.owner, table.readAt),
    read: index().on(table.readAt),
  }),
);

/** A report that moved nothing, and why. */
export const skippedReport = onchainTable(
  "skipped_report",
  (t) => ({
    id: t.text().primaryKey(),
    /** The meter that was reported. */
    meterId: t.hex().notNull(),
    /** Name in the contract's `SkipReason`. */
    reason: t.text().notNull(),
    /** When the registers were read, unix seconds. */
    readAt: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ meter: index().on(table.meterId) }),
);

/** A transaction that brought reports, whoever signed them, and what it cost. */
export const reportTransaction = onchainTable(
  "report_transaction",
  (t) => ({
    /** The transaction's hash. */
    id: t.hex().primaryKey(),
    /** Who sent it and paid its gas. */
    sender: t.hex().notNull(),
    /** Gas that it used, with all else that it did, such as clearing a slot. */
    gasUsed: t.bigint().notNull(),
    /** What that cost, wei: gas at the price that was paid. */
    feeWei: t.bigint().notNull(),
    /** Reports of it that were settled. */
    settled: t.integer().notNull(),
    /** Reports of it that moved nothing. */
    skipped: t.integer().notNull(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
  }),
  (table) => ({ time: index().on(table.timestamp) }),
);

/** Debt that somebody repaid by burning ETK. */
export const debtRepayment = onchainTable(
  "debt_repayment",
  (t) => ({
    id: t.text().primaryKey(),
    /** The meter that owed. */
    meterId: t.hex().notNull(),
    /** Whose ETK was burned. */
    payer: t.hex().notNull(),
    /** Repaid, Wh. */
    wattHours: t.bigint().notNull(),
    /** The meter's debt afterwards, Wh. */
    debtWh: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ meter: index().on(table.meterId) }),
);

/** What a meter had counted wrongly, put right by its registrar and its owner. Its registers stay. */
export const correction = onchainTable(
  "correction",
  (t) => ({
    id: t.text().primaryKey(),
    /** The meter. */
    meterId: t.hex().notNull(),
    /** Who owned it, and accepted. */
    owner: t.hex().notNull(),
    /** Added to what it exported, Wh; negative when taken away. */
    exportWh: t.bigint().notNull(),
    /** Added to what it imported, Wh; negative when taken away. */
    importWh: t.bigint().notNull(),
    /** ETK minted to the owner for it, Wh; negative when burned. */
    tokensWh: t.bigint().notNull(),
    /** The meter's debt afterwards, Wh. */
    debtWh: t.bigint().notNull(),
    /** Hash of what shows it. */
    evidence: t.hex().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ meter: index().on(table.meterId), owner: index().on(table.owner) }),
);

/** What a meter settled in a day. A settlement counts where its energy ends. */
export const meterDay = onchainTable(
  "meter_day",
  (t) => ({
    /** The meter. */
    meterId: t.hex().notNull(),
    /** Start of the day (UTC), unix seconds. */
    day: t.bigint().notNull(),
    /** Export, Wh. */
    exportedWh: t.bigint().notNull(),
    /** Import, Wh. */
    importedWh: t.bigint().notNull(),
    /** ETK minted, Wh. */
    mintedWh: t.bigint().notNull(),
    /** ETK burned, Wh. */
    burnedWh: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.meterId, table.day] }) }),
);

/**
 * What all meters but the grid's settled in a settlement window, in which export and import can have met; a settlement
 * counts where its energy ends.
 */
export const communityWindow = onchainTable("community_window", (t) => ({
  /** Start of the window, a multiple of its length (SETTLEMENT_INTERVAL) since 1970, unix seconds. */
  start: t.bigint().primaryKey(),
  /** Export, Wh. */
  exportedWh: t.bigint().notNull(),
  /** Import, Wh. */
  importedWh: t.bigint().notNull(),
  /** How many settlements it holds. */
  settlements: t.integer().notNull(),
}));

// ---------------------------------------------------------------------------------------------------- reporters

/** A committee as of one configuration. */
export const committee = onchainTable("committee", (t) => ({
  /** Counted from 1; part of what members sign. */
  configuration: t.integer().primaryKey(),
  /** Addresses, ascending. */
  members: t.hex().array().notNull(),
  /** Signatures that a batch needs. */
  quorum: t.integer().notNull(),
  timestamp: t.bigint().notNull(),
  transactionHash: t.hex().notNull(),
}));

/** A batch that the committee signed. */
export const batch = onchainTable("batch", (t) => ({
  id: t.text().primaryKey(),
  /** Who sent it and paid its gas. */
  submitter: t.hex().notNull(),
  /** How many reports it held, settled or skipped. */
  reports: t.integer().notNull(),
  /** The committee that signed it. */
  configuration: t.integer().notNull(),
  timestamp: t.bigint().notNull(),
  transactionHash: t.hex().notNull(),
}));

/** A meter's own signed reading, submitted past a silent oracle. */
export const deviceSubmission = onchainTable("device_submission", (t) => ({
  id: t.text().primaryKey(),
  /** The meter. */
  meterId: t.hex().notNull(),
  /** Who sent it. */
  submitter: t.hex().notNull(),
  /** The reading's number by the meter's own count. */
  sequence: t.bigint().notNull(),
  timestamp: t.bigint().notNull(),
  transactionHash: t.hex().notNull(),
}));

/** A Merkle root that the committee signed: what every meter said at a window's end. */
export const committedRoot = onchainTable("committed_root", (t) => ({
  /** The window's end, unix seconds; a window has one root. */
  windowEnd: t.bigint().primaryKey(),
  /** Over the reports' leaves. */
  root: t.hex().notNull(),
  /** Who brought the signatures. */
  submitter: t.hex().notNull(),
  /** Of the committee that signed. */
  configuration: t.integer().notNull(),
  timestamp: t.bigint().notNull(),
  transactionHash: t.hex().notNull(),
}));

/** A proof that a meter's key signed two readings that contradict each other; it suspended the meter. */
export const equivocation = onchainTable(
  "equivocation",
  (t) => ({
    id: t.text().primaryKey(),
    /** The meter. */
    meterId: t.hex().notNull(),
    /** Who brought the proof. */
    witness: t.hex().notNull(),
    /** Register epoch of both readings. */
    epoch: t.integer().notNull(),
    /** The earlier reading's number by the meter's own count. */
    earlierSequence: t.bigint().notNull(),
    /** The later reading's; the same where one number has two contents. */
    laterSequence: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ meter: index().on(table.meterId) }),
);

/** The reading with which a meter's next certificate begins. */
export const certificatePeriod = onchainTable("certificate_period", (t) => ({
  /** The meter. */
  meterId: t.hex().primaryKey(),
  /** Who owned it. */
  owner: t.hex().notNull(),
  /** When it was read, unix seconds. */
  start: t.bigint().notNull(),
  /** Its register epoch. */
  epoch: t.integer().notNull(),
  /** Its export register, Wh, the lowest 40 bits. */
  exportWh: t.bigint().notNull(),
  /** What was not certified since corrections had taken back as much, Wh, in all. */
  withheldWh: t.bigint().notNull(),
}));

/** A certificate: what a meter exported between two settled readings. */
export const certificate = onchainTable(
  "certificate",
  (t) => ({
    /** Number of the meter, start and end in one: the ERC-1155 id. */
    id: t.bigint().primaryKey(),
    /** The meter. */
    meterId: t.hex().notNull(),
    /** Who owned the meter, and got it. */
    owner: t.hex().notNull(),
    /** When the first reading was taken, unix seconds. */
    start: t.bigint().notNull(),
    /** When the second was. */
    end: t.bigint().notNull(),
    /** Exported between them, Wh. */
    wattHours: t.bigint().notNull(),
    /** Of these used up, Wh. */
    retiredWh: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ meter: index().on(table.meterId), owner: index().on(table.owner) }),
);

/** How much of a certificate an account holds. */
export const certificateHolding = onchainTable(
  "certificate_holding",
  (t) => ({
    /** The certificate. */
    certificateId: t.bigint().notNull(),
    /** Who holds it. */
    account: t.hex().notNull(),
    /** How much of it, Wh. */
    wattHours: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.certificateId, table.account] }),
    account: index().on(table.account),
  }),
);

/** What of a certificate was used up, and for whom. */
export const certificateRetirement = onchainTable(
  "certificate_retirement",
  (t) => ({
    id: t.text().primaryKey(),
    /** The certificate. */
    certificateId: t.bigint().notNull(),
    /** Who held it. */
    holder: t.hex().notNull(),
    /** How much of it, Wh. */
    wattHours: t.bigint().notNull(),
    /** Whose use it covers, by name. */
    beneficiary: t.text().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ certificate: index().on(table.certificateId), holder: index().on(table.holder) }),
);

export const requestStatus = onchainEnum("request_status", ["REQUESTED", "FULFILLED", "FAILED"]);

/** A settlement that somebody asked of Chainlink Functions. */
export const functionsRequest = onchainTable("functions_request", (t) => ({
  /** The network's request id. */
  id: t.hex().primaryKey(),
  /** The meter to settle. */
  meterId: t.hex().notNull(),
  /** Who asked. */
  requester: t.hex().notNull(),
  /** Readings after this are not asked for, unix seconds. */
  cutoff: t.bigint().notNull(),
  /** What became of it. */
  status: requestStatus().notNull(),
  /** Why it failed: the network's error or the contract's text, as bytes. */
  failure: t.hex(),
  /** Unix seconds. */
  requestedAt: t.bigint().notNull(),
  /** Unix seconds; null before. */
  answeredAt: t.bigint(),
  transactionHash: t.hex().notNull(),
}));

// ---------------------------------------------------------------------------------------------------- rupiah

/** Rupiah that arrived at the issuer's bank, or were bought at its desk, and were minted. */
export const bankDeposit = onchainTable(
  "bank_deposit",
  (t) => ({
    id: t.text().primaryKey(),
    /** To whom was minted. */
    account: t.hex().notNull(),
    /** IDRS base units. */
    amount: t.bigint().notNull(),
    /** Names the bank transfer or the desk's purchase. */
    bankReference: t.hex().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ account: index().on(table.account) }),
);

export const withdrawalStatus = onchainEnum("withdrawal_status", capitals(realNamesOf(WithdrawalStatus)));

/** IDRS handed in to be paid out in rupiah. */
export const bankWithdrawal = onchainTable(
  "bank_withdrawal",
  (t) => ({
    /** Counted from 1. */
    id: t.bigint().primaryKey(),
    /** Who handed it in. */
    account: t.hex().notNull(),
    /** IDRS base units. */
    amount: t.bigint().notNull(),
    /** Names the bank account. */
    bankReference: t.hex().notNull(),
    /** PAID by the bank; or CANCELLING from when that was announced until it is CANCELLED or PAID after all. */
    status: withdrawalStatus().notNull(),
    /** Unix seconds. */
    requestedAt: t.bigint().notNull(),
    /** From when a cancelled request's tokens may be taken back, unix seconds; null before it is announced. */
    reclaimableAt: t.bigint(),
    /** When it was paid or cancelled, unix seconds; null before. */
    closedAt: t.bigint(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ account: index().on(table.account) }),
);

/** What the issuer's desk sells IDRS for; a token is here once it was listed. */
export const deskRate = onchainTable("desk_rate", (t) => ({
  /** The token's address. */
  token: t.hex().primaryKey(),
  /** Its decimals, as they were when the rate was posted. */
  decimals: t.integer().notNull(),
  /** IDRS for one whole token; 0 once it is withdrawn. */
  idrsPerToken: t.bigint().notNull(),
  /** Last moment at which the rate counts, unix seconds. */
  until: t.bigint().notNull(),
  /** What may yet be bought at this rate, IDRS. */
  remainingIdrs: t.bigint().notNull(),
  /** When it was posted or withdrawn, unix seconds. */
  updatedAt: t.bigint().notNull(),
}));

/** IDRS bought at the desk. */
export const deskPurchase = onchainTable(
  "desk_purchase",
  (t) => ({
    id: t.text().primaryKey(),
    /** What was paid with. */
    token: t.hex().notNull(),
    /** Who paid. */
    payer: t.hex().notNull(),
    /** Who got the IDRS. */
    account: t.hex().notNull(),
    /** Who got the payment. */
    treasury: t.hex().notNull(),
    /** Paid, base units of the token. */
    amount: t.bigint().notNull(),
    /** Bought, IDRS base units. */
    idrs: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ account: index().on(table.account) }),
);

// ---------------------------------------------------------------------------------------------------- governance

/** Roles of the AccessManager. */
export const role = onchainTable("role", (t) => ({
  /** 0 is the administrator's. */
  id: t.bigint().primaryKey(),
  /** Its name; null for one that was never named. */
  label: t.text(),
  /** Role that may grant and revoke it. */
  admin: t.bigint().notNull(),
  /** Role that may cancel its operations. */
  guardian: t.bigint().notNull(),
}));

/** Who holds a role. */
export const roleMember = onchainTable(
  "role_member",
  (t) => ({
    /** The role. */
    roleId: t.bigint().notNull(),
    /** Who holds it. */
    account: t.hex().notNull(),
    /** From when, unix seconds. */
    since: t.bigint().notNull(),
    /** How long its operations must wait, seconds. */
    executionDelay: t.integer().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.roleId, table.account] }) }),
);

/** Every change that somebody privileged or a meter's owner made: registry, roles, reporters, switches. */
export const change = onchainTable(
  "change",
  (t) => ({
    id: t.text().primaryKey(),
    /** The contract that emitted it. */
    contract: t.text().notNull(),
    /** The event's name. */
    event: t.text().notNull(),
    /** The event's arguments; integers as decimal text. */
    arguments: t.json().notNull(),
    /** The meter that it is about, if any. */
    meterId: t.hex(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ meter: index().on(table.meterId), event: index().on(table.contract, table.event) }),
);

// ---------------------------------------------------------------------------------- accounts by fingerprint

/** Households' accounts: contracts that their passkeys sign for. Only those that the factory made. */
export const homeAccount = onchainTable(
  "home_account",
  (t) => ({
    /** The account's address. */
    id: t.hex().primaryKey(),
    /** The passkey that the address follows from: keccak256 of its 64 bytes. */
    firstSignerId: t.hex().notNull(),
    /** Signers now. */
    signerCount: t.integer().notNull(),
    /** Who may propose a recovery; null: nobody. */
    guardian: t.hex(),
    /** From when on the announced change of guardian can be completed, unix seconds; null when none is announced. */
    nextGuardianFrom: t.bigint(),
    /** Who is to be guardian then; null: nobody. */
    nextGuardian: t.hex(),
    /** From when on the proposed recovery can be completed, unix seconds; null when none is proposed. */
    recoveryFrom: t.bigint(),
    /** The one signer that there is to be then. */
    recoverySignerId: t.hex(),
    /** Recoveries so far. */
    epoch: t.integer().notNull(),
    /** Block time of its creation. */
    createdAt: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ guardian: index().on(table.guardian) }),
);

/** Who signs for an account, or did: of a signer that was added again, as it is now. */
export const homeSigner = onchainTable(
  "home_signer",
  (t) => ({
    /** The account. */
    account: t.hex().notNull(),
    /** keccak256 of its bytes. */
    signerId: t.hex().notNull(),
    /** As ERC-7913 has it: 64 bytes are a passkey (x, y), 20 an address, more a verifier and its key. */
    signer: t.hex().notNull(),
    /** Unix seconds. */
    addedAt: t.bigint().notNull(),
    /** From when on its announced removal can be completed, unix seconds; null when none is announced. */
    removableFrom: t.bigint(),
    /** When it was removed, or voided by a recovery, unix seconds; null while it signs. */
    removedAt: t.bigint(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.account, table.signerId] }),
    signer: index().on(table.signerId),
  }),
);

/** Functions that others may call in an account's name, as last set. */
export const homePermission = onchainTable(
  "home_permission",
  (t) => ({
    /** The account. */
    account: t.hex().notNull(),
    /** Who may call; the zero address: anyone. */
    executor: t.hex().notNull(),
    /** Of which contract. */
    target: t.hex().notNull(),
    /** Which function, its first four bytes. */
    selector: t.hex().notNull(),
    /** Through when, unix seconds; 0 when it was ended, or voided by a recovery. */
    until: t.bigint().notNull(),
    /** Unix seconds. */
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.account, table.executor, table.target, table.selector] }),
  }),
);

export const homeAccountEventKind = onchainEnum("home_account_event_kind", [
  "CREATED",
  "SIGNER_ADDED",
  "REMOVAL_ANNOUNCED",
  "REMOVAL_REFUSED",
  "SIGNER_REMOVED",
  "GUARDIAN_ANNOUNCED",
  "GUARDIAN_REFUSED",
  "GUARDIAN_CHANGED",
  "RECOVERY_PROPOSED",
  "RECOVERY_REFUSED",
  "RECOVERED",
  "CALL_ALLOWED",
]);

/** What happened to who may sign for an account. */
export const homeAccountEvent = onchainTable(
  "home_account_event",
  (t) => ({
    id: t.text().primaryKey(),
    /** The account. */
    account: t.hex().notNull(),
    /** What happened. */
    kind: homeAccountEventKind().notNull(),
    /** The signer that it is about, if any. */
    signerId: t.hex(),
    /** The guardian that it is about; null also where nobody is to be it. */
    guardian: t.hex(),
    /** From when on it can be completed, of an announcement or a proposal; through when, of a permission; unix seconds. */
    time: t.bigint(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    account: index().on(table.account, table.timestamp),
    guardian: index().on(table.guardian, table.timestamp),
  }),
);

/** Calls that an account's signer signed and somebody submitted: all of them ran. */
export const homeExecution = onchainTable(
  "home_execution",
  (t) => ({
    id: t.text().primaryKey(),
    /** The account. */
    account: t.hex().notNull(),
    /** The nonce that they used up: 192 bits of its key, 64 of its count. */
    nonce: t.bigint().notNull(),
    /** Who submitted them to the account: of those with which it was created, the factory. */
    submitter: t.hex().notNull(),
    timestamp: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ account: index().on(table.account, table.timestamp) }),
);

// ---------------------------------------------------------------------------------------------------- live

export const topic = onchainEnum("topic", [
  "ORDERS",
  "FILLS",
  "OFFERS",
  "TRADES",
  "SETTLEMENTS",
  "SKIPS",
  "SLOTS",
  "BALANCES",
  "CHANGES",
]);

/** What stream and subscriptions tell, in the order in which it happened. */
export const announcement = onchainTable("announcement", (t) => ({
  /** Position in the chain's order of events; text that sorts like it. */
  id: t.text().primaryKey(),
  /** What it is about. */
  topic: topic().notNull(),
  /** Name of the contract's event. */
  event: t.text().notNull(),
  /** Id of the row that it is about; of a slot `<community>-<its end>`. */
  subject: t.text().notNull(),
  /** Hash of its block: another one after a reorganisation, whether or not the event is the same. */
  blockHash: t.hex().notNull(),
}));

// ---------------------------------------------------------------------------------------------------- relations

export const accountRelations = relations(account, ({ one, many }) => ({
  orders: many(order),
  offers: many(offer),
  meters: many(meter),
  movements: many(movement),
  purchases: many(fill, { relationName: "buyer" }),
  sales: many(fill, { relationName: "seller" }),
  tradesBought: many(trade, { relationName: "tradeBuyer" }),
  tradesSold: many(trade, { relationName: "tradeSeller" }),
  reputation: one(reputation, { fields: [account.id], references: [reputation.id] }),
  home: one(homeAccount, { fields: [account.id], references: [homeAccount.id] }),
}));

export const homeAccountRelations = relations(homeAccount, ({ one, many }) => ({
  signers: many(homeSigner),
  permissions: many(homePermission),
  events: many(homeAccountEvent),
  executions: many(homeExecution),
  guardianHome: one(homeAccount, {
    relationName: "guardian",
    fields: [homeAccount.guardian],
    references: [homeAccount.id],
  }),
  guards: many(homeAccount, { relationName: "guardian" }),
}));
export const homeSignerRelations = relations(homeSigner, ({ one }) => ({
  home: one(homeAccount, { fields: [homeSigner.account], references: [homeAccount.id] }),
}));
export const homePermissionRelations = relations(homePermission, ({ one }) => ({
  home: one(homeAccount, { fields: [homePermission.account], references: [homeAccount.id] }),
}));
export const homeAccountEventRelations = relations(homeAccountEvent, ({ one }) => ({
  home: one(homeAccount, { fields: [homeAccountEvent.account], references: [homeAccount.id] }),
}));
export const homeExecutionRelations = relations(homeExecution, ({ one }) => ({
  home: one(homeAccount, { fields: [homeExecution.account], references: [homeAccount.id] }),
}));

export const movementRelations = relations(movement, ({ one }) => ({
  owner: one(account, { fields: [movement.account], references: [account.id] }),
}));

export const orderRelations = relations(order, ({ one, many }) => ({
  account: one(account, { fields: [order.owner], references: [account.id] }),
  fillsAsMaker: many(fill, { relationName: "makerOrder" }),
  fillsAsTaker: many(fill, { relationName: "takerOrder" }),
}));

export const fillRelations = relations(fill, ({ one }) => ({
  makerOrderRow: one(order, {
    relationName: "makerOrder",
    fields: [fill.makerOrder],
    references: [order.id],
  }),
  takerOrderRow: one(order, {
    relationName: "takerOrder",
    fields: [fill.takerOrder],
    references: [order.id],
  }),
  buyerAccount: one(account, { relationName: "buyer", fields: [fill.buyer], references: [account.id] }),
  sellerAccount: one(account, { relationName: "seller", fields: [fill.seller], references: [account.id] }),
}));

export const offerRelations = relations(offer, ({ one, many }) => ({
  account: one(account, { fields: [offer.seller], references: [account.id] }),
  battery: one(meter, { fields: [offer.batteryId], references: [meter.id] }),
  reputation: one(reputation, { fields: [offer.seller], references: [reputation.id] }),
  trades: many(trade),
}));

export const tradeRelations = relations(trade, ({ one, many }) => ({
  offer: one(offer, { fields: [trade.offerId], references: [offer.id] }),
  buyerAccount: one(account, { relationName: "tradeBuyer", fields: [trade.buyer], references: [account.id] }),
  sellerAccount: one(account, {
    relationName: "tradeSeller",
    fields: [trade.seller],
    references: [account.id],
  }),
  deliveries: many(energyTransaction),
  ratings: many(rating),
}));

export const energyTransactionRelations = relations(energyTransaction, ({ one }) => ({
  trade: one(trade, { fields: [energyTransaction.tradeId], references: [trade.id] }),
}));

export const ratingRelations = relations(rating, ({ one }) => ({
  trade: one(trade, { fields: [rating.tradeId], references: [trade.id] }),
}));

export const meterRelations = relations(meter, ({ one, many }) => ({
  account: one(account, { fields: [meter.owner], references: [account.id] }),
  settlements: many(settlement),
  skippedReports: many(skippedReport),
  repayments: many(debtRepayment),
  corrections: many(correction),
  days: many(meterDay),
  epochs: many(meterEpoch),
  offers: many(offer),
  changes: many(change),
  community: one(community, { fields: [meter.communityId], references: [community.id] }),
  slotShares: many(slotShare),
  limitsChanges: many(limitsChange),
}));

export const communityRelations = relations(community, ({ many }) => ({
  terms: many(communityTerms),
  places: many(communityMember),
  slots: many(clearedSlot),
}));
export const communityTermsRelations = relations(communityTerms, ({ one }) => ({
  community: one(community, { fields: [communityTerms.communityId], references: [community.id] }),
}));
export const communityMemberRelations = relations(communityMember, ({ one }) => ({
  community: one(community, { fields: [communityMember.communityId], references: [community.id] }),
  meter: one(meter, { fields: [communityMember.meterId], references: [meter.id] }),
}));
export const limitsChangeRelations = relations(limitsChange, ({ one }) => ({
  meter: one(meter, { fields: [limitsChange.meterId], references: [meter.id] }),
}));
export const clearedSlotRelations = relations(clearedSlot, ({ one, many }) => ({
  community: one(community, { fields: [clearedSlot.communityId], references: [community.id] }),
  shares: many(slotShare),
}));
export const slotShareRelations = relations(slotShare, ({ one }) => ({
  meter: one(meter, { fields: [slotShare.meterId], references: [meter.id] }),
  slot: one(clearedSlot, {
    fields: [slotShare.communityId, slotShare.slotEnd],
    references: [clearedSlot.communityId, clearedSlot.slotEnd],
  }),
}));

export const settlementRelations = relations(settlement, ({ one }) => ({
  meter: one(meter, { fields: [settlement.meterId], references: [meter.id] }),
}));
export const skippedReportRelations = relations(skippedReport, ({ one }) => ({
  meter: one(meter, { fields: [skippedReport.meterId], references: [meter.id] }),
}));
export const debtRepaymentRelations = relations(debtRepayment, ({ one }) => ({
  meter: one(meter, { fields: [debtRepayment.meterId], references: [meter.id] }),
}));
export const correctionRelations = relations(correction, ({ one }) => ({
  meter: one(meter, { fields: [correction.meterId], references: [meter.id] }),
}));
export const meterDayRelations = relations(meterDay, ({ one }) => ({
  meter: one(meter, { fields: [meterDay.meterId], references: [meter.id] }),
}));
export const meterEpochRelations = relations(meterEpoch, ({ one }) => ({
  meter: one(meter, { fields: [meterEpoch.meterId], references: [meter.id] }),
}));
export const changeRelations = relations(change, ({ one }) => ({
  meter: one(meter, { fields: [change.meterId], references: [meter.id] }),
}));
export const roleRelations = relations(role, ({ many }) => ({ members: many(roleMember) }));
export const roleMemberRelations = relations(roleMember, ({ one }) => ({
  role: one(role, { fields: [roleMember.roleId], references: [role.id] }),
}));
