/** What every request must pass: its size, its client's share, its turn. */
import type { Context, Env, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Problem } from "../problem.ts";
import type { Turns } from "../turns.ts";

/** Refuses a body of more than `most` bytes with 413. */
export const smallBodies = (most: number): MiddlewareHandler =>
  bodyLimit({
    maxSize: most,
    onError: () => {
      const message = `must be at most ${most} bytes`;
      throw new Problem(413, "Too large", `body ${message}`, [{ field: "body", message }]);
    },
  });

/** Refuses with 429. @param wait seconds, which `Retry-After` says too */
export function tooMany(context: Context, wait: number, detail = `Ask again in ${wait} s`): never {
  context.header("retry-after", String(wait));
  throw new Problem(429, "Too many requests", detail);
}

/**
 * Lets requests take turns, client by client: a crowd of one's keeps nobody waiting long.
 * @param placeOf whose turn it is, and among whom
 * @param pause what to wait for before each turn: where answers are made without waiting, others are heard meanwhile
 */
export const inTurn =
  <E extends Env>(
    placeOf: (context: Context<E>) => { turns: Turns; client: string },
    pause?: () => Promise<unknown>,
  ): MiddlewareHandler<E> =>
  async (context, next) => {
    const { turns, client } = placeOf(context);
    const end = await turns.take(client);
    if (!end) return tooMany(context, 1, "Wait for answers before asking more");
    try {
      await pause?.();
      // Who has left meanwhile needs no answer.
      if (context.req.raw.signal.aborted) return context.body(null, 408);
      return await next();
    } finally {
      end();
    }
  };
