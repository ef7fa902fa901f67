import fc from "fast-check";
import { getResolution, latLngToCell } from "h3-js";
import { describe, expect, test } from "vitest";
import { searchCellOf } from "../places.ts";
import { cellsAround, centreOf, distanceKm, uncertaintyKm } from "./geo.ts";

const indonesia = fc.record({
  latitude: fc.double({ min: -11, max: 6, noNaN: true }),
  longitude: fc.double({ min: 95, max: 141, noNaN: true }),
});

/** The haversine formula, written out. */
function haversine(a: { latitude: number; longitude: number }, b: typeof a): number {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((b.latitude - a.latitude) * rad) / 2) ** 2 +
    Math.cos(a.latitude * rad) *
      Math.cos(b.latitude * rad) *
      Math.sin(((b.longitude - a.longitude) * rad) / 2) ** 2;
  return 2 * 6371.0071809 * Math.asin(Math.sqrt(h));
}

describe("distance", () => {
  test("is the haversine distance", () => {
    fc.assert(
      fc.property(indonesia, indonesia, (a, b) => {
        expect(distanceKm(a, b)).toBeCloseTo(haversine(a, b), 3);
      }),
    );
  });

  test("Monas to Bogor's botanical garden is 47 km", () => {
    const monas = { latitude: -6.1754, longitude: 106.8272 };
    const garden = { latitude: -6.5976, longitude: 106.7996 };
    expect(distanceKm(monas, garden)).toBeCloseTo(47.05, 1);
  });
});

describe("cells", () => {
  test("a place is within its cell's uncertainty of the centre", () => {
    fc.assert(
      fc.property(indonesia, fc.integer({ min: 2, max: 7 }), (point, resolution) => {
        const cell = latLngToCell(point.latitude, point.longitude, resolution);
        expect(distanceKm(point, centreOf(cell))).toBeLessThanOrEqual(uncertaintyKm(cell) * 1.001);
      }),
    );
  });

  test("a search misses no centre within its radius", () => {
    fc.assert(
      fc.property(
        indonesia,
        fc.double({ min: 0.1, max: 60, noNaN: true }),
        fc.integer({ min: 3, max: 7 }),
        fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (point, radius, resolution, angle, share) => {
          const there = {
            latitude: point.latitude + ((radius * share) / 111.2) * Math.cos(angle),
            longitude: point.longitude + ((radius * share) / 111.2) * Math.sin(angle),
          };
          const cell = latLngToCell(there.latitude, there.longitude, resolution);
          if (distanceKm(point, centreOf(cell)) > radius) return;
          expect(cellsAround(point, radius, resolution)).toContain(searchCellOf(cell));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a search of 50 km looks at about two hundred cells", () => {
    const cells = cellsAround({ latitude: -6.2, longitude: 106.8 }, 50, 7);
    expect(cells.length).toBeLessThan(250);
    expect(new Set(cells.map(getResolution))).toEqual(new Set([5]));
  });
});
