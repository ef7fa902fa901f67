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

/**
 * The cells of `resolution` whose centre may be within `radiusKm` of `point`, and some more.
 * A ring of cells is never thinner than the shortest distance between neighbouring centres; H3's cells are distorted by
 * up to a third of the average, hence the margin.
 */
export function cellsAround(point: Point, radiusKm: number, resolution: number): string[] {
  const ringKm = getHexagonEdgeLengthAvg(resolution, UNITS.km) * Math.sqrt(3) * 0.65;
  return gridDisk(
    latLngToCell(point.latitude, point.longitude, resolution),
    Math.ceil(radiusKm / ringKm) + 1,
  );
}
