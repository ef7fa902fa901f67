/**
 * What the arguments of the contracts' errors count, which their types do not say. `generate.ts` adds the enums, which
 * they do say, and stops when an argument that needs a unit has none here, or one here is of no error.
 */

/**
 * `wattHours`: Wh; `watts`: W; `idrs`: base units of IDRS; `price`: thousandths of a rupiah per kWh; `tick`: rupiah per
 * kWh; `time`: unix seconds; `seconds`: how long; `cell`: an H3 cell; `meter`: a meter's id, which is its serial;
 * `ofToken`: base units of the token that the call moves; `plain`: a number, a count or a hash as it is.
 */
export type Measure =
  | "wattHours"
  | "watts"
  | "idrs"
  | "price"
  | "tick"
  | "time"
  | "seconds"
  | "cell"
  | "meter"
  | "ofToken"
  | "plain";

const meter = { meterId: "meter" } as const;
const battery = { batteryId: "meter" } as const;
const trade = { tradeId: "plain" } as const;
const offer = { offerId: "plain" } as const;
const order = { orderId: "plain" } as const;
const community = { communityId: "plain" } as const;
const withdrawal = { withdrawalId: "plain" } as const;
const window = { windowEnd: "time" } as const;

/** Of every error that has other arguments than addresses, texts and enums: its arguments, and what they count. */
export const measures: Record<string, Record<string, Measure | { enum: string }>> = {
  // Tokens and the rupiah desk
  BankReferenceUsed: { bankReference: "plain" },
  BuysNothing: { amount: "plain" },
  CapExceeded: { idrs: "idrs", remainingIdrs: "idrs" },
  DecimalsOutOfRange: { decimals: "plain", most: "plain" },
  DrawOutOfRange: { amount: "idrs", most: "idrs" },
  LessThanMinimum: { idrs: "idrs", minimumIdrs: "idrs" },
  NotWithdrawalOwner: withdrawal,
  RateEnded: { until: "time", blockTime: "time" },
  RateOutOfTime: { until: "time", earliest: "time", latest: "time" },
  UnknownWithdrawal: withdrawal,
  WithdrawalClosed: withdrawal,
  WithdrawalNotCancellableYet: { ...withdrawal, cancellableAt: "time" },
  WithdrawalNotCancelling: withdrawal,
  WithdrawalNotReclaimableYet: { ...withdrawal, reclaimableAt: "time" },
  WrongPayment: { amount: "plain", balanceBefore: "plain", balanceAfter: "plain" },

  // Meters
  CapacityMismatch: { capacityWh: "wattHours" },
  CapacityTooLarge: { capacityWh: "wattHours", most: "wattHours" },
  CellTooFine: { h3Cell: "cell", resolution: "plain", finest: "plain" },
  ConnectionPointTaken: { connectionPoint: "plain", ...meter },
  DebtTooHigh: { ...meter, debtWh: "wattHours", maxDebtWh: "wattHours" },
  DelayTooLong: { delay: "seconds", longest: "seconds" },
  Equivocal: { ...meter, epoch: "plain" },
  InvalidCell: { h3Cell: "cell" },
  InvalidMeterId: meter,
  KeyNotOnCurve: { keyX: "plain", keyY: "plain" },
  MeterExists: meter,
  MeterPromised: { ...meter, promisedWh: "wattHours" },
  GridMeter: meter,
  MeterSlotted: meter,
  NoKeyProposed: meter,
  NotAcceptableYet: { ...meter, acceptableFrom: "time" },
  NotAtConnection: meter,
  NotMeterOwner: meter,
  NotPendingOwner: meter,
  RatingOutOfRange: { watts: "watts", cap: "watts" },
  TooManyEpochs: meter,
  UnknownMeter: meter,
  WrongStatus: meter,

  // Settlement, and who reports
  BatchExpired: { deadline: "time", blockTime: "time" },
  BoughtTooMuch: { ...meter, boughtWh: "wattHours", openWh: "wattHours" },
  ClearingFailed: { ...community, slotEnd: "time" },
  ClosingRejected: meter,
  CorrectionOutOfRange: {
    ...meter,
    differenceWh: "wattHours",
    leastWh: "wattHours",
    mostWh: "wattHours",
  },
  DebtTooLarge: { ...meter, debtWh: "wattHours" },
  DifferentMeters: { earlierId: "meter", laterId: "meter" },
  EpochNotDeclarable: { ...meter, declarableAt: "time" },
  HighS: { s: "plain" },
  InsufficientEnergy: { wattHours: "wattHours", availableWh: "wattHours" },
  InvalidMembers: { members: "plain", most: "plain" },
  InvalidQuorum: { quorum: "plain", members: "plain" },
  LengthMismatch: { meters: "plain", amounts: "plain" },
  MalformedSignature: { index: "plain" },
  MeterNotEligible: meter,
  NoBaseline: meter,
  NoContradiction: { ...meter, earlierSequence: "plain", laterSequence: "plain" },
  NoCorrectionProposed: meter,
  NoDeviceKey: meter,
  NoEpochProposed: meter,
  NoOwner: meter,
  NoEvidence: meter,
  NoRequestInFlight: meter,
  NotHighestTrust: meter,
  NotInEpoch: { ...meter, given: "plain", current: "plain" },
  NotSettling: meter,
  NotSilent: { ...meter, allowedAt: "time" },
  NothingToCorrect: meter,
  NothingToRepay: meter,
  ProofTooLong: { length: "plain", most: "plain" },
  ReadingRejected: meter,
  ReportAfterWindow: { ...meter, timestamp: "time", latest: "time" },
  RequestInFlight: { ...meter, requestId: "plain" },
  SequenceDescends: { earlier: "plain", later: "plain" },
  TooSoon: { ...meter, allowedAt: "time" },
  UnknownRoot: window,
  RootOfFormerCommittee: { ...window, configuredAt: "time" },
  WindowInFuture: { ...window, blockTime: "time" },
  WindowOffGrid: { ...window, grid: "seconds" },
  WindowTooOld: { ...window, committed: "time" },
  WrongDeviceSignature: meter,
  WrongProof: { ...window, ...meter },
  WrongProofOfMany: { ...window, reports: "plain" },
  WrongSignatureCount: { given: "plain", quorum: "plain" },
  ZeroRoot: window,

  // Certificates
  BeneficiaryOutOfRange: { length: "plain", most: "plain" },
  InvalidCertificateId: { certificateId: "plain" },
  NoLaterReading: { ...meter, seenAt: "time", settledAt: "time" },
  NotCertifiable: meter,
  NothingSettled: { ...meter, epoch: "plain" },
  NothingToRetire: { certificateId: "plain" },
  StoresEnergy: { ...meter, storedWh: "wattHours" },

  // The market: balances and the book
  FillOrKillUnfilled: { wattHours: "wattHours", fillableWh: "wattHours" },
  InsufficientBalance: { energyWh: "wattHours", idrs: "idrs", balance: "plain", needed: "plain" },
  InvalidOrderId: order,
  InvalidTick: { tick: "tick" },
  LevelFull: { tick: "tick" },
  NotOrderOwner: order,
  OrderNotOpen: order,
  OrderTooSmall: { wattHours: "wattHours", minimumWh: "wattHours" },
  PostOnlyWouldCross: { tick: "tick", bestOpposite: "tick" },
  UnknownAccount: { number: "plain" },

  // The market: offers and trades
  AlreadyRated: trade,
  AmountExceedsOffer: { ...offer, wattHours: "wattHours", remainingWh: "wattHours" },
  AmountTooSmall: { wattHours: "wattHours", minimumWh: "wattHours" },
  AnswerTooLate: { ...trade, answerBy: "time" },
  BatteryReportTooOld: { ...battery, timestamp: "time" },
  BatterySlotted: battery,
  CellMismatch: { h3Cell: "cell", batteryCell: "cell" },
  DeliveryNotMetered: { ...trade, wattHours: "wattHours", meteredWh: "wattHours" },
  DeliveryTooLate: { ...trade, deliverBy: "time" },
  EndMoved: { ...offer, seenTo: "time", availableTo: "time" },
  InvalidPeriod: { availableFrom: "time", availableTo: "time", earliest: "time", latest: "time" },
  InvalidStars: { stars: "plain" },
  NotABattery: battery,
  NotBatteryOwner: battery,
  NotClosableYet: { ...trade, closableAt: "time" },
  NotDeliverableYet: { ...trade, availableFrom: "time" },
  NotOfferSeller: offer,
  NotRatable: trade,
  NotTradeBuyer: trade,
  NotTradeParty: trade,
  NotTradeSeller: trade,
  OfferNotActive: offer,
  OfferNotClosable: { ...offer, availableTo: "time" },
  OwnOffer: offer,
  PriceMoved: { ...offer, seen: "price", price: "price" },
  PriceTooHigh: { price: "price", maximumPrice: "price" },
  PriceTooLow: { price: "price", minimumPrice: "price" },
  PromiseExceedsStored: { ...battery, promisedWh: "wattHours", coveredWh: "wattHours" },
  TooManyOpenTrades: { ...battery, mostTrades: "plain" },
  UnknownOffer: offer,
  UnknownTrade: trade,
  WrongTradeStatus: trade,

  // Communities and their slots
  AlreadyCleared: { ...community, clearedTo: "time" },
  AlreadyMember: { ...meter, ...community },
  CommunityFull: community,
  FeeTooHigh: { fee: "tick", most: "tick" },
  InvalidLimits: { sellFrom: "tick", buyUpTo: "tick" },
  NoticeTooShort: { notice: "seconds", shortest: "seconds" },
  InvalidSettings: { slot: "seconds", tolerance: "seconds", patience: "seconds", steepness: "plain" },
  InvalidSlotLength: { slot: "seconds", least: "seconds", most: "seconds" },
  InvalidTariff: { retail: "tick", feedIn: "tick", fee: "tick" },
  NobodyRead: { ...community, slotEnd: "time" },
  NotAccepted: community,
  NotAdmitted: { ...meter, ...community },
  NotMember: meter,
  NotSlotEnd: { slotEnd: "time", slot: "seconds" },
  NotUtility: community,
  SlotInFuture: { slotEnd: "time", time: "time" },
  SlotLengthFixed: { slot: "seconds" },
  StillWaiting: { ...community, slotEnd: "time", missing: "plain", until: "time" },
  TariffPending: { ...community, from: "time" },
  UnknownCommunity: community,

  // Households' accounts
  DeadlinePassed: { deadline: "time" },
  InvalidPasskey: { x: "plain", y: "plain" },
  LastSigner: { signerId: "plain" },
  NotAnnounced: { subject: "plain", from: "time" },
  SignerExists: { signerId: "plain" },
  UnknownSigner: { signerId: "plain" },

  // OpenZeppelin's
  AccessManagedRequiredDelay: { delay: "seconds" },
  AccessManagerAlreadyScheduled: { operationId: "plain" },
  AccessManagerExpired: { operationId: "plain" },
  AccessManagerLockedRole: { roleId: "plain" },
  AccessManagerNotReady: { operationId: "plain" },
  AccessManagerNotScheduled: { operationId: "plain" },
  AccessManagerUnauthorizedAccount: { roleId: "plain" },
  ECDSAInvalidSignatureLength: { length: "plain" },
  ECDSAInvalidSignatureS: { s: "plain" },
  ERC1155InsufficientBalance: { balance: "wattHours", needed: "wattHours", tokenId: "plain" },
  ERC1155InvalidArrayLength: { idsLength: "plain", valuesLength: "plain" },
  ERC20InsufficientAllowance: { allowance: "ofToken", needed: "ofToken" },
  ERC20InsufficientBalance: { balance: "ofToken", needed: "ofToken" },
  ERC2612ExpiredSignature: { deadline: "time" },
  InvalidAccountNonce: { currentNonce: "plain" },
  SafeCastOverflowedUintDowncast: { bits: "plain", value: "plain" },
  StringsInsufficientHexLength: { value: "plain", length: "plain" },
};
