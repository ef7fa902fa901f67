/** Questions to begin with: the query page opens with them, and the tests ask them. */
const DAY = 86_400n;

export type Example = { name: string; query: string };

/** @param now the chain's time, unix seconds */
export function examples(now: bigint): Example[] {
  const today = now - (now % DAY);
  const yesterday = `timestamp_gte: "${today - DAY}", timestamp_lt: "${today}"`;
  const newest = 'orderBy: "timestamp", orderDirection: "desc"';
  return [
    {
      name: "Who sold to whom yesterday, at what price",
      query: `# Who sold to whom yesterday (UTC), at what price. Energy in Wh, a fill's tick in IDR/kWh, a delivery's price
# in milli-IDR per kWh, cost in millionths of a rupiah.
query SoldYesterday {
  fills(where: { ${yesterday} }, ${newest}, limit: 1000) {
    items { timestamp seller buyer wattHours tick cost transactionHash }
    totalCount
  }
  energyTransactions(where: { ${yesterday} }, ${newest}, limit: 1000) {
    items { timestamp seller buyer wattHours price cost transactionHash }
    totalCount
  }
}`,
    },
    {
      name: "What a home settled last week",
      query: `# What a home settled in the last seven days, day by day, Wh: put in its meter's serial.
query SettledLastWeek {
  meters(where: { serial: "home-01" }) {
    items {
      serial
      owner
      debtWh
      days(where: { day_gte: "${today - 7n * DAY}" }, orderBy: "day") {
        items { day exportedWh importedWh mintedWh burnedWh }
      }
    }
  }
}`,
    },
    {
      name: "The community's self-sufficiency",
      query: `# How much of what the community used came from its own roofs, over the last seven days and day by day, 0 to 1.
query SelfSufficiency {
  communityEnergy(from: "${today - 7n * DAY}", to: "${now}", interval: DAY) {
    selfSufficiency
    selfConsumption
    exportedWh
    importedWh
    windows { start exportedWh importedWh selfSufficiency }
  }
}`,
    },
    {
      name: "A home's statement, day by day",
      query: `# What an account sold and bought in the last week, of whom and for how much, and what PLN alone would have cost:
# put in its address. Energy in Wh, money in millionths of a rupiah.
query Statement {
  statement(account: "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc", from: "${today - 7n * DAY}", timeZone: "Asia/Jakarta") {
    localStart
    exportWh
    importWh
    neighboursSoldWh
    neighboursBoughtWh
    utilitySoldWh
    utilityBoughtWh
    netIdrs
    plnAloneIdrs
    betterByIdrs
  }
}`,
    },
    ...latest,
  ];
}

/** What asks for no day. */
const latest: Example[] = [
  {
    name: "Offers within 5 km",
    query: `# Which offers are within 5 km of the National Monument in Jakarta, nearest first. Distances in km; a battery's
# place is known to within uncertaintyKm.
query OffersNearby {
  nearbyOffers(latitude: -6.1754, longitude: 106.8272, maxDistanceKm: 5) {
    distanceKm
    uncertaintyKm
    offer { id seller remainingWh price availableTo battery { serial } reputation { promisedWh deliveredWh } }
  }
}`,
  },
  {
    name: "The neighbourhood's latest slots",
    query: `# What neighbours shared in the latest slots, at what price and why: surplus and need of all, and each one's part.
# Energy in Wh, price and money in millionths of a rupiah (per Wh), the utility's tariff in IDR/kWh.
query LatestSlots {
  clearedSlots(orderBy: "slotEnd", orderDirection: "desc", limit: 10) {
    items {
      slotStart
      surplusWh
      needWh
      price
      sharedWh
      retail
      feedIn
      fee
      shares { items { meter { serial } side sharedWh utilityWh leftWh amount plnAmount sellFrom buyUpTo } }
    }
  }
}`,
  },
  {
    name: "Whom a guardian looks after",
    query: `# The accounts by fingerprint that somebody may bring back, with who signs for them now and what is announced:
# put in the guardian's address. Times in unix seconds.
query LooksAfter {
  homeAccounts(where: { guardian: "0x976EA74026E726554dB657fA54763abd0C3a0aa9" }) {
    items {
      id
      nextGuardianFrom
      recoveryFrom
      recoverySignerId
      signers(where: { removedAt: null }) { items { signerId signer addedAt removableFrom } }
    }
    totalCount
  }
}`,
  },
  {
    name: "The market now",
    query: `# Prices now. Ticks in IDR/kWh, price in milli-IDR per kWh.
query MarketNow {
  orderBook(depth: 5) { bids { tick wattHours } asks { tick wattHours } spread }
  marketStatistics { lastTick averagePrice24h high24h low24h volume24hWh activeOffers }
  suggestedPrice { price average middle tariff exportedWh importedWh }
}`,
  },
  {
    name: "Trades as they happen",
    query: `# Each fill of the order book as it happens: press play and wait.
subscription FillsAsTheyHappen {
  orderMatched { timestamp seller buyer wattHours tick }
}`,
  },
];
