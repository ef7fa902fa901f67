/** The steps of the tour, and what each says. */

/** A neighbour has nothing to do: it is shown what its limits do for it. */
export type Step = "settle" | "sell" | "nearby" | "slot" | "month";

/**
 * @param side of the order that is filled in, where there is one
 * @param anyOffer undefined while it is not known; where there is none, the map that the step leads to is empty
 */
export function wordsOf(
  step: Step,
  done: boolean,
  side: "buy" | "sell" | undefined,
  anyOffer: boolean | undefined,
) {
  if (step === "nearby" && !done && anyOffer === false) return "tour.nearbyNone";
  if (step !== "sell") return `tour.${step}` as const;
  return side && !done ? (`tour.${side}` as const) : "tour.trade";
}
