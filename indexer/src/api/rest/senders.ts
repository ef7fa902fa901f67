/** Who sends a transaction: `from`, or the side that they are on, as the first version named them. */
import { invalid } from "@enerlink/edge";
import type { Address } from "viem";
import { address } from "./schemas.ts";

type Side = "sellerId" | "buyerId";

/** `from`, and `sides` as other names for it. */
export const senders = <const Sides extends readonly Side[]>(...sides: Sides) => {
  const other = address.optional().openapi({ description: "The same as `from`; that one unless given" });
  const from = address
    .optional()
    .openapi({ description: "Who will sign; needed unless given by the other name" });
  return {
    from,
    ...(Object.fromEntries(sides.map((side) => [side, other])) as Record<Sides[number], typeof other>),
  };
};

/** @throws Problem 400 unless one of them, or the same in several, is given */
export function senderOf(
  asked: { from?: Address | undefined } & Partial<Record<Side, Address | undefined>>,
): Address {
  const { from, sellerId, buyerId } = asked;
  const [first, ...others] = [from, sellerId, buyerId].filter((one) => one !== undefined);
  if (first === undefined) throw invalid([{ field: "from", message: "is needed" }]);
  if (others.some((one) => one !== first))
    throw invalid([
      { field: sellerId !== undefined ? "sellerId" : "buyerId", message: "must be the same as from" },
    ]);
  return first;
}
