import { expect, test } from "vitest";
import { MOST_ZOOM, PADDING, viewOf } from "./view.ts";

const size = { width: 360, height: 256 };

test("holds all positions within its padding, north above south", () => {
  const corners = [
    [106.7, -6.3],
    [106.95, -6.1],
    [106.8, -6.2],
  ] as const;
  const { place, zoom } = viewOf(corners, size);
  expect(zoom).toBeLessThan(MOST_ZOOM);
  const placed = corners.map((corner) => place(corner));
  for (const [x, y] of placed) {
    expect(x).toBeGreaterThanOrEqual(PADDING - 1e-6);
    expect(x).toBeLessThanOrEqual(size.width - PADDING + 1e-6);
    expect(y).toBeGreaterThanOrEqual(PADDING - 1e-6);
    expect(y).toBeLessThanOrEqual(size.height - PADDING + 1e-6);
  }
  const [southWest, northEast] = placed;
  expect(southWest![0]).toBeLessThan(northEast![0]);
  expect(southWest![1]).toBeGreaterThan(northEast![1]);
});

test("puts a single place into the middle, no nearer than the nearest zoom", () => {
  const { place, zoom } = viewOf([[106.83, -6.19]], size);
  expect(zoom).toBe(MOST_ZOOM);
  expect(place([106.83, -6.19])).toEqual([180, 128]);
});
