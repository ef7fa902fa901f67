/** What a household's day came to, in one sentence. */
import { energyOf, type StatementPeriod } from "../energy-index/index.ts";
import type { I18n } from "../i18n/index.ts";

const MARKET = ["offers", "book"] as const;

/** @returns undefined where nothing happened yet, or nothing is known */
export function todayWords(
  today: StatementPeriod,
  { t, format }: Pick<I18n, "t" | "format">,
): string | undefined {
  const parts = (
    [
      ["today.toNeighbours", today.neighboursSoldWh],
      ["today.fromNeighbours", today.neighboursBoughtWh],
      ["today.toUtility", today.utilitySoldWh],
      ["today.fromUtility", today.utilityBoughtWh],
      ["today.sold", energyOf(today, "Sold", MARKET)],
      ["today.bought", energyOf(today, "Bought", MARKET)],
    ] as const
  ).flatMap(([key, wattHours]) => (wattHours > 0n ? [t(key, { energy: format.energy(wattHours) })] : []));
  if (parts.length === 0) return undefined;
  const what = format.list(parts);
  const better = today.betterByIdrs;
  // Where no tariff applied there is nothing to compare with.
  if (better === null || better === 0n) return t("today.is", { what });
  return t(better > 0n ? "today.better" : "today.worse", {
    what,
    amount: format.money(better < 0n ? -better : better),
  });
}
