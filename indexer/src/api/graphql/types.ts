/** What GraphQL knows beyond the generated tables. */
export const typeDefs = /* GraphQL */ `
  type Query {
    "The chain's time, unix seconds: that of the newest indexed block. Expiry is judged by it."
    chainTime: BigInt!
    "The best levels of both sides, best first."
    orderBook(depth: Int! = 20): OrderBook!
    "Prices of the spans that start at \`from\` or later and before \`to\` (unix seconds; the last 500 unless told), oldest first. Spans without a fill are left out, or with \`empty\` told at the price before them. Days and weeks begin where \`timeZone\` is."
    candles(interval: interval! = QUARTER_HOUR, from: BigInt, to: BigInt, timeZone: String! = "UTC", empty: Boolean! = false): [priceCandle!]!
    "What can be bought of open offers at each price, cheapest first; the 1000 lowest prices."
    offersByPrice: [OfferLevel!]!
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
      limit: Int! = 50
      offset: Int! = 0
    ): [NearbyOffer!]!
    marketStatistics: MarketStatistics!
    "A price to start from, and what it rests on."
    suggestedPrice: SuggestedPrice!
    "Everything that one address has in EnerLink."
    portfolio(address: String!): Portfolio!
    "What all meters but the grid's settled from \`from\` to before \`to\` (unix seconds, the last seven days, or 2999 spans where they are shorter, unless told), and in each span of \`interval\`. A settlement counts where its energy ends. Days and weeks begin where \`timeZone\` is."
    communityEnergy(from: BigInt, to: BigInt, timeZone: String! = "UTC", interval: interval! = QUARTER_HOUR): CommunityEnergy!
    """
    What an owner's meters or one meter settled after \`from\` and up to \`to\` (unix seconds; now unless told): every
    settlement, added up by meter and by spans of \`seconds\` counted from \`from\`, oldest first; at most 1000 spans.
    """
    energySettled(owner: String, meterId: String, from: BigInt!, to: BigInt, seconds: Int!): [SettledSpan!]!
    "What an account sold and bought from \`from\` until before \`to\` (unix seconds; now unless told): every trade of book and board."
    traded(account: String!, from: BigInt!, to: BigInt): Traded!
    "How sellers answered what neighbours asked of them; who was never asked is left out. At most 200 sellers."
    answers(sellers: [String!]!): [SellerAnswers!]!
    """
    What an account sold and bought, of whom and for how much, from \`from\` until before \`to\` (unix seconds; the last 30
    days unless told), by periods of a time zone's calendar, oldest first. A slot counts in the period in which it begins,
    a fill or delivery at its block's time, metered energy where its settlement's ends. The statements of all accounts add
    up to zero in each period.
    """
    statement(account: String!, from: BigInt, to: BigInt, timeZone: String! = "UTC", groupBy: StatementSpan! = DAY): [StatementPeriod!]!
    """
    What a meter exported and imported from \`from\` until before \`to\` (unix seconds; the last seven days, or 2999 slots where they are shorter, unless
    told), by periods of a time zone's calendar, oldest first; one in which no settlement ended is left out. A settlement counts
    whole in the period in which its energy ends, one that ends at the period's very end included, also when it began in an
    earlier one: \`since\` says from when on.
    """
    meterEnergy(meterId: String!, from: BigInt, to: BigInt, timeZone: String! = "UTC", groupBy: EnergySpan! = DAY): [EnergyPeriod!]!
    "What the next 24 whole hours may bring to a meter, by the same hours of the last 14 days."
    outlook(meterId: String!): [OutlookHour!]!
  }

  type OfferLevel {
    "milli-IDR per kWh."
    price: BigInt!
    "What can be bought at it, Wh."
    wattHours: BigInt!
    offers: Int!
    "At it and cheaper, Wh."
    totalWh: BigInt!
  }

  "ALL: the whole range as one period."
  enum StatementSpan { DAY WEEK MONTH ALL }
  "SLOT: the slots of the meter's community; of a meter in none the settlement windows."
  enum EnergySpan { SLOT HOUR DAY WEEK MONTH }

  "Energy in Wh, money in IDRS base units. What neighbours got and the fee are told apart."
  type StatementPeriod {
    "Unix seconds; belongs to the period."
    start: BigInt!
    "Unix seconds; does not."
    end: BigInt!
    "Its start where the statement's time zone is, such as 2026-11-27T00:00:00+07:00."
    localStart: String!
    "What its meters exported and imported; null where no settlement ended."
    exportWh: BigInt
    importWh: BigInt
    "Shared with neighbours in the slots."
    neighboursSoldWh: BigInt!
    neighboursSoldIdrs: BigInt!
    neighboursBoughtWh: BigInt!
    "Without the fee."
    neighboursBoughtIdrs: BigInt!
    "Sold to the utility; of a utility also what it sold to members."
    utilitySoldWh: BigInt!
    utilitySoldIdrs: BigInt!
    "Bought from the utility; of a utility also what it bought of members."
    utilityBoughtWh: BigInt!
    utilityBoughtIdrs: BigInt!
    "Delivered from batteries that were offered."
    offersSoldWh: BigInt!
    offersSoldIdrs: BigInt!
    offersBoughtWh: BigInt!
    offersBoughtIdrs: BigInt!
    "Fills of the order book."
    bookSoldWh: BigInt!
    bookSoldIdrs: BigInt!
    bookBoughtWh: BigInt!
    bookBoughtIdrs: BigInt!
    "Network fee paid for what was bought from neighbours."
    feeIdrs: BigInt!
    "Network fee received, as a grid operator."
    feeReceivedIdrs: BigInt!
    "All that was received less all that was paid: of all accounts together 0."
    netIdrs: BigInt!
    "Of all sources, milli-IDR per kWh, rounded down; null where nothing was sold."
    averageSoldPrice: BigInt
    "The same of what was bought, the fee included."
    averageBoughtPrice: BigInt
    "What the slots' energy would have cost with the utility alone, by its tariff of each slot; negative: what it would have paid. Null where no tariff applied."
    plnAloneIdrs: BigInt
    "How much better than that the account came off; null where no tariff applied."
    betterByIdrs: BigInt
    "What it drew in the slots and could not pay for: it became debt of its meters."
    arrearsWh: BigInt!
    "Surplus of the slots that nobody paid for: it kept it as ETK."
    leftWh: BigInt!
    "Of which meter what is, as far as it is a meter's, by serial."
    meters: [MeterStatement!]!
  }

  "A meter's part of a statement: what it counted, and what its slots moved."
  type MeterStatement {
    meterId: String!
    serial: String!
    "Null where no settlement ended."
    exportWh: BigInt
    importWh: BigInt
    neighboursSoldWh: BigInt!
    neighboursSoldIdrs: BigInt!
    neighboursBoughtWh: BigInt!
    "Without the fee."
    neighboursBoughtIdrs: BigInt!
    utilitySoldWh: BigInt!
    utilitySoldIdrs: BigInt!
    utilityBoughtWh: BigInt!
    utilityBoughtIdrs: BigInt!
    feeIdrs: BigInt!
    "Null where it was in no slot, and so no tariff applied."
    plnAloneIdrs: BigInt
    betterByIdrs: BigInt
    arrearsWh: BigInt!
    leftWh: BigInt!
  }

  type EnergyPeriod {
    "Unix seconds; belongs to the period."
    start: BigInt!
    "Unix seconds; does not."
    end: BigInt!
    "Its start where the time zone is, such as 2026-11-27T00:00:00+07:00."
    localStart: String!
    "Export, Wh."
    exportWh: BigInt!
    "Import, Wh."
    importWh: BigInt!
    settlements: Int!
    "From when on its energy was counted, unix seconds; before \`start\` where the first settlement began earlier."
    since: BigInt!
    "Until when, unix seconds."
    until: BigInt!
  }

  "A value lies below \`low\` on one day in ten, below \`median\` on half of them, above \`high\` on one in ten."
  type UsualRange {
    low: BigInt!
    median: BigInt!
    high: BigInt!
  }

  type OutlookHour {
    "Unix seconds."
    start: BigInt!
    "Export less import, Wh, negative where it needs energy; null where fewer than 7 days are known."
    surplusWh: UsualRange
    "Of how many of the last 14 days the meter's hour is known; 7 are needed."
    surplusDays: Int!
    "What neighbours who sell get, milli-IDR per kWh; null where fewer than 7 days are known or it has no neighbours."
    price: UsualRange
    "On how many of the last 14 days neighbours shared in that hour; 7 are needed."
    priceDays: Int!
  }

  "A settlement counts in the span in which its energy ends; a span without one is left out."
  type SettledSpan {
    meterId: String!
    kind: meterKind!
    "Unix seconds."
    start: BigInt!
    "Export, Wh."
    exportedWh: BigInt!
    "Import, Wh."
    importedWh: BigInt!
    "ETK minted and burned by these settlements, Wh."
    mintedWh: BigInt!
    burnedWh: BigInt!
    settlements: Int!
    "When the span's first and last settled reading were taken, unix seconds."
    firstReadAt: BigInt!
    lastReadAt: BigInt!
  }

  "Requests whose time to answer is over or that were answered before; what the buyer took back is not among them."
  type SellerAnswers {
    seller: String!
    requests: Int!
    "Of these, how many the seller let lapse."
    unanswered: Int!
  }

  "Energy in Wh, money in IDRS base units."
  type Traded {
    soldWh: BigInt!
    earnedIdrs: BigInt!
    boughtWh: BigInt!
    spentIdrs: BigInt!
  }

  type Subscription {
    "Orders were matched."
    orderMatched: fill!
    "An order was placed and rests, or what rested was taken back; what it took or lost to others is told by orderMatched."
    orderUpdated(address: String): order!
    offerCreated: offer!
    "An offer was created, changed, cancelled, or ended; what was asked of it is told by tradeUpdated."
    offerUpdated: offer!
    "A trading balance grew by a deposit or credit, or shrank by a withdrawal or draw."
    balanceMoved(address: String): movement!
    "A trade was requested, answered, delivered in part, completed or ended."
    tradeUpdated(address: String): trade!
    settlementCompleted(meterId: String): settlement!
    "A slot was cleared; ask for its \`shares\` to hear what became of each member."
    slotCleared(communityId: Int): clearedSlot!
    "The market's numbers, whenever something above happened, or a meter was registered, accepted, admitted or changed."
    statisticsUpdated: MarketStatistics!
  }

  extend type offer {
    "The status at the chain's time: what is over is EXPIRED although no event says so yet."
    currentStatus: offerStatus!
    "Latitude of the cell's centre, degrees."
    latitude: Float!
    "Longitude of the cell's centre, degrees."
    longitude: Float!
  }

  extend type trade {
    "Until when delivery is paid, pauses of the board included, unix seconds."
    deliverBy: BigInt!
    "How much of it could be delivered now, Wh: metered for it and not yet handed over, in its time."
    deliverableWh: BigInt!
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
    "Liquidity: what rests in open bids."
    bidsWh: BigInt!
    "What rests in open asks."
    asksWh: BigInt!
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

  "Sums over settlement windows: what is shared is reckoned in each window, however long the span is."
  type CommunityWindow {
    "Of the span, unix seconds."
    start: BigInt!
    exportedWh: BigInt!
    importedWh: BigInt!
    "What neighbours can have shared: in each settlement window the lesser of both."
    sharedWh: BigInt!
    "Its part of the import, 0 to 1; null without import."
    selfSufficiency: Float
  }

  "Sums over settlement windows, the same whatever the interval."
  type CommunityEnergy {
    exportedWh: BigInt!
    importedWh: BigInt!
    "What neighbours can have shared: in each settlement window the lesser of both."
    sharedWh: BigInt!
    "Its part of the import, 0 to 1; null without import."
    selfSufficiency: Float
    "Its part of the export, 0 to 1; null without export."
    selfConsumption: Float
    "Length of a settlement window, seconds."
    windowSeconds: Int!
    "The spans of \`interval\` in which something was settled, oldest first."
    windows: [CommunityWindow!]!
  }
`;
