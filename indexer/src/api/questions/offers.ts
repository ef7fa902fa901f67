/** Offers by place and time. */

import { db } from "ponder:api";
import { offer } from "ponder:schema";
import { and, asc, eq, gt, gte, lt, lte, not, or, sql } from "ponder";
import type { Address } from "viem";
import { readSettings } from "../../../lib/settings.ts";
import { cellsAround, distanceKm, type Point, placeOf } from "../geo.ts";
import { between } from "../input.ts";
import { chainTime } from "../now.ts";

export const { maxDistanceKm: FARTHEST_KM } = readSettings();

export type Offer = typeof offer.$inferSelect;

/** Offers of which something can be bought at `now`, unix seconds. */
export const isOpen = (now: bigint) =>
  and(eq(offer.status, "ACTIVE"), gte(offer.availableTo, now), gt(offer.remainingWh, 0n))!;

/** As `EnergyMarket.offer` says it at `now`: an offer that is sold out and being delivered is not over. */
export function currentStatus(
  row: Pick<Offer, "status" | "availableTo" | "remainingWh" | "openTrades">,
  now: bigint,
) {
  const delivering = row.remainingWh === 0n && row.openTrades > 0;
  return row.status === "ACTIVE" && now > row.availableTo && !delivering ? "EXPIRED" : row.status;
}

export type ToldStatus = Offer["status"] | "SOLD_OUT";

/** As REST tells it: an offer of which nothing is left is not active, though the contract calls it so until it is delivered. */
export function toldStatus(row: Parameters<typeof currentStatus>[0], now: bigint): ToldStatus {
  const status = currentStatus(row, now);
  return status === "ACTIVE" && row.remainingWh === 0n ? "SOLD_OUT" : status;
}

export type OfferFilter = {
  /** At the chain's time; of what is ACTIVE something can be bought. */
  status?: ToldStatus | undefined;
  minWh?: bigint | undefined;
  maxWh?: bigint | undefined;
  minPrice?: bigint | undefined;
  maxPrice?: bigint | undefined;
  seller?: Address | undefined;
};

/** The same rule as `toldStatus`, for a query. */
function hasStatus(status: OfferFilter["status"], now: bigint) {
  const isOver = and(
    lt(offer.availableTo, now),
    not(and(eq(offer.remainingWh, 0n), gt(offer.openTrades, 0))!),
  )!;
  switch (status) {
    case undefined:
      return undefined;
    case "ACTIVE":
      return isOpen(now);
    case "SOLD_OUT":
      return and(eq(offer.status, "ACTIVE"), eq(offer.remainingWh, 0n), not(isOver));
    case "EXPIRED":
      return or(eq(offer.status, "EXPIRED"), and(eq(offer.status, "ACTIVE"), isOver));
    default:
      return eq(offer.status, status);
  }
}

/** Offers that a filter lets through, at `now` in unix seconds. */
export const offersWhere = ({ status, minWh, maxWh, minPrice, maxPrice, seller }: OfferFilter, now: bigint) =>
  and(
    hasStatus(status, now),
    minWh === undefined ? undefined : gte(offer.remainingWh, minWh),
    maxWh === undefined ? undefined : lte(offer.remainingWh, maxWh),
    minPrice === undefined ? undefined : gte(offer.price, minPrice),
    maxPrice === undefined ? undefined : lte(offer.price, maxPrice),
    seller === undefined ? undefined : eq(offer.seller, seller),
  );

/**
 * Offers within `maxDistanceKm` of a point, nearest first, then cheapest. An offer's place is a cell: its distance is
 * the one to the cell's centre, and the place itself may be up to `uncertaintyKm` from there.
 * @throws Problem 400 for a point that is none or a distance beyond ENERGY_TRADING_MAX_DISTANCE
 */
export async function nearbyOffers(point: Point, maxDistanceKm: number, filter: OfferFilter) {
  between("latitude", point.latitude, -90, 90);
  between("longitude", point.longitude, -180, 180);
  between("maxDistanceKm", maxDistanceKm, 0, FARTHEST_KM);
  const where = offersWhere(filter, await chainTime());

  const resolutions = await db.selectDistinct({ resolution: offer.resolution }).from(offer).where(where);
  const cells = new Set(
    resolutions.flatMap(({ resolution }) => cellsAround(point, maxDistanceKm, resolution)),
  );
  const found =
    cells.size === 0
      ? []
      : await db
          .select()
          .from(offer)
          .where(and(where, inCells([...cells])));

  // Many offers share a place, and reckoning one takes longer than reading its row.
  const places = new Map<string, ReturnType<typeof placeFrom>>();
  const placeFrom = (cell: string) => {
    const place = placeOf(cell);
    return { ...place, distanceKm: distanceKm(point, place) };
  };
  return found
    .map((row) => {
      if (!places.has(row.h3Cell)) places.set(row.h3Cell, placeFrom(row.h3Cell));
      return { offer: row, ...places.get(row.h3Cell)! };
    })
    .filter((near) => near.distanceKm <= maxDistanceKm)
    .sort(nearestFirst);
}

const MOST_PRICES = 1_000;

/** What can be bought of open offers at each price, cheapest first, with what there is up to there. */
export async function offersByPrice() {
  const levels = await db
    .select({
      price: offer.price,
      wattHours: sql<string>`sum(${offer.remainingWh})`,
      offers: sql<number>`count(*)::int`,
    })
    .from(offer)
    .where(isOpen(await chainTime()))
    .groupBy(offer.price)
    .orderBy(asc(offer.price))
    .limit(MOST_PRICES);
  let totalWh = 0n;
  return levels.map(({ price, wattHours, offers }) => {
    totalWh += BigInt(wattHours);
    return { price, wattHours: BigInt(wattHours), offers, totalWh };
  });
}

type Placed = { distanceKm: number; offer: Pick<Offer, "price" | "id"> };

/** Nearest first, then cheapest, then oldest. */
export const nearestFirst = (a: Placed, b: Placed) =>
  a.distanceKm - b.distanceKm || Number(a.offer.price - b.offer.price) || Number(a.offer.id - b.offer.id);

// One parameter, however many cells.
const inCells = (cells: string[]) => sql`${offer.searchCell} = ANY(string_to_array(${cells.join(",")}, ','))`;
