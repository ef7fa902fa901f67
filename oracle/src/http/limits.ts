/**
 * How often one may ask: a bucket of tokens for each address (and account) and kind of request, refilled steadily.
 */
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import { Problem } from "../edge/problem.ts";
import type { Env } from "./env.ts";

/** `burst` requests at once, `perSecond` in the long run. */
const rates = {
  read: { burst: 300, perSecond: 30 },
  write: { burst: 30, perSecond: 1 },
  /** Sign-in: each costs a signature check. */
  auth: { burst: 20, perSecond: 0.2 },
} as const;
export type Rate = keyof typeof rates;
const signingIn = ["nonce", "register", "login"].map((step) => `/api/v1/auth/${step}`);

/** Buckets that are remembered; beyond that the ones asked for longest ago start full again. */
const MOST_BUCKETS = 50_000;

export function makeBuckets(now: () => number = Date.now) {
  const buckets = new Map<string, { tokens: number; at: number }>();

  /** Takes a token of `who`. @returns 0, or the seconds to wait when there is none. */
  return function take(rate: Rate, who: string): number {
    const { burst, perSecond } = rates[rate];
    const key = `${rate} ${who}`;
    const bucket = buckets.get(key) ?? { tokens: burst, at: now() };
    // The map keeps the order of insertion: what is asked for goes to its end.
    buckets.delete(key);
    if (buckets.size >= MOST_BUCKETS) buckets.delete(buckets.keys().next().value!);
    buckets.set(key, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now() - bucket.at) / 1_000) * perSecond);
    bucket.at = now();
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond);
    bucket.tokens--;
    return 0;
  };
}

/** The address that a request comes from; what a proxy says of it counts only from `proxies`. */
export function addressOf(context: Context, proxies: readonly string[]): string {
  const direct = getConnInfo(context).remote.address?.replace(/^::ffff:/, "") ?? "";
  if (!proxies.includes(direct)) return direct;
  // The last one that no proxy of ours has added.
  const hops = (context.req.header("x-forwarded-for") ?? "").split(",").map((hop) => hop.trim());
  return hops.reverse().find((hop) => hop !== "" && !proxies.includes(hop)) ?? direct;
}

/** Refuses with 429 and Retry-After whoever asks too often; `person` must be known by then. */
export function limited(proxies: readonly string[]): MiddlewareHandler<Env> {
  const take = makeBuckets();
  return async (context, next) => {
    const { method, path } = context.req;
    const reads = ["GET", "HEAD", "OPTIONS"].includes(method) || path === "/graphql";
    const rate = signingIn.includes(path) ? "auth" : reads ? "read" : "write";
    const { address: account } = context.get("person");
    const client = `${addressOf(context, proxies)} ${account ?? ""}`;
    context.set("client", client);
    const wait = take(rate, client);
    if (wait > 0) {
      context.header("retry-after", String(wait));
      throw new Problem(429, "Too many requests", `Ask again in ${wait} s`);
    }
    await next();
  };
}
