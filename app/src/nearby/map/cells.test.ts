import { latLngToCell } from "h3-js";
import { describe, expect, test } from "vitest";
import type { PlacedOffer } from "../data.ts";
import { cellsOf, outlines } from "./cells.ts";

const menteng = latLngToCell(-6.1955, 106.8323, 7);
const tebet = latLngToCell(-6.2262, 106.8531, 7);
const offer = (h3Cell: string, remainingWh: bigint, price: bigint): PlacedOffer => ({
  id: `${h3Cell}${price}`,
  seller: "0x00",
  batteryId: "0x00",
  remainingWh,
  price,
  h3Cell,
  availableFrom: 0,
  availableTo: 0,
  reputation: null,
  battery: { storedWh: 0n, capacityWh: 0n, debtWh: 0n, promisedWh: 0n },
  coveredWh: remainingWh,
  distanceKm: 2,
});

describe("offers on the map", () => {
  test("are added up by cell, with the lowest price", () => {
    const cells = cellsOf([
      offer(menteng, 1_000n, 1_400_000n),
      offer(tebet, 500n, 1_300_000n),
      offer(menteng, 250n, 1_385_000n),
    ]);
    expect(cells).toEqual([
      { id: menteng, offers: 2, wattHours: 1_250n, cheapest: 1_385_000n, distanceKm: 2 },
      { id: tebet, offers: 1, wattHours: 500n, cheapest: 1_300_000n, distanceKm: 2 },
    ]);
    expect(cellsOf([])).toEqual([]);
  });

  test("are drawn as closed hexagons around their cell, longitude first", () => {
    const { features } = outlines([{ id: menteng, selected: true, home: false }]);
    const ring = features[0]!.geometry.coordinates[0]!;
    expect(ring).toHaveLength(7);
    expect(ring.at(-1)).toEqual(ring[0]);
    for (const [longitude, latitude] of ring) {
      expect(longitude).toBeGreaterThan(106);
      expect(latitude).toBeLessThan(0);
    }
    expect(features[0]!.properties).toEqual({ id: menteng, selected: true, home: false });
  });
});
