/** Distances between places that are only known as H3 cells. */
import {
  cellToBoundary,
  cellToLatLng,
  getHexagonEdgeLengthAvg,
  greatCircleDistance,
  gridDisk,
  latLngToCell,
  UNITS,
} from "h3-js";
import { searchResolution } from "../places.ts";

/** WGS 84, degrees. */
export type Point = { latitude: number; longitude: number };

/** The centre of a cell. */
export function centreOf(cell: string): Point {
  const [latitude, longitude] = cellToLatLng(cell);
  return { latitude, longitude };
}

/** Great-circle distance, km. */
export function distanceKm(from: Point, to: Point): number {
  return greatCircleDistance([from.latitude, from.longitude], [to.latitude, to.longitude], UNITS.km);
}

/** How far a place in `cell` can be from its centre, km. */
export function uncertaintyKm(cell: string): number {
  const centre = centreOf(cell);
  return Math.max(
    ...cellToBoundary(cell).map(([latitude, longitude]) => distanceKm(centre, { latitude, longitude })),
  );
}

/** Where an offer of `cell` is: the cell's centre, and how far the place can be from it. */
export const placeOf = (cell: string) => ({ ...centreOf(cell), uncertaintyKm: uncertaintyKm(cell) });

/**
 * The search cells (see `places.ts`) of every cell of `resolution` whose centre is within `radiusKm` of `point`, and
 * some more. A ring of cells is never thinner than the shortest distance between neighbouring centres; H3's cells are
 * distorted by up to a third of the average, hence the margins.
 */
export function cellsAround(point: Point, radiusKm: number, resolution: number): string[] {
  const searched = searchResolution(resolution);
  const edgeKm = getHexagonEdgeLengthAvg(searched, UNITS.km);
  const ringKm = edgeKm * Math.sqrt(3) * 0.65;
  // A cell's centre is about as far from that of the cell above it as a corner is, at most.
  const farthestKm = searched < resolution ? radiusKm + 1.4 * edgeKm : radiusKm;
  return gridDisk(
    latLngToCell(point.latitude, point.longitude, searched),
    Math.ceil(farthestKm / ringKm) + 1,
  );
}
