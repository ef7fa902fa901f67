/** What GraphQL answers. The shapes are those of REST. */
export const typeDefs = /* GraphQL */ `
  "Text by name."
  scalar Texts

  "A question that is refused is null, with an error that says why; the others are answered."
  type Query {
    "Who is signed in; null when nobody is."
    me: String
    "Meters, by serial; with \`mine\` those of whoever is signed in."
    devices(mine: Boolean! = false, state: DeviceState, limit: Int! = 50, offset: Int! = 0): [Device!]
    device(meterId: String!): Device
    "A meter's readings, newest first: to its owner and to operators."
    readings(meterId: String!, limit: Int! = 50, before: ID): [Reading!]
    "Settlements, newest reading first; of readings stamped at \`from\` or later, and earlier than \`to\` (ISO 8601)."
    settlements(meterId: String, from: String, to: String, limit: Int! = 50, before: ID): [Settlement!]
    "Slots of communities that were cleared, newest first; that ended at \`from\` or later, and earlier than \`to\` (ISO 8601)."
    clearedSlots(communityId: Int, from: String, to: String, limit: Int! = 50, before: ID): [ClearedSlot!]
    "A meter's commands, newest first: to its owner and to operators."
    commands(meterId: String!, limit: Int! = 50): [Command!]
    "Alerts of own meters; operators see all."
    alerts(open: Boolean! = false, limit: Int! = 50, before: ID): [Alert!]
  }

  type Subscription {
    "A report is on its way to the chain: this node has signed it, or others have."
    settlementStarted(meterId: String): SettlementStarted!
    "The chain has settled or skipped a report, for good."
    settlementCompleted(meterId: String): SettlementCompleted!
    "A transaction that settled meters or delivered a trade, whoever sent it, once it is final."
    transactionSucceeded: TransactionSucceeded!
    orderMatched: OrderMatched!
    "A community's slot was cleared, by whomever, once that is final."
    slotCleared: SlotCleared!
    "The chain has a window's root, of which any meter's report can be settled by proof, once that is final."
    rootCommitted: RootCommitted!
    "Of meters that whoever is signed in may see."
    deviceOffline(meterId: String): DeviceOffline!
    "A device has answered, or its time is over."
    commandAcknowledged(meterId: String): Command!
    alertRaised: Alert!
    alertEnded: Alert!
  }

  enum DeviceState {
    unknown
    online
    late
    offline
    lost
  }

  type Device {
    meterId: String!
    "Null until somebody has accepted the meter."
    owner: String
    kind: String!
    "A: the meter signs; B: its site's gateway does; C: nobody."
    trust: String!
    settles: Boolean!
    suspended: Boolean!
    epoch: Int!
    "Where the meter shares slots with its neighbours; null where it does not."
    slot: Slot
    state: DeviceState!
    lastHeard: String
    "public: what follows is null or empty, for it is shown to the meter's owner and to operators only."
    access: String!
    "Why its readings do not count for now."
    hold: Hold
    firmware: String
    telemetry: Telemetry
    lastReading: Registers
    "The latest ten."
    commands: [Command!]!
    settlements(limit: Int! = 10): [Settlement!]
  }

  type Slot {
    communityId: Int!
    "Length of a slot."
    seconds: Int!
    "End of the latest slot that is over."
    end: String!
    "A reading stamped until then is taken for that end."
    readUntil: String!
    "Until then at the latest the slot's clearing waits for it."
    waitedUntil: String!
  }

  type Hold {
    reason: String!
    detail: String!
    since: String!
    releasedBy: String!
    rule: Rule!
  }

  "A row of the table of validation rules."
  type Rule {
    id: String
    checks: String!
    threshold: String
    action: String!
  }

  "W at one moment: homeW = solarW + batteryW (positive: discharging) + gridW (positive: import)."
  type Telemetry {
    timestamp: String!
    solarW: Float!
    homeW: Float!
    batteryW: Float!
    gridW: Float!
    chargePercent: Float!
  }

  "Cumulative registers, kWh as decimal text."
  type Registers {
    timestamp: String!
    exportKwh: String!
    importKwh: String!
    storedKwh: String!
    signed: Boolean!
  }

  type Reading {
    id: ID!
    meterId: String!
    epoch: Int!
    sequence: String!
    timestamp: String!
    exportKwh: String!
    importKwh: String!
    storedKwh: String!
    signed: Boolean!
  }

  type Settlement {
    id: ID!
    meterId: String!
    epoch: Int!
    "When the registers were read."
    readAt: String!
    timestamp: String! @deprecated(reason: "readAt")
    "null when settled by hand, or reported by others."
    windowEnd: String
    exportKwh: String!
    importKwh: String!
    storedKwh: String!
    "Since the settlement before, 0 of an epoch's first; null until it is settled."
    exportedKwh: String
    importedKwh: String
    "null where this node has not seen the reading."
    signed: Boolean
    status: String!
    reason: String
    "Minted; burned when negative."
    tokensKwh: String
    debtKwh: String
    transactionHash: String
    blockNumber: String
    final: Boolean!
    "When this node knew of it; null where the chain told it first."
    createdAt: String
  }

  type ClearedSlot {
    id: ID!
    communityId: Int!
    slotEnd: String!
    "What neighbours who sold got, IDR/kWh; null where nothing was shared."
    pricePerKwh: String
    "What went from neighbour to neighbour, kWh."
    sharedKwh: String!
    "Of all who were read, kWh."
    surplusKwh: String!
    needKwh: String!
    members: Int!
    "How many of them were read at the slot's end."
    present: Int!
    transactionHash: String!
    blockNumber: String!
    final: Boolean!
  }

  type Command {
    id: ID!
    nonce: String!
    meterId: String!
    name: String!
    arguments: Texts!
    status: String!
    reason: String!
    requestedBy: String!
    deadline: String!
    tradeId: String
    createdAt: String!
    history: [CommandEvent!]!
  }

  type CommandEvent {
    at: String!
    event: String!
    detail: String!
  }

  type Alert {
    id: ID!
    kind: String!
    "null when it is about the node."
    meterId: String
    detail: String!
    raisedAt: String!
    endedAt: String
  }
`;

/** What subscribers are told beside the types above. */
export const eventTypes = /* GraphQL */ `
  "What began: cumulative registers, kWh as decimal text."
  type SettlementStarted {
    settlementId: ID!
    meterId: String!
    epoch: Int!
    timestamp: String!
    exportKwh: String!
    importKwh: String!
    storedKwh: String!
  }

  "Registers as above; tokens minted, or burned when negative. The chain says neither registers nor epoch of what it skips."
  type SettlementCompleted {
    settlementId: ID
    meterId: String!
    epoch: Int
    timestamp: String!
    state: String!
    reason: String
    exportKwh: String
    importKwh: String
    storedKwh: String
    tokensKwh: String
    debtKwh: String
    tokensWh: String
    debtWh: String
    transactionHash: String!
    blockNumber: String!
    blockTime: String!
  }

  type TransactionSucceeded {
    "settle or deliver"
    kind: String!
    sender: String!
    transactionHash: String!
    blockNumber: String!
    blockTime: String!
    gasUsed: String!
    "Meters that it settled, and reports that it skipped."
    settled: Int!
    skipped: Int!
    mintedKwh: String!
    burnedKwh: String!
    deliveries: [Delivery!]!
  }

  type Delivery {
    tradeId: ID!
    buyerId: String!
    sellerId: String!
    energyAmount: String!
    pricePerKwh: String!
    totalPrice: String!
  }

  "Two orders met, at the price of the one that rested. kWh and IDR as decimal text."
  type OrderMatched {
    makerOrderId: ID!
    taker: String!
    "buy or sell"
    takerSide: String!
    buyerId: String
    sellerId: String
    energyAmount: String!
    pricePerKwh: String!
    totalPrice: String!
    transactionHash: String!
    blockNumber: String!
    blockTime: String!
  }

  "As ClearedSlot."
  type SlotCleared {
    id: ID!
    communityId: Int!
    slotEnd: String!
    pricePerKwh: String
    sharedKwh: String!
    surplusKwh: String!
    needKwh: String!
    members: Int!
    present: Int!
    transactionHash: String!
    blockNumber: String!
    blockTime: String!
  }

  type RootCommitted {
    windowEnd: String!
    root: String!
    transactionHash: String!
    blockNumber: String!
    blockTime: String!
  }

  type DeviceOffline {
    meterId: String!
    lastHeard: String
  }
`;
