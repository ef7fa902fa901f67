/** How the index describes its routes: what any of them may answer instead of its answer, and with which headers. */
import { makeRoute } from "@enerlink/edge/rest";
import { z } from "@hono/zod-openapi";

const contractError = z
  .object({ name: z.string(), arguments: z.record(z.string(), z.string()) })
  .optional()
  .openapi({ description: "The contract's own error, where it refused" });

/** What a route may answer that prepares a transaction. */
export const PREPARES = [422, 502] as const;
/** The same, where there may be none to prepare it for. */
export const FINDS_AND_PREPARES = [404, ...PREPARES] as const;

export const route = makeRoute({
  any: {
    401: "The key that came along is none, has ended or was revoked",
    503: "Not answered: the index has not read `atLeastBlock` yet, the question took too long, or, below `/energy-trading`, energy trading is switched off",
  },
  some: {
    404: "There is no such thing",
    422: "The contract would refuse; `contractError` says why",
    502: "The chain's node does not answer",
  },
  more: { contractError },
  always: {
    atLeastBlock: z
      .string()
      .regex(/^\d{1,15}$/, "must be a block's number, a whole number")
      .optional()
      .openapi({
        description:
          "Waits, up to 10 s, until the index has read this block, such as that of a transaction's receipt, and is 503 with `Retry-After` where it does not get there; every answer names in `Enerlink-Block` up to which block it certainly holds. No waiting unless given",
      }),
  },
  headers: {
    "Enerlink-Block": {
      description: "Up to which block the answer certainly holds; none where no answer was looked for",
      schema: { type: "integer" },
    },
    "Enerlink-Block-Time": {
      description: "That block's time",
      schema: { type: "string", format: "date-time" },
    },
    "RateLimit-Limit": {
      description: "How many requests a second whoever asks has; costly ones count for more",
      schema: { type: "integer" },
    },
  },
});
