/**
 * Why the neighbours' price of a slot came out as it did, by the pool's rule: it goes up with what is needed and down with
 * what is left over, between what the utility pays and what it asks less the fee; nobody's limits move it.
 */
import { priceOf, priceOfTick, type Slot } from "./slot.ts";
import type { HoodI18n } from "./words.ts";

type Words = Pick<HoodI18n, "t" | "format">;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** @returns undefined where nothing was shared, and where the utility's prices leave no room for another */
export function priceWords(slot: Slot, steepness: bigint, { t, format }: Words): string | undefined {
  const { price, surplusWh, needWh, retail, feedIn, fee } = slot;
  const [low, high] = [priceOfTick(feedIn), priceOfTick(retail - fee)];
  if (price === null || low >= high) return undefined;
  const limits = { low: format.price(low), high: format.price(high) };
  const middle = (low + high) / 2n;
  const what =
    price === low
      ? t("price.lowest", limits)
      : price === high
        ? t("price.highest", { retail: format.tickPrice(retail), fee: format.tickPrice(fee) })
        : price === middle
          ? t("price.middle", limits)
          : t(price > middle ? "price.nearHighest" : "price.nearLowest", limits);
  // What was counted may hold homes that were read for the first time: what they had is of more than this slot.
  return priceOf(slot, surplusWh, needWh, steepness) === price ? capital(what) : t("price.ofRead", { what });
}

/** Between what the price moved in the slots of an hour; undefined where it did not. */
export function priceRangeWords(slots: readonly Slot[], { t, format }: Words): string | undefined {
  const prices = slots
    .flatMap(({ price }) => (price === null ? [] : [price]))
    .toSorted((a, b) => (a < b ? -1 : 1));
  const [low, high] = [prices[0], prices.at(-1)];
  if (low === undefined || high === undefined || low === high) return undefined;
  return t("price.moved", { low: format.price(low), high: format.price(high) });
}

/** The limits that the home's parts of these slots were cleared at; undefined where it had no part. */
export function limitsThenWords(
  shares: readonly { sellFrom: number; buyUpTo: number }[],
  { t, format }: Words,
): string | undefined {
  const [first] = shares;
  if (!first) return undefined;
  const { sellFrom, buyUpTo } = first;
  return shares.every((one) => one.sellFrom === sellFrom && one.buyUpTo === buyUpTo)
    ? t("hood.limitsThen", { sellFrom: format.tickPrice(sellFrom), buyUpTo: format.tickPrice(buyUpTo) })
    : t("hood.limitsMoved");
}
