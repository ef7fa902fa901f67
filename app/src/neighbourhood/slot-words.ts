/** What a neighbourhood had in a slot, and what its price was: one sentence for everybody. */
import type { Slot } from "./slot.ts";
import type { HoodI18n } from "./words.ts";

export function slotWords(slot: Slot, { t, format }: Pick<HoodI18n, "t" | "format">): string {
  const { surplusWh, needWh } = slot;
  if (surplusWh === 0n && needWh === 0n) return t("slot.nothing");
  if (surplusWh === 0n) return t("slot.noSurplus", { need: format.energy(needWh) });
  if (needWh === 0n)
    return t(slot.feedIn === 0 ? "slot.noNeedKept" : "slot.noNeed", { surplus: format.energy(surplusWh) });
  const both = { surplus: format.energy(surplusWh), need: format.energy(needWh) };
  if (slot.price === null) return t("slot.notShared", both);
  return t("slot.shared", { ...both, shared: format.energy(slot.sharedWh), price: format.price(slot.price) });
}
