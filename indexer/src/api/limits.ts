/** What every request must pass: what its client and network may ask, and its turn. */
import { bearerOf, clientOf, makeLimits, makeTurns, unknownKey } from "@enerlink/edge";
import { inTurn as taking, tooMany } from "@enerlink/edge/rest";
import type { Context, MiddlewareHandler } from "hono";
import { readSettings } from "../../lib/settings.ts";
import { keys } from "./keys.ts";
import { log } from "./log.ts";

/** A client that paused may ask for this many seconds at once. */
const BURST_SECONDS = 4;

/** What it takes of a client's share, in requests, to have asked whose key it brings. */
const LOOKED_UP = 9;

const { requestsPerSecond, trustedProxies } = readSettings();
const burst = BURST_SECONDS * requestsPerSecond;

/** Whose share a request takes: its client's, or that of the account whose key it brings. */
export type Who = { client: string; account?: string | undefined };

const limits = makeLimits({ perSecond: requestsPerSecond, burst });
/** Where those pay who are let in. */
export const till = {
  charge: ({ client, account }: Who, tokens: number) => limits.charge(client, tokens, account),
  refund: ({ client, account }: Who, tokens: number) => limits.refund(client, tokens, account),
};
const turns = makeTurns({ most: 16, mostOfOne: 4, mostWaiting: burst });

type Env = { Variables: { account: string | undefined } };

/** Whose key it is; undefined while the node that knows does not answer. */
const holderOf = (key: string) =>
  keys!.find(key).catch((err: unknown) => {
    log.warn({ err }, "whose a key is could not be asked: it counts as none");
    return undefined;
  });

/** Answers 429 with `Retry-After` to whoever asks faster than RATE_LIMIT, or a key's account than four times that. */
export const limitRate: MiddlewareHandler<Env> = async (context, next) => {
  const client = clientName(context);
  const key = keys && bearerOf(context.req.header("authorization"));
  const known = key === undefined ? undefined : keys!.known(key);
  const isNew = key !== undefined && known === undefined;
  const wait =
    limits.enter(client, known ?? undefined) ||
    (isNew && !keys!.isAsked(key) ? limits.charge(client, LOOKED_UP) : 0);
  if (wait > 0)
    tooMany(
      context,
      wait,
      `At most ${limits.rateOf(known ?? undefined)} requests a second, costly ones counting for more; ask again in ${wait} s`,
    );
  const account = isNew ? await holderOf(key) : known;
  if (account === null) throw unknownKey();
  context.set("account", account);
  context.header("ratelimit-limit", String(limits.rateOf(account)));
  await next();
};

export const whoOf = (context: Context): Who => ({
  client: clientName(context),
  account: context.get("account"),
});

/** Lets a request wait for its turn: a crowd of one client's must not keep the others waiting. */
export const inTurn = taking((context) => ({ turns, client: clientName(context) }));

/** Who asks. Ponder serves with Node's HTTP server, whose request stands in Hono's environment. */
export function clientName(context: Context): string {
  const { incoming } = context.env as { incoming?: { socket: { remoteAddress?: string } } };
  const connection = incoming?.socket.remoteAddress ?? "";
  return clientOf(connection, context.req.header("x-forwarded-for"), trustedProxies);
}
