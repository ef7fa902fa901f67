/** What each side of a trade may do now. */
import type { Trade } from "./data.ts";

export type Move = "accept" | "reject" | "cancel" | "deliver" | "close" | "closeEarly" | "rate";

/** @param deliverableWh what was metered for an accepted trade and not yet handed over, Wh; undefined while that is not known */
export function movesOf(
  trade: Trade,
  account: string,
  now: number,
  deliverableWh: bigint | undefined,
): Move[] {
  const seller = trade.seller === account;
  const rated = trade.ratings.items.some(({ rater }) => rater === account);
  switch (trade.status) {
    case "PENDING":
      if (now > trade.answerBy) return ["close"];
      return seller ? ["accept", "reject"] : ["cancel"];
    case "ACCEPTED": {
      if (now > trade.deliverBy) return ["close"];
      const moves: Move[] = deliverableWh !== undefined && deliverableWh > 0n ? ["deliver"] : [];
      return seller ? [...moves, "closeEarly"] : moves;
    }
    case "COMPLETED":
      return rated ? [] : ["rate"];
    case "EXPIRED":
      return seller || rated ? [] : ["rate"];
    default:
      return [];
  }
}
