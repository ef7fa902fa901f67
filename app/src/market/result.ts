/** What an order comes to, in one sentence beside its button. */
import type { I18n } from "../i18n/index.ts";
import type { Quote, Side } from "./quote.ts";

/** Why nothing can be ordered at all. */
export const pennilessWords = (side: Side, { t }: Pick<I18n, "t">): string =>
  t(side === "buy" ? "home.topUp" : "ticket.noEnergy");

/** @returns undefined where nothing is known, or the order would be refused: its field says why */
export function resultWords(
  side: Side,
  quoted: Quote | undefined,
  { t, format }: Pick<I18n, "t" | "format">,
): string | undefined {
  if (!quoted || quoted.problem) return undefined;
  const { filledWh, filledIdrs, restingWh, restingIdrs, returnedWh } = quoted;
  const parts = [
    filledWh > 0n &&
      t(side === "buy" ? "ticket.youPay" : "ticket.youGet", {
        idrs: format.money(filledIdrs),
        energy: format.exactEnergy(filledWh),
      }),
    restingWh > 0n &&
      t(side === "buy" ? "ticket.waitsPaid" : "ticket.waits", {
        energy: format.exactEnergy(restingWh),
        idrs: format.money(restingIdrs),
      }),
    returnedWh > 0n && t("ticket.dropped", { energy: format.exactEnergy(returnedWh) }),
  ].filter((part) => part !== false);
  return `${format.list(parts)}.`;
}
