/** Where a place's name stands on the map: near its middle, never over a cell or another name, never cut at an edge. */
import type { Size } from "./view.ts";

/** Pixels from the left and the top. */
export type Box = { left: number; top: number; right: number; bottom: number };

/** A name's letters are so wide, and it so high, pixels; around it so much stays free. */
const LETTER = 6.4;
const HEIGHT = 14;
const GAP = 4;
/** It gives way up or down by so much at a time, and so often at most. */
const STEP = 12;
const STEPS = 8;

const meets = (a: Box, b: Box) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

function boxAt(x: number, y: number, name: string): Box {
  const [half, high] = [(name.length * LETTER) / 2 + GAP, HEIGHT / 2 + GAP];
  return { left: x - half, top: y - high, right: x + half, bottom: y + high };
}

/** The box that holds all of `points`. */
export function boxOf(points: readonly (readonly [number, number])[]): Box {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

/**
 * @param names each with its middle; the first have the first choice
 * @param taken what no name may stand over
 * @returns where the names stand that have room, by their place in `names`
 */
export function placed(
  names: readonly { name: string; middle: readonly [number, number] }[],
  taken: readonly Box[],
  { width, height }: Size,
): Map<number, readonly [number, number]> {
  const boxes = [...taken];
  const found = new Map<number, readonly [number, number]>();
  const ways = Array.from({ length: STEPS }, (_, step) => [(step + 1) * STEP, -(step + 1) * STEP]).flat();
  names.forEach(({ name, middle: [x, y] }, index) => {
    for (const by of [0, ...ways]) {
      const box = boxAt(x, y + by, name);
      const within = box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height;
      if (!within || boxes.some((one) => meets(one, box))) continue;
      boxes.push(box);
      found.set(index, [x, y + by]);
      return;
    }
  });
  return found;
}
