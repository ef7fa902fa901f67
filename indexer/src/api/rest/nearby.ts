/** Offers around a point, page by page: they are put in order here, by a distance that no column holds. */
import { answerPage } from "@enerlink/edge/rest";
import type { Context } from "hono";
import { markOf } from "../cursors.ts";
import type { Point } from "../geo.ts";
import { wrong } from "../input.ts";
import { nearestFirst, type Offer } from "../questions/offers.ts";
import { offerOf } from "./format.ts";
import { filtersOf, NEXT, type PageAsked } from "./lists.ts";
import * as schemas from "./schemas.ts";

type Near = { offer: Offer; distanceKm: number };

const cursorOf = (mark: string, { distanceKm, offer: { price, id } }: Near) =>
  `${distanceKm},${price},${id},${mark}`;

/** Where a page begins: behind what lies there. @throws Problem 400 */
function placeOf(mark: string, { before, offset }: PageAsked) {
  if (before === undefined) return undefined;
  if (offset > 0) throw wrong("offset", "left out beside before");
  const [, distance, price, id, of] =
    /^(\d{1,5}(?:\.\d{1,20})?(?:e-\d{1,3})?),(\d{1,10}),(\d{1,10}),([\w-]{8})$/.exec(before) ?? [];
  if (of !== mark) throw wrong("before", NEXT);
  return { distanceKm: Number(distance), offer: { price: BigInt(price!), id: BigInt(id!) } };
}

/** @param found in their order. @param now the chain's time, unix seconds */
export function answerNear(
  context: Context,
  point: Point,
  found: readonly Near[],
  now: bigint,
  asked: PageAsked,
) {
  const { limit, offset, format } = asked;
  // How far they are is from this point alone.
  const mark = markOf("near", point, filtersOf(context));
  const place = placeOf(mark, asked);
  const left = place ? found.filter((near) => nearestFirst(near, place) > 0) : found.slice(offset);
  const page = left.slice(0, limit);
  const items = page.map((near) => offerOf(near.offer, now, near.distanceKm));
  const next = left.length > limit ? cursorOf(mark, page.at(-1)!) : null;
  const answer = { items, total: found.length, limit, offset, next };
  return answerPage(context, { name: "offers", item: schemas.Offer, form: format }, answer);
}
