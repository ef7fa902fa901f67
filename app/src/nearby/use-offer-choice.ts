/** Which offers are looked at, from where, and in which order. */
import { MINIMUM_WH } from "@enerlink/protocol";
import { useMemo } from "react";
import type { Address } from "viem";
import { useMeters } from "../meters/index.ts";
import { isAway } from "../system/index.ts";
import { useChoice, useText } from "../ui/index.ts";
import { type PlacedOffer, useOffersAround } from "./data.ts";
import { useFilters } from "./filters.tsx";
import { type PlaceName, places, useCentre } from "./places.ts";

export const HERE = "here";
/** Where somebody without a meter looks from at first. */
export const FALLBACK: PlaceName = "Jakarta Pusat";
export type Origin = typeof HERE | PlaceName;
const origins: readonly Origin[] = [HERE, ...(Object.keys(places) as PlaceName[])];
export const orders = ["distance", "price", "amount"] as const;
export type Order = (typeof orders)[number];

/** Where one looks from: home where there is one, unless another place was chosen. */
function useOrigin(address: Address | undefined) {
  const [text, setOrigin] = useText("near");
  const chosen = origins.find((name) => name === text);
  const asked = useMeters(address);
  const meters = asked.data;
  const homeCell = meters?.find(({ kind }) => kind !== "GRID")?.h3Cell;
  // Until it is known whether there is a home, nobody is told how far everything is from somewhere else.
  const settled = !address || meters !== undefined || isAway(asked);
  const origin: Origin = chosen === HERE && !homeCell ? FALLBACK : (chosen ?? (homeCell ? HERE : FALLBACK));
  const centre = useCentre(homeCell);
  const point = origin === HERE ? centre : settled || chosen ? places[origin] : undefined;
  return { homeCell, origin, setOrigin, point };
}

export type OfferChoice = ReturnType<typeof useOfferChoice>;

export function useOfferChoice(address: Address | undefined) {
  const from = useOrigin(address);
  const filters = useFilters();
  const [order, setOrder] = useChoice("by", orders, "distance");
  const [chosen, setChosen] = useText("cell");
  const cell = chosen || undefined;
  const around = useOffersAround(from.point, filters.filter).data;
  const me = address?.toLowerCase();
  // What its battery does not hold cannot be had; an own offer stays in sight, so that it can be put right.
  const offers = useMemo(
    () => around?.filter(({ coveredWh, seller }) => coveredWh >= MINIMUM_WH || seller === me),
    [around, me],
  );
  const sorted = useMemo(() => offers && sort(offers, order), [offers, order]);
  return {
    ...from,
    filters,
    order,
    setOrder,
    cell,
    setCell: (one = "") => setChosen(one),
    around,
    offers,
    sorted,
  };
}

const compare = (a: bigint | number, b: bigint | number) => (a < b ? -1 : a > b ? 1 : 0);

function sort(offers: readonly PlacedOffer[], order: Order): PlacedOffer[] {
  return offers.toSorted((a, b) => {
    if (order === "price") return compare(a.price, b.price);
    if (order === "amount") return compare(b.coveredWh, a.coveredWh);
    return compare(a.distanceKm, b.distanceKm);
  });
}
