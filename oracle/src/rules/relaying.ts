/** Why the relay does not pay for what a household signed: words for programs, the same in answers and metrics. */
export const refusals = [
  "not-a-member",
  "not-sponsored",
  "wrong-account",
  "budget",
  "nonce-in-use",
  "would-fail",
  "too-dear",
  "busy",
] as const;

export type RefusalReason = (typeof refusals)[number];
