/** The next day's usual prices among neighbours, and when energy is cheap. */
import { priceOfTick, type Terms } from "./slot.ts";
import type { HoodI18n } from "./words.ts";

/** A tenth of the last days' values lay below `low`, half below `median`, a tenth above `high`. */
export type Range = { low: bigint; median: bigint; high: bigint };
/** `start`: unix seconds. Wh left over, negative where it is needed; milli-IDR per kWh. Null where too little is known. */
export type Hour = { start: number; surplusWh: Range | null; price: Range | null };

export type Stretch = { start: number; end: number; price: bigint };

const HOUR = 3_600;
/** What is dearer than the cheapest hour by at most this part of what lies between the utility's two prices is as cheap. */
const AS_CHEAP = 10n;

/**
 * The hours in a row around the cheapest one that are about as cheap, with the dearest usual price among them, as the
 * picture of these hours has it, without the fee; undefined where no price is known.
 * @param hours one after the other
 */
export function cheapest(hours: readonly Hour[], { retail, feedIn, fee }: Terms): Stretch | undefined {
  const usual = hours.map(({ price }) => price?.median);
  const lowest = usual.reduce(
    (least, one) => (one !== undefined && (least === undefined || one < least) ? one : least),
    undefined,
  );
  if (lowest === undefined) return undefined;
  const most = lowest + priceOfTick(retail - fee - feedIn) / AS_CHEAP;
  const cheap = (index: number) => usual[index] !== undefined && usual[index] <= most;
  let [first, last] = [usual.indexOf(lowest), usual.indexOf(lowest)];
  while (cheap(first - 1)) first--;
  while (cheap(last + 1)) last++;
  const dearest = usual.slice(first, last + 1).reduce((high, one) => (one! > high! ? one : high))!;
  return {
    start: hours[first]!.start,
    end: hours[last]!.start + HOUR,
    price: dearest,
  };
}

/** When to wash, and what that costs: what the table beside it says of these hours, and with the fee what is paid. */
export const cheapWords = (
  { start, end, price }: Stretch,
  { fee }: Terms,
  { t, format }: Pick<HoodI18n, "t" | "format">,
): string =>
  t("outlook.cheap", {
    from: format.hour(start),
    to: format.hour(end),
    price: format.price(price),
    paid: format.price(price + priceOfTick(fee)),
  });
