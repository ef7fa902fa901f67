/** What several slots together came to for one home: with neighbours, with the utility and why; a sentence each. */
import type { OwnShare } from "./data.ts";
import { priceOf, priceOfTick, type Share, type Slot } from "./slot.ts";
import { isAllShared, type Reason, reasonOf } from "./why.ts";
import type { HoodI18n } from "./words.ts";

/** `rest`: neighbours took or gave a part of it, having no more; `limits`: not all who had more shared at that price. */
type Why = Reason | "rest" | "limits";
/** Energy, and what was asked or paid for it, IDRS base units. */
type Came = { wattHours: bigint; idrs: bigint };

const nothing: Came = { wattHours: 0n, idrs: 0n };
const added = (sum: Came, wattHours: bigint, price: bigint): Came => ({
  wattHours: sum.wattHours + wattHours,
  idrs: sum.idrs + wattHours * price,
});

/** @param shares the home's own, of these slots */
export function hourWords(
  slots: readonly Slot[],
  shares: readonly OwnShare[],
  steepness: bigint,
  { t, format }: Pick<HoodI18n, "t" | "format">,
): string[] {
  if (shares.length === 0) return [t("why.absent")];
  const words = (["SOLD", "BOUGHT"] as const).flatMap((side) => {
    const sold = side === "SOLD";
    const { shared, utility, leftWh, keeps } = cameTo(side, slots, shares, steepness);
    const all = [...utility.values()].reduce(
      (sum, { wattHours, idrs }) => ({ wattHours: sum.wattHours + wattHours, idrs: sum.idrs + idrs }),
      nothing,
    );
    const figures = ({ wattHours, idrs }: Came) => ({
      energy: format.energy(wattHours),
      price: format.price(idrs / wattHours),
    });
    const reasons = [...utility].map(([why, { wattHours }]) => {
      const reason = t(`hours.${sold ? "sold" : "bought"}.${why}`);
      return utility.size === 1 ? reason : `${format.energy(wattHours)} ${reason}`;
    });
    const left = sold ? (keeps ? "why.soldKept" : "why.soldLeft") : "why.boughtLeft";
    return [
      ...(shared.wattHours > 0n ? [t(sold ? "hours.sold" : "hours.bought", figures(shared))] : []),
      ...(all.wattHours > 0n
        ? [
            t(sold ? "hours.toUtility" : "hours.fromUtility", {
              ...figures(all),
              reasons: format.list(reasons),
            }),
          ]
        : []),
      ...(leftWh > 0n ? [t(left, { energy: format.energy(leftWh) })] : []),
    ];
  });
  return words.length > 0 ? words : [t("why.absent")];
}

/** One side's energy: shared, the utility's by why it was not shared, and what nobody paid for or sold. */
function cameTo(side: Share["side"], slots: readonly Slot[], shares: readonly OwnShare[], steepness: bigint) {
  let [shared, leftWh, keeps] = [nothing, 0n, false];
  const utility = new Map<Why, Came>();
  for (const share of shares) {
    const slot = slots.find(({ slotEnd }) => slotEnd === share.slotEnd);
    if (!slot || share.side !== side) continue;
    const reached = slot.price ?? priceOf(slot, slot.surplusWh, slot.needWh, steepness);
    const fee = side === "SOLD" ? 0n : priceOfTick(slot.fee);
    if (share.sharedWh > 0n && reached !== undefined) shared = added(shared, share.sharedWh, reached + fee);
    if (share.utilityWh > 0n) {
      const part = isAllShared(slot, side) ? "rest" : "limits";
      const why = share.sharedWh > 0n ? part : reasonOf(slot, share, share, reached);
      const tariff = priceOfTick(side === "SOLD" ? slot.feedIn : slot.retail);
      utility.set(why, added(utility.get(why) ?? nothing, share.utilityWh, tariff));
    }
    leftWh += share.leftWh;
    keeps = slot.feedIn === 0;
  }
  return { shared, utility, leftWh, keeps };
}
