/** What stands on the map: looks and words. */
import type { Format } from "../../format/index.ts";
import type { Translate } from "../../i18n/index.ts";
import type { Cell } from "./cells.ts";
import type { Box } from "./names.ts";
import type { Position } from "./view.ts";

export const NAMES_FROM_ZOOM = 8.5;
export const priceLabel =
  "min-h-10 min-w-10 cursor-pointer rounded-full border bg-surface px-2 text-xs font-semibold text-battery shadow-card aria-pressed:bg-accent aria-pressed:text-on-accent";
export const cityLabel = "pointer-events-none whitespace-nowrap text-[0.6875rem] font-medium text-muted";

/** The room that a price takes around a cell's middle, pixels. */
export const labelBox = ([x, y]: Position): Box => ({
  left: x - 52,
  top: y - 22,
  right: x + 52,
  bottom: y + 22,
});

/** What the button on a cell says to who can't see where it is. */
export const cellWords = ({ cheapest, offers, wattHours, distanceKm }: Cell, t: Translate, format: Format) =>
  t("map.cell", {
    price: format.price(cheapest),
    count: offers,
    energy: format.energy(wattHours),
    km: format.decimal(distanceKm),
  });

/** Where a ring's name goes. */
export function middle(ring: readonly number[][]): Position {
  const corners = ring.slice(1);
  const mean = (axis: 0 | 1) => corners.reduce((sum, corner) => sum + corner[axis]!, 0) / corners.length;
  return [mean(0), mean(1)];
}
