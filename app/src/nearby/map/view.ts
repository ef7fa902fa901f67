/** Where places lie in a picture: Web Mercator, as maps on the web have it. */

/** Longitude before latitude, degrees. */
export type Position = readonly [number, number];
export type Size = { width: number; height: number };

/** Pixels around what has to be in sight, and the zoom beyond which a few cells would fill the picture. */
export const PADDING = 36;
export const MOST_ZOOM = 11.5;
/** Pixels that the whole world is wide at zoom 0. */
const WORLD = 512;

const world = ([longitude, latitude]: Position): Position => [
  longitude / 360 + 0.5,
  0.5 - Math.log(Math.tan(Math.PI / 4 + (latitude * Math.PI) / 360)) / (2 * Math.PI),
];

/**
 * The view that holds all of `positions`, at least one.
 * @returns its zoom, and where a position lies in it: pixels from the left and the top
 */
export function viewOf(positions: readonly Position[], { width, height }: Size) {
  const points = positions.map(world);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [west, east, north, south] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(
    Math.max(width - 2 * PADDING, 1) / (east - west),
    Math.max(height - 2 * PADDING, 1) / (south - north),
    WORLD * 2 ** MOST_ZOOM,
  );
  const place = (position: Position): [number, number] => {
    const [x, y] = world(position);
    return [(x - (west + east) / 2) * scale + width / 2, (y - (north + south) / 2) * scale + height / 2];
  };
  return { zoom: Math.log2(scale / WORLD), place };
}

/** How far a view was moved from where it began: `k` times as large, and so many pixels to the right and down. */
export type Move = { k: number; x: number; y: number };
export const STILL: Move = { k: 1, x: 0, y: 0 };

/** So much larger and smaller than at first. */
const [LEAST, MOST] = [1 / 6, 12];

/** @param by how much larger, around a point that stays where it is: pixels from the middle */
export function stretched({ k, x, y }: Move, by: number, aroundX: number, aroundY: number): Move {
  const next = Math.min(Math.max(k * by, LEAST), MOST);
  const real = next / k;
  return { k: next, x: aroundX + (x - aroundX) * real, y: aroundY + (y - aroundY) * real };
}

/** A view as it was moved. */
export function movedBy(view: ReturnType<typeof viewOf>, { width, height }: Size, { k, x, y }: Move) {
  return {
    zoom: view.zoom + Math.log2(k),
    place: (position: Position): [number, number] => {
      const [left, top] = view.place(position);
      return [(left - width / 2) * k + width / 2 + x, (top - height / 2) * k + height / 2 + y];
    },
  };
}
