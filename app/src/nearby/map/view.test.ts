import { expect, test } from "vitest";
import { MOST_ZOOM, movedBy, PADDING, STILL, stretched, viewOf } from "./view.ts";

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

test("drawn larger around a point leaves that point where it is, and so does drawing it smaller again", () => {
  const view = viewOf([[106.83, -6.19]], size);
  const there = [106.84, -6.2] as const;
  const [x, y] = view.place(there);
  const around = [x - size.width / 2, y - size.height / 2] as const;
  const larger = stretched(STILL, 2, ...around);
  const moved = movedBy(view, size, larger);
  expect(moved.zoom).toBe(view.zoom + 1);
  expect(moved.place(there)[0]).toBeCloseTo(x, 9);
  expect(moved.place(there)[1]).toBeCloseTo(y, 9);
  const [west] = view.place([106.83, -6.19]);
  expect(moved.place([106.83, -6.19])[0] - x).toBeCloseTo(2 * (west - x), 9);
  expect(stretched(larger, 0.5, ...around)).toEqual(STILL);
});

test("has an end in both directions, where it no longer slides away either", () => {
  const far = Array.from({ length: 40 }).reduce<typeof STILL>((move) => stretched(move, 2, 50, 0), STILL);
  expect(stretched(far, 2, -80, 30)).toEqual(far);
  const near = Array.from({ length: 40 }).reduce<typeof STILL>((move) => stretched(move, 0.5, 50, 0), STILL);
  expect(stretched(near, 0.5, -80, 30)).toEqual(near);
});
