/**
 * How much may be asked: by each client (an IPv4 address or an IPv6 /64), by its network, and by each account wherever it
 * asks from. Whoever has meters here, and operators, have a room of their own that strangers cannot fill; many accounts
 * of one client share what the client may ask.
 */
import { clientOf, makeLimits, makeTurns, tokensOf } from "@enerlink/edge";
import { inTurn as taking, tooMany } from "@enerlink/edge/rest";
import { networks } from "@enerlink/service/networks";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { MiddlewareHandler } from "hono";
import type { Person } from "../auth/accounts.ts";
import type { Mirror } from "../chain/mirror.ts";
import { time } from "../seams/time.ts";
import type { Env, Who } from "./env.ts";

/** Tokens: `burst` at once, `perSecond` in the long run. A request is one, what is worth more costs more. */
const rates = {
  read: { burst: 300, perSecond: 30 },
  write: { burst: 30, perSecond: 1 },
  /** Sign-in: each costs a signature check. */
  auth: { burst: 20, perSecond: 0.2 },
} as const;
export type Rate = keyof typeof rates;
const signingIn = ["nonce", "register", "login"].map((step) => `/api/v1/auth/${step}`);

/** Units of cost of a row that REST answers. */
const ROW = 10;

const limitsOf = (now?: () => number) => ({
  read: makeLimits(rates.read, now),
  write: makeLimits(rates.write, now),
  auth: makeLimits(rates.auth, now),
});

export type Limiter = ReturnType<typeof makeLimiter>;

/** @param now milliseconds */
export function makeLimiter(now?: () => number) {
  const byClient = { members: limitsOf(now), public: limitsOf(now) };
  const byAccount = limitsOf(now);

  type Taking = (limits: ReturnType<typeof makeLimits>, name: string) => number;
  function take(rate: Rate, { room, client, account }: Who, tokens: number, taking: Taking): number {
    const own = byClient[room][rate];
    const wait = taking(own, client);
    if (wait > 0 || account === undefined) return wait;
    const accountsWait = taking(byAccount[rate], account);
    if (accountsWait > 0) own.refund(client, tokens);
    return accountsWait;
  }

  return {
    /** A request comes in. @returns 0, or after how many seconds to ask again */
    enter: (rate: Rate, who: Who) => take(rate, who, 1, (limits, name) => limits.enter(name)),
    /** It is worth `tokens` more. @returns as `enter` */
    charge: (who: Who, tokens: number): number =>
      take("read", who, tokens, (limits, name) => limits.charge(name, tokens)),
    /** It was worth less. */
    refund: ({ room, client, account }: Who, tokens: number): void => {
      byClient[room].read.refund(client, tokens);
      if (account !== undefined) byAccount.read.refund(account, tokens);
    },
  };
}

/** Whether somebody has meters here, or runs the node. */
export function makeMembership(mirror: Pick<Mirror, "meters">) {
  let known: readonly unknown[] | undefined;
  let owners = new Set<string>();
  return ({ address, operator }: Person): boolean => {
    const meters = mirror.meters();
    if (meters !== known) owners = new Set(meters.flatMap(({ owner }) => owner?.toLowerCase() ?? []));
    known = meters;
    return operator || (address !== undefined && owners.has(address.toLowerCase()));
  };
}

/** Says from where each request comes, and in whose name; who is signed in must be known by then. */
export function identified(
  trustedProxies: readonly string[],
  isMember: (person: Person) => boolean,
): MiddlewareHandler<Env> {
  const proxies = networks(trustedProxies);
  return async (context, next) => {
    const person = context.get("person");
    const connection = getConnInfo(context).remote.address ?? "";
    context.set("who", {
      room: isMember(person) ? "members" : "public",
      client: clientOf(connection, context.req.header("x-forwarded-for"), proxies),
      account: person.address,
    });
    await next();
  };
}

/** Refuses with 429 and Retry-After whoever asks too often, or for too much. */
export function limited(limiter: Limiter): MiddlewareHandler<Env> {
  return async (context, next) => {
    const { method, path } = context.req;
    const reads = ["GET", "HEAD", "OPTIONS"].includes(method) || path === "/graphql";
    const rate = signingIn.includes(path) ? "auth" : reads ? "read" : "write";
    const who = context.get("who");
    const rows = Number(context.req.query("limit") ?? 0);
    const wait =
      limiter.enter(rate, who) || (rows > 0 ? limiter.charge(who, tokensOf(Math.min(rows, 500) * ROW)) : 0);
    if (wait > 0) tooMany(context, wait);
    await next();
  };
}

/** Subscriptions at once, through GraphQL and on `/ws` together. */
export const places = { public: 1_500, members: 500 } as const;

/** Requests worked on at once, of one client, and that one may have waiting. */
const TURNS = { most: 4, mostOfOne: 2, mostWaiting: rates.read.burst };

/** Lets requests take turns, each room for itself. */
export function inTurn(): MiddlewareHandler<Env> {
  const turns = { members: makeTurns(TURNS), public: makeTurns(TURNS) };
  return taking<Env>(
    (context) => {
      const { room, client, account } = context.get("who");
      return { turns: turns[room], client: room === "members" ? account! : client };
    },
    () => time.turn(),
  );
}
