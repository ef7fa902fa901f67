/** What the last hour of a home that shares with nobody came to: what its meters counted, and what was sold and bought. */
import type { StatementPeriod } from "../energy-index/index.ts";
import type { I18nWith } from "../i18n/index.ts";
import { outsideEn } from "../i18n/outside-en.ts";
import { outsideId } from "../i18n/outside-id.ts";

export const outsideWords = { id: outsideId, en: outsideEn };

const trades = ["bookSold", "bookBought", "offersSold", "offersBought"] as const;

export function outsideHourWords(
  hour: StatementPeriod,
  { t, format }: Pick<I18nWith<typeof outsideId>, "t" | "format">,
): string {
  const traded = trades.flatMap((trade) => {
    const [wattHours, idrs] = [hour[`${trade}Wh`], hour[`${trade}Idrs`]];
    return wattHours > 0n
      ? [t(`outside.${trade}`, { energy: format.energy(wattHours), idrs: format.money(idrs) })]
      : [];
  });
  const what = format.list(traded);
  // What was not settled is not known, and not zero.
  if (hour.exportWh === null || hour.importWh === null)
    return what ? t("outside.traded", { what }) : t("outside.unread");
  const counted = { exported: format.energy(hour.exportWh), imported: format.energy(hour.importWh) };
  return what ? t("outside.countedAnd", { ...counted, what }) : t("outside.counted", counted);
}
