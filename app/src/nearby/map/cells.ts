/** Offers as the map draws them: by the H3 cell that they name, never nearer to a house than that. */
import { cellToBoundary, cellToLatLng } from "h3-js";
import type { PlacedOffer } from "../data.ts";
import type { Point } from "../point.ts";

export type Cell = {
  id: string;
  offers: number;
  /** What can be had of all its offers, Wh. */
  wattHours: bigint;
  /** The lowest of its offers' prices, milli-IDR per kWh. */
  cheapest: bigint;
  distanceKm: number;
};

/** One entry a cell, in the order in which the offers first name it. */
export function cellsOf(offers: readonly PlacedOffer[]): Cell[] {
  const cells = new Map<string, Cell>();
  for (const { h3Cell, coveredWh, price, distanceKm } of offers) {
    const cell = cells.get(h3Cell);
    if (!cell) {
      cells.set(h3Cell, { id: h3Cell, offers: 1, wattHours: coveredWh, cheapest: price, distanceKm });
      continue;
    }
    cell.offers++;
    cell.wattHours += coveredWh;
    if (price < cell.cheapest) cell.cheapest = price;
  }
  return [...cells.values()];
}

/** The outlines of cells as GeoJSON: longitude before latitude, each ring closed. */
export const outlines = (cells: readonly { id: string; selected: boolean; home: boolean }[]) => ({
  type: "FeatureCollection" as const,
  features: cells.map(({ id, selected, home }) => ({
    type: "Feature" as const,
    properties: { id, selected, home },
    geometry: { type: "Polygon" as const, coordinates: [cellToBoundary(id, true)] },
  })),
});

/** The centre of an H3 cell given as hexadecimal digits. */
export function centreOf(cell: string): Point {
  const [latitude, longitude] = cellToLatLng(cell);
  return { latitude, longitude };
}
