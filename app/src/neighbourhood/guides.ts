/** The utility's two prices, between which the neighbours' lie: the lines that each picture of it is read against. */

import type { ChartLine } from "../ui/index.ts";
import { priceOfTick, type Terms } from "./slot.ts";
import type { HoodI18n } from "./words.ts";

export const plnGuides = (
  { retail, feedIn }: Pick<Terms, "retail" | "feedIn">,
  { t, format }: Pick<HoodI18n, "t" | "format">,
): ChartLine["guides"] => [
  { label: t("hood.plnSells", { price: format.tickPrice(retail) }), value: priceOfTick(retail) },
  { label: t("hood.plnBuys", { price: format.tickPrice(feedIn) }), value: priceOfTick(feedIn) },
];
