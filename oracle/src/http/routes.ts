/** How the oracle describes its routes: what any of them may answer instead of its answer. */
import { makeRoute } from "@enerlink/edge/rest";
import { z } from "@hono/zod-openapi";
import { refusals } from "../rules/relaying.ts";

export const route = makeRoute(
  {
    401: "Nobody is signed in",
    403: "Whoever is signed in may not do this",
    409: "Not now; `detail` says why, and when",
    503: "The chain had to be asked, and does not answer",
  },
  {
    reason: z
      .enum(refusals)
      .optional()
      .openapi({ description: "Of the relay alone: why it does not pay for what was signed" }),
  },
);
