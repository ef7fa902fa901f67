/**
 * Who asks, by a key in `Authorization` or by the session's cookies. They are for this node alone, not readable by
 * scripts, and not sent along by other sites; a request that changes something must come from the dApp, from this
 * node's own pages, or from no page at all.
 */
import { bearerOf, Problem, unknownKey } from "@enerlink/edge";
import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Accounts, Person } from "../auth/accounts.ts";
import { time } from "../seams/time.ts";
import type { Env } from "./env.ts";

export type Session = ReturnType<typeof makeSession>;

export function makeSession({
  accounts,
  node,
  secure,
  origins,
}: {
  accounts: Pick<Accounts, "person" | "holder">;
  /** Names this node's cookies: cookies do not know ports, and several nodes may share a host. */
  node: string;
  /** Whether cookies travel over TLS only. */
  secure: boolean;
  /** The dApp's. */
  origins: readonly string[];
}) {
  const names = { session: `enerlink-session-${node}`, nonce: `enerlink-nonce-${node}` };
  type Name = keyof typeof names;
  const attributes = { httpOnly: true, sameSite: "Strict", secure, path: "/" } as const;

  const read = (context: Context, name: Name) => getCookie(context, names[name]);

  /** @throws Problem 401 for a key that opens nothing: without it, other answers would be given */
  function holderOf(authorization: string): Person {
    const key = bearerOf(authorization);
    const holder = key === undefined ? undefined : accounts.holder(key);
    if (!holder) throw unknownKey();
    return holder;
  }

  /** Says who asks. */
  const identify: MiddlewareHandler<Env> = async (context, next) => {
    const authorization = context.req.header("authorization");
    const person =
      authorization === undefined ? accounts.person(read(context, "session")) : holderOf(authorization);
    context.set("person", person);
    await next();
  };

  const guard: MiddlewareHandler = async (context, next) => {
    const origin = context.req.header("origin");
    // A browser lets any page open a WebSocket, and sends its origin along.
    const handshake = context.req.header("upgrade") !== undefined;
    const safe = ["GET", "HEAD", "OPTIONS"].includes(context.req.method) && !handshake;
    const own = URL.canParse(origin ?? "") && new URL(origin!).host === context.req.header("host");
    if (!safe && origin !== undefined && !own && !origins.includes(origin))
      throw new Problem(403, "Forbidden", `${origin} may not send requests here: see FRONTEND_URL`);
    await next();
  };

  return {
    /** As OpenAPI says them. */
    schemes: {
      session: { type: "apiKey", in: "cookie", name: names.session },
      key: { type: "http", scheme: "bearer", description: "A key of `POST /api/v1/auth/keys`" },
    } as const,
    identify,
    guard,
    read,
    write: (context: Context, name: Name, value: string, expiresAt: number) =>
      setCookie(context, names[name], value, {
        ...attributes,
        maxAge: Math.max(0, Math.floor((expiresAt - time.now()) / 1_000)),
      }),
    clear: (context: Context, name: Name) => void deleteCookie(context, names[name], attributes),
  };
}
