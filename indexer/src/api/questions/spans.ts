/** The most spans that settled energy is added up by. */
export const MOST_SETTLED_SPANS = 1_000n;
