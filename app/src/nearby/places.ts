/** Where one may look from: a home's own cell, or a part of the city. Never an exact address. */
import { useEffect, useState } from "react";
import { untilLoaded } from "../ui/index.ts";
import type { Point } from "./point.ts";

/** Centres of the parts of Jakarta and its neighbours. */
export const places = {
  "Jakarta Pusat": { latitude: -6.1864, longitude: 106.8341 },
  "Jakarta Selatan": { latitude: -6.2615, longitude: 106.8106 },
  "Jakarta Timur": { latitude: -6.225, longitude: 106.9004 },
  "Jakarta Barat": { latitude: -6.1674, longitude: 106.7637 },
  "Jakarta Utara": { latitude: -6.1384, longitude: 106.8645 },
  Depok: { latitude: -6.4025, longitude: 106.7942 },
  Tangerang: { latitude: -6.1702, longitude: 106.6403 },
  Bekasi: { latitude: -6.2383, longitude: 106.9756 },
  Bogor: { latitude: -6.5971, longitude: 106.806 },
} as const satisfies Record<string, Point>;
export type PlaceName = keyof typeof places;

/** The centre of an H3 cell given as hexadecimal digits; undefined until the cells' arithmetic is loaded. */
export function useCentre(cell: string | undefined): Point | undefined {
  const [found, setFound] = useState<{ cell: string; centre: Point }>();
  useEffect(() => {
    if (cell)
      untilLoaded(() => import("./map/cells.ts")).then(
        ({ centreOf }) => setFound({ cell, centre: centreOf(cell) }),
        () => {},
      );
  }, [cell]);
  return found?.cell === cell ? found?.centre : undefined;
}
