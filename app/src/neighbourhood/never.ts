/** Limits beyond what neighbours ever pay or ask: they may be set, and nothing is shared at them. */
import type { Limits, Terms } from "./slot.ts";
import type { HoodI18n } from "./words.ts";

/** The most that a seller gets, and the least that a buyer pays, fee included; ticks. */
export const reachOf = ({ retail, feedIn, fee }: Terms) => ({ most: retail - fee, least: feedIn + fee });

/** Of each limit at which nothing is ever shared by these terms, why. */
export function neverWords(
  { sellFrom, buyUpTo }: Partial<Limits>,
  terms: Terms,
  { t, format }: Pick<HoodI18n, "t" | "format">,
): { sellFrom?: string; buyUpTo?: string } {
  const { most, least } = reachOf(terms);
  const [retail, fee] = [format.tickPrice(terms.retail), format.tickPrice(terms.fee)];
  return {
    ...(sellFrom !== undefined && sellFrom > most
      ? { sellFrom: t("hood.neverSells", { most: format.tickPrice(most), retail, fee }) }
      : {}),
    ...(buyUpTo !== undefined && buyUpTo < least
      ? { buyUpTo: t("hood.neverBuys", { least: format.tickPrice(least), fee }) }
      : {}),
  };
}
