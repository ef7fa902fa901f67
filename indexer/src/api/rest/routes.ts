/** How the index describes its routes: what any of them may answer instead of its answer. */
import { makeRoute } from "@enerlink/edge/rest";
import { z } from "@hono/zod-openapi";

const contractError = z
  .object({ name: z.string(), arguments: z.record(z.string(), z.string()) })
  .optional()
  .openapi({ description: "The contract's own error, where it refused" });

export const route = makeRoute(
  {
    401: "The key that came along is none, has ended or was revoked",
    422: "The contract would refuse; `contractError` says why",
    502: "The chain's node does not answer",
    503: "Energy trading is switched off, or the question took too long",
  },
  { contractError },
  {
    atLeastBlock: z
      .string()
      .regex(/^\d{1,15}$/, "must be a block's number, a whole number")
      .optional()
      .openapi({
        description:
          "Waits, up to 10 s, until the index has read this block, such as that of a transaction's receipt; every answer names in `Enerlink-Block` up to which block it certainly holds",
      }),
  },
);
