/** What every request must pass: the client's rate, and the size of what it sends. */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { readSettings } from "../../lib/settings.ts";
import { clientOf, makeBuckets } from "./clients.ts";
import { answerProblem, Problem } from "./rest/problem.ts";

/** A client that paused may ask for this many seconds at once. */
const BURST_SECONDS = 4;
const LARGEST_BODY = 32 * 1_024;

const { requestsPerSecond, trustedProxies } = readSettings();
const buckets = makeBuckets({ perSecond: requestsPerSecond, burst: BURST_SECONDS * requestsPerSecond });

/** Answers 429 with `Retry-After` to a client that asks faster than RATE_LIMIT. */
export const limitRate: MiddlewareHandler = async (context, next) => {
  const wait = buckets.take(clientName(context), performance.now());
  if (wait === 0) return next();
  context.header("retry-after", String(wait));
  return answerProblem(
    context,
    new Problem(
      429,
      "Too many requests",
      `At most ${requestsPerSecond} requests a second; ask again in ${wait} s`,
    ),
  );
};

/** Answers 413 to more than 32 KiB. */
export const limitBody = bodyLimit({
  maxSize: LARGEST_BODY,
  onError: (context) =>
    answerProblem(context, new Problem(413, "Too large", `The body must be at most ${LARGEST_BODY} bytes`)),
});

/** Who asks. Ponder serves with Node's HTTP server, whose request stands in Hono's environment. */
export function clientName(context: Context): string {
  const { incoming } = context.env as { incoming?: { socket: { remoteAddress?: string } } };
  const connection = incoming?.socket.remoteAddress ?? "";
  return clientOf(connection, context.req.header("x-forwarded-for"), trustedProxies);
}
