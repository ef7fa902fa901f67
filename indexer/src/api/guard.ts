/** What every request must pass: what its client and network may ask, the size of what it sends, its turn. */
import { clientOf, makeLimits, makeTurns } from "@enerlink/edge";
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { readSettings } from "../../lib/settings.ts";
import { answerProblem, Problem } from "./rest/problem.ts";

/** A client that paused may ask for this many seconds at once. */
const BURST_SECONDS = 4;
const LARGEST_BODY = 32 * 1_024;

const { requestsPerSecond, trustedProxies } = readSettings();
const burst = BURST_SECONDS * requestsPerSecond;

export const limits = makeLimits({ perSecond: requestsPerSecond, burst });
const turns = makeTurns({ most: 16, mostOfOne: 4, mostWaiting: burst });

/** What is said to who asks too much, and for how many seconds. */
export const tooMuch = (wait: number) =>
  `At most ${requestsPerSecond} requests a second, costly ones counting for more; ask again in ${wait} s`;

/** Answers 429 with `Retry-After` to a client that asks faster than RATE_LIMIT. */
export const limitRate: MiddlewareHandler = async (context, next) => {
  const wait = limits.enter(clientName(context));
  if (wait === 0) return next();
  context.header("retry-after", String(wait));
  return answerProblem(context, new Problem(429, "Too many requests", tooMuch(wait)));
};

/** Answers 413 to more than 32 KiB. */
export const limitBody = bodyLimit({
  maxSize: LARGEST_BODY,
  onError: (context) =>
    answerProblem(context, new Problem(413, "Too large", `The body must be at most ${LARGEST_BODY} bytes`)),
});

/** Lets a request wait for its turn: a crowd of one client's must not keep the others waiting. */
export const inTurn: MiddlewareHandler = async (context, next) => {
  const end = await turns.take(clientName(context));
  if (!end) {
    context.header("retry-after", "1");
    return answerProblem(
      context,
      new Problem(429, "Too many requests", "Wait for answers before asking more"),
    );
  }
  try {
    // Who has left meanwhile needs no answer.
    if (!context.req.raw.signal.aborted) return await next();
    return context.body(null, 408);
  } finally {
    end();
  }
};

/** Who asks. Ponder serves with Node's HTTP server, whose request stands in Hono's environment. */
export function clientName(context: Context): string {
  const { incoming } = context.env as { incoming?: { socket: { remoteAddress?: string } } };
  const connection = incoming?.socket.remoteAddress ?? "";
  return clientOf(connection, context.req.header("x-forwarded-for"), trustedProxies);
}
