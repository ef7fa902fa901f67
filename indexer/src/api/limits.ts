/** What every request must pass: what its client and network may ask, and its turn. */
import { clientOf, makeLimits, makeTurns } from "@enerlink/edge";
import { inTurn as taking, tooMany } from "@enerlink/edge/rest";
import type { Context, MiddlewareHandler } from "hono";
import { readSettings } from "../../lib/settings.ts";

/** A client that paused may ask for this many seconds at once. */
const BURST_SECONDS = 4;

const { requestsPerSecond, trustedProxies } = readSettings();
const burst = BURST_SECONDS * requestsPerSecond;

export const limits = makeLimits({ perSecond: requestsPerSecond, burst });
const turns = makeTurns({ most: 16, mostOfOne: 4, mostWaiting: burst });

/** Answers 429 with `Retry-After` to a client that asks faster than RATE_LIMIT. */
export const limitRate: MiddlewareHandler = async (context, next) => {
  const wait = limits.enter(clientName(context));
  if (wait > 0)
    tooMany(
      context,
      wait,
      `At most ${requestsPerSecond} requests a second, costly ones counting for more; ask again in ${wait} s`,
    );
  await next();
};

/** Lets a request wait for its turn: a crowd of one client's must not keep the others waiting. */
export const inTurn = taking((context) => ({ turns, client: clientName(context) }));

/** Who asks. Ponder serves with Node's HTTP server, whose request stands in Hono's environment. */
export function clientName(context: Context): string {
  const { incoming } = context.env as { incoming?: { socket: { remoteAddress?: string } } };
  const connection = incoming?.socket.remoteAddress ?? "";
  return clientOf(connection, context.req.header("x-forwarded-for"), trustedProxies);
}
