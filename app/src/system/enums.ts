/** The contracts' enums by the names of their interfaces, as the dApp shows them. */
import {
  MeterKind as Kinds,
  MeterStatus,
  namesOf,
  OfferStatus as OfferStatuses,
  TradeStatus as TradeStatuses,
  TrustClass,
  WithdrawalStatus as WithdrawalStatuses,
} from "@enerlink/protocol";

export const meterKinds = namesOf(Kinds);
export const trustClasses = namesOf(TrustClass);
export const meterStatuses = namesOf(MeterStatus);
export const offerStatuses = namesOf(OfferStatuses);
export const tradeStatuses = namesOf(TradeStatuses);
export const withdrawalStatuses = namesOf(WithdrawalStatuses);

export type MeterKind = (typeof meterKinds)[number];
export type OfferStatus = (typeof offerStatuses)[number];
export type TradeStatus = (typeof tradeStatuses)[number];
export type WithdrawalStatus = (typeof withdrawalStatuses)[number];
