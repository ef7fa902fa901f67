/** What a home sold to and bought from whom in the last hour, and for how much: several slots in one sentence. */
import type { StatementPeriod } from "../energy-index/index.ts";
import type { HoodI18n } from "./words.ts";

/** @returns undefined where nothing was sold or bought */
export function lastHourWords(hour: StatementPeriod, { t, format }: Pick<HoodI18n, "t" | "format">) {
  const parts = (
    [
      ["hour.toNeighbours", hour.neighboursSoldWh, hour.neighboursSoldIdrs],
      ["hour.fromNeighbours", hour.neighboursBoughtWh, hour.neighboursBoughtIdrs + hour.feeIdrs],
      ["hour.toUtility", hour.utilitySoldWh, hour.utilitySoldIdrs],
      ["hour.fromUtility", hour.utilityBoughtWh, hour.utilityBoughtIdrs],
    ] as const
  ).flatMap(([key, wattHours, idrs]) =>
    // Base units for a Wh are milli-rupiah for a kWh.
    wattHours > 0n
      ? [t(key, { energy: format.energy(wattHours), price: format.price(idrs / wattHours) })]
      : [],
  );
  return parts.length === 0 ? undefined : t("hour.is", { what: format.list(parts) });
}
