/** What a link to the market asks the ticket to be filled with: bounded as the market is, and never taken in silence. */
import { MINIMUM_WH, MOST_TICK, MOST_WH } from "@enerlink/protocol";
import type { Side } from "./quote.ts";

/** `?side=sell&wh=3200&tick=1310`: Wh, and whole rupiah per kWh. */
export type LinkSearch = {
  side?: Side | undefined;
  wh?: string | number | undefined;
  tick?: string | number | undefined;
};

export type Link = {
  side?: Side | undefined;
  tick?: number | undefined;
  wattHours?: bigint | undefined;
  /** It asked for an amount or a price that no order can have. */
  refused: boolean;
};

const wholeNumber = (value: string | number | undefined, least: bigint, most: bigint) => {
  if (value === undefined || !/^\d{1,20}$/.test(String(value))) return undefined;
  const number = BigInt(value);
  return number < least || number > most ? undefined : number;
};

export function readLink({ side, wh, tick }: LinkSearch): Link {
  const wattHours = wholeNumber(wh, MINIMUM_WH, MOST_WH);
  const price = wholeNumber(tick, 1n, BigInt(MOST_TICK));
  const refused =
    (wh !== undefined && wattHours === undefined) || (tick !== undefined && price === undefined);
  // Of a link that is wrong in part the rest is not believed either.
  if (refused) return { refused };
  return { side, wattHours, tick: price === undefined ? undefined : Number(price), refused };
}
