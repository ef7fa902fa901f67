/** Whether any neighbour's battery is on offer now, which the tour leads to. */
import { z } from "zod/mini";
import { itemsOf, useIndex } from "../energy-index/index.ts";
import { useNow } from "../ui/index.ts";

const OFFERS = `query ($now: BigInt!, $own: String!) {
  offers(where: { status: ACTIVE, seller_not: $own, availableTo_gt: $now, remainingWh_gt: "0" }, limit: 1) {
    items { id }
  }
}`;

/** @returns undefined until it is known */
export function useAnyOffer(account: string): boolean | undefined {
  // An offer is over when its time is.
  const now = useNow(60);
  const offers = useIndex(
    OFFERS,
    { now: String(now), own: account.toLowerCase() },
    itemsOf("offers", z.object({ id: z.string() })),
    { milliseconds: 60_000 },
  ).data;
  return offers && offers.length > 0;
}
