/** Why a slot went as it did for one home, in words. */
import type { I18n } from "../i18n/index.ts";
import { accepts, type Limits, priceOf, priceOfTick, type Share, type Slot } from "./slot.ts";

type Words = Pick<I18n, "t" | "format">;

/** Why nothing was shared although the home had something to share. */
export type Reason = "nobody" | "limit" | "others" | "unread";

/**
 * @param price what neighbours who sell would have got; undefined where one side had nothing
 * @param limits as they were when the slot was cleared
 */
export function reasonOf(slot: Slot, { side }: Share, limits: Limits, price: bigint | undefined): Reason {
  if (price === undefined) return "nobody";
  if (!accepts(limits, side, price, slot.fee)) return "limit";
  // Others shared at a price that this home accepts: its energy was not of this slot alone.
  return slot.sharedWh > 0n ? "unread" : "others";
}

/** Whether all who had some shared at the price, so that one side's was too little; or limits of others kept some of it away. */
export function isAllShared({ surplusWh, needWh }: Slot, side: Share["side"]): boolean {
  return side === "SOLD" ? surplusWh > needWh : needWh > surplusWh;
}

/** What the home itself sold or bought in it, to whom, at what price, and why; a sentence each. */
export function whyWords(
  slot: Slot,
  share: Share | undefined,
  limits: Limits,
  steepness: bigint,
  words: Words,
): string[] {
  const { t } = words;
  if (!share) return [t("why.absent")];
  const price = slot.price ?? priceOf(slot, slot.surplusWh, slot.needWh, steepness);
  return share.side === "SOLD"
    ? soldWords(slot, share, limits, price, words)
    : boughtWords(slot, share, limits, price, words);
}

function soldWords(
  slot: Slot,
  share: Share,
  limits: Limits,
  price: bigint | undefined,
  { t, format }: Words,
): string[] {
  const utility = { energy: format.energy(share.utilityWh), price: format.tickPrice(slot.feedIn) };
  const said: string[] = [];
  if (share.sharedWh > 0n && price !== undefined) {
    said.push(t("why.sold", { energy: format.energy(share.sharedWh), price: format.price(price) }));
    if (share.utilityWh > 0n)
      said.push(t(isAllShared(slot, "SOLD") ? "why.soldRest" : "why.soldRest.limits", utility));
  } else if (share.utilityWh > 0n) {
    const reason = reasonOf(slot, share, limits, price);
    said.push(
      reason === "limit"
        ? t("why.sold.limit", {
            ...utility,
            reached: format.price(price!),
            limit: format.tickPrice(limits.sellFrom),
          })
        : t(`why.sold.${reason}`, utility),
    );
  }
  const kept = slot.feedIn === 0 ? "why.soldKept" : "why.soldLeft";
  if (share.leftWh > 0n) said.push(t(kept, { energy: format.energy(share.leftWh) }));
  return said;
}

function boughtWords(
  slot: Slot,
  share: Share,
  limits: Limits,
  price: bigint | undefined,
  { t, format }: Words,
): string[] {
  const utility = { energy: format.energy(share.utilityWh), price: format.tickPrice(slot.retail) };
  const paid = price === undefined ? undefined : format.price(price + priceOfTick(slot.fee));
  const said: string[] = [];
  if (share.sharedWh > 0n && paid !== undefined) {
    const fee = format.tickPrice(slot.fee);
    said.push(t("why.bought", { energy: format.energy(share.sharedWh), price: paid, fee }));
    if (share.utilityWh > 0n)
      said.push(t(isAllShared(slot, "BOUGHT") ? "why.boughtRest" : "why.boughtRest.limits", utility));
  } else if (share.utilityWh > 0n) {
    const reason = reasonOf(slot, share, limits, price);
    said.push(
      reason === "limit"
        ? t("why.bought.limit", { ...utility, reached: paid!, limit: format.tickPrice(limits.buyUpTo) })
        : t(`why.bought.${reason}`, utility),
    );
  }
  if (share.leftWh > 0n) said.push(t("why.boughtLeft", { energy: format.energy(share.leftWh) }));
  return said;
}
