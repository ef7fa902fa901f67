/** Rows as REST answers them. */

import type {
  change,
  energyTransaction,
  fill,
  movement,
  order,
  rating,
  settlement,
  skippedReport,
} from "ponder:schema";
import { formatIdr, formatKwh, formatPrice, serialOf } from "@enerlink/protocol";
import { getAddress } from "viem";
import { centreOf } from "../geo.ts";
import type { communityEnergy } from "../questions/community.ts";
import { type Offer, toldStatus } from "../questions/offers.ts";
import { type Clock, type Trade, tradeNow } from "../questions/trades.ts";
import { isoOf } from "./times.ts";

export const ofTick = (tick: number | null) => (tick === null ? null : String(tick));
export const ofPrice = (price: bigint | null) => (price === null ? null : formatPrice(price));

const lower = <Name extends string>(name: Name) => name.toLowerCase() as Lowercase<Name>;
const sideOf = (side: "BID" | "ASK") => (side === "BID" ? ("buy" as const) : ("sell" as const));

export function offerOf(row: Offer, now: bigint, distanceKm?: number) {
  return {
    id: String(row.id),
    sellerId: getAddress(row.seller),
    batteryId: serialOf(row.batteryId),
    energyAmount: formatKwh(row.offeredWh),
    remainingAmount: formatKwh(row.remainingWh),
    pricePerKwh: formatPrice(row.price),
    location: centreOf(row.h3Cell),
    status: lower(toldStatus(row, now)),
    createdAt: isoOf(row.createdAt),
    updatedAt: isoOf(row.updatedAt),
    availableFrom: isoOf(row.availableFrom),
    availableTo: isoOf(row.availableTo),
    ...(distanceKm === undefined ? {} : { distanceKm }),
  };
}

/** @param clock when it is shown */
export async function tradeOf(row: Trade, clock: Clock) {
  const { deliverBy, deliverableWh } = await tradeNow(row, clock);
  return {
    id: String(row.id),
    offerId: String(row.offerId),
    buyerId: getAddress(row.buyer),
    sellerId: getAddress(row.seller),
    batteryId: serialOf(row.batteryId),
    energyAmount: formatKwh(row.wattHours),
    meteredAmount: formatKwh(row.meteredWh),
    deliverableAmount: formatKwh(deliverableWh),
    deliveredAmount: formatKwh(row.deliveredWh),
    pricePerKwh: formatPrice(row.price),
    totalPrice: formatIdr(row.wattHours * row.price),
    escrow: formatIdr(row.escrowIdrs),
    status: lower(row.status),
    availableFrom: isoOf(row.availableFrom),
    availableTo: isoOf(row.availableTo),
    answerBy: isoOf(row.answerBy),
    deliverBy: isoOf(deliverBy),
    acceptedAt: row.acceptedAt === null ? null : isoOf(row.acceptedAt),
    createdAt: isoOf(row.requestedAt),
    updatedAt: isoOf(row.updatedAt),
  };
}

export function transactionOf(row: typeof energyTransaction.$inferSelect) {
  return {
    id: row.id,
    tradeId: String(row.tradeId),
    buyerId: getAddress(row.buyer),
    sellerId: getAddress(row.seller),
    energyAmount: formatKwh(row.wattHours),
    pricePerKwh: formatPrice(row.price),
    totalPrice: formatIdr(row.cost),
    timestamp: isoOf(row.timestamp),
    blockchainTxHash: row.transactionHash,
  };
}

export const ratingOf = (row: typeof rating.$inferSelect) => ({
  id: row.id,
  tradeId: String(row.tradeId),
  raterId: getAddress(row.rater),
  ratedId: getAddress(row.rated),
  stars: row.stars,
  timestamp: isoOf(row.timestamp),
  blockchainTxHash: row.transactionHash,
});

export function settlementOf(row: typeof settlement.$inferSelect) {
  return {
    id: row.id,
    meterId: serialOf(row.meterId),
    ownerId: getAddress(row.owner),
    epoch: row.epoch,
    baseline: row.baseline,
    exportKwh: formatKwh(row.exportWh),
    importKwh: formatKwh(row.importWh),
    storedKwh: formatKwh(row.storedWh),
    exportedKwh: formatKwh(row.exportedWh),
    importedKwh: formatKwh(row.importedWh),
    tokensKwh: formatKwh(row.tokensWh),
    debtKwh: formatKwh(row.debtWh),
    readAt: isoOf(row.readAt),
    settledAt: isoOf(row.timestamp),
    timestamp: isoOf(row.timestamp),
    transactionHash: row.transactionHash,
    blockNumber: row.blockNumber.toString(),
    blockchainTxHash: row.transactionHash,
  };
}

export function communityOf(energy: Awaited<ReturnType<typeof communityEnergy>>) {
  const { selfSufficiency, selfConsumption, windowSeconds } = energy;
  return {
    ...exchangeOf(energy),
    selfSufficiency,
    selfConsumption,
    windowSeconds,
    windows: energy.windows.map((window) => ({
      start: isoOf(window.start),
      ...exchangeOf(window),
      selfSufficiency: window.selfSufficiency,
    })),
  };
}

const exchangeOf = (energy: { exportedWh: bigint; importedWh: bigint; sharedWh: bigint }) => ({
  exportedKwh: formatKwh(energy.exportedWh),
  importedKwh: formatKwh(energy.importedWh),
  sharedKwh: formatKwh(energy.sharedWh),
});

export function orderOf(row: typeof order.$inferSelect) {
  return {
    id: row.orderId === null ? row.id : String(row.orderId),
    ownerId: getAddress(row.owner),
    side: sideOf(row.side),
    pricePerKwh: String(row.tick),
    energyAmount: formatKwh(row.placedWh),
    filledAmount: formatKwh(row.filledWh),
    remainingAmount: formatKwh(row.openWh),
    filledPrice: formatIdr(row.filledIdrs),
    status: lower(row.status),
    createdAt: isoOf(row.placedAt),
    updatedAt: isoOf(row.updatedAt),
    blockchainTxHash: row.transactionHash,
  };
}

/** An order's id as REST names it: decimal, or of one that was filled at once its first fill's. */
const orderIdOf = (row: string) => (row.includes("-") ? row : String(BigInt(row)));

/** What a movement belongs to, as REST names it. */
export const referenceOf = (reference: string | null) =>
  reference?.startsWith("0x") ? orderIdOf(reference) : reference;

export function fillOf(row: typeof fill.$inferSelect) {
  return {
    id: row.id,
    makerOrderId: orderIdOf(row.makerOrder),
    takerOrderId: orderIdOf(row.takerOrder),
    buyerId: getAddress(row.buyer),
    sellerId: getAddress(row.seller),
    takerSide: sideOf(row.takerSide),
    energyAmount: formatKwh(row.wattHours),
    pricePerKwh: String(row.tick),
    totalPrice: formatIdr(row.cost),
    timestamp: isoOf(row.timestamp),
    blockchainTxHash: row.transactionHash,
  };
}

export type Moved = Pick<
  typeof movement.$inferSelect,
  "id" | "counterparty" | "reference" | "transactionHash" | "energyWh" | "idrs" | "timestamp"
> & { kind: (typeof movement.$inferSelect)["kind"] | WalletKind };

/** What moves a wallet. */
export type WalletKind = "MINTED" | "BURNED" | "SENT" | "RECEIVED";

export const movementOf = (row: Moved, where: "wallet" | "trading") => ({
  id: row.id,
  type: lower(row.kind),
  where,
  energyAmount: formatKwh(row.energyWh),
  amount: formatIdr(row.idrs),
  counterparty: row.counterparty === null ? null : getAddress(row.counterparty),
  reference: referenceOf(row.reference),
  timestamp: isoOf(row.timestamp),
  blockchainTxHash: row.transactionHash,
});

export const skipOf = (row: typeof skippedReport.$inferSelect) => ({
  id: row.id,
  meterId: serialOf(row.meterId),
  reason: row.reason,
  readAt: isoOf(row.readAt),
  timestamp: isoOf(row.timestamp),
  blockchainTxHash: row.transactionHash,
});

export const changeOf = (row: typeof change.$inferSelect) => ({
  id: row.id,
  contract: row.contract,
  event: row.event,
  arguments: row.arguments as Record<string, unknown>,
  meterId: row.meterId === null ? null : serialOf(row.meterId),
  timestamp: isoOf(row.timestamp),
  blockchainTxHash: row.transactionHash,
});
