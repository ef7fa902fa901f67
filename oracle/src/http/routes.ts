/** How the oracle describes its routes: what any of them may answer instead of its answer. */
import { makeRoute } from "@enerlink/edge/rest";
import { z } from "@hono/zod-openapi";
import { refusals } from "../rules/relaying.ts";

const FORBIDDEN = "Whoever asks may not do this, or not from that page";

export const route = makeRoute({
  any: { 401: "Nobody is signed in who must be, or the key is none, has ended or was revoked" },
  writes: { 403: FORBIDDEN },
  signedIn: { 403: FORBIDDEN },
  some: {
    404: "There is no such thing",
    409: "Not now; `detail` says why, and when",
    503: "The chain had to be asked, and does not answer; `Retry-After` says when to ask again",
  },
  more: {
    reason: z
      .enum(refusals)
      .optional()
      .openapi({ description: "Of the relay alone: why it does not pay for what was signed" }),
  },
});
