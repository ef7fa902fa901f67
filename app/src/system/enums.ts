/** The contracts' enums in their order, by the names of the interfaces. */
export const meterKinds = ["Consumer", "Prosumer", "Battery", "Grid"] as const;
export const trustClasses = ["C", "B", "A"] as const;
export const meterStatuses = ["None", "Active", "Suspended"] as const;
export const offerStatuses = ["None", "Active", "Completed", "Cancelled", "Expired"] as const;
export const tradeStatuses = [
  "None",
  "Pending",
  "Accepted",
  "Rejected",
  "Cancelled",
  "Lapsed",
  "Completed",
  "Expired",
] as const;
export const withdrawalStatuses = ["None", "Requested", "Paid", "Cancelled"] as const;

export type MeterKind = (typeof meterKinds)[number];
export type OfferStatus = (typeof offerStatuses)[number];
export type TradeStatus = (typeof tradeStatuses)[number];
export type WithdrawalStatus = (typeof withdrawalStatuses)[number];
