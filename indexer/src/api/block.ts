/**
 * For which block an answer stands: every answer says in a header up to which block it certainly holds, and one that is
 * asked for `atLeastBlock` waits until the index has read that far.
 */
import { db } from "ponder:api";
import { invalid, Problem } from "@enerlink/edge";
import type { MiddlewareHandler } from "hono";
import { sql } from "ponder";
import { blockOf, timeOf } from "./event-places.ts";

/** How long an answer waits for its block, and how often it looks, ms. */
const PATIENCE = 10_000;
const PERIOD = 100;
/** Seconds after which to ask again for a block that was not there in time. */
const AGAIN = 1;

/** The newest indexed block; its time in unix seconds. */
export type Indexed = { block: bigint; time: bigint };

/** Asked once for all who want to know at the same time. */
let asking: Promise<Indexed> | undefined;

export function indexed(): Promise<Indexed> {
  asking ??= read().finally(() => {
    asking = undefined;
  });
  return asking;
}

async function read(): Promise<Indexed> {
  const checkpoint = await checkpointOf("latest_checkpoint");
  return { time: timeOf(checkpoint), block: blockOf(checkpoint) };
}

const NOTHING = "0".repeat(75);

async function checkpointOf(column: "latest_checkpoint" | "finalized_checkpoint"): Promise<string> {
  const { rows } = await db.execute(sql`SELECT ${sql.raw(column)} AS place FROM _ponder_checkpoint`);
  const [row] = rows as { place: string }[];
  return row?.place ?? NOTHING;
}

/** The newest block that no reorganisation takes, and its place. */
export async function finalBlock(): Promise<{ block: bigint; checkpoint: string }> {
  const checkpoint = await checkpointOf("finalized_checkpoint");
  return { block: blockOf(checkpoint), checkpoint };
}

/** @throws Problem 503 when the index does not get there in time */
async function untilRead(block: bigint): Promise<Indexed> {
  for (const end = Date.now() + PATIENCE; ; ) {
    const newest = await indexed();
    if (newest.block >= block) return newest;
    if (Date.now() > end) {
      const detail = `The index has read block ${newest.block}, not ${block} yet: ask again`;
      throw new Problem(503, "Not indexed yet", detail, [{ field: "atLeastBlock", message: detail }]);
    }
    await new Promise((resolve) => setTimeout(resolve, PERIOD));
  }
}

/** The block that a request waits for; 0 where it waits for none. @throws Problem 400 */
function wanted(url: string): bigint {
  const given = new URL(url).searchParams.get("atLeastBlock");
  if (given === null) return 0n;
  if (!/^\d{1,15}$/.test(given))
    throw invalid([{ field: "atLeastBlock", message: "must be a block's number, a whole number" }]);
  return BigInt(given);
}

/** What a page on another origin may read of an answer. */
const EXPOSED = "enerlink-block, enerlink-block-time, etag, link, ratelimit-limit, retry-after";

/** Before any turn is taken: who waits for a block keeps nobody else waiting. */
export const standing: MiddlewareHandler = async (context, next) => {
  const { block, time } = await untilRead(wanted(context.req.url)).catch((error: unknown) => {
    if (error instanceof Problem && error.status === 503) context.header("retry-after", String(AGAIN));
    throw error;
  });
  context.header("enerlink-block", String(block));
  context.header("enerlink-block-time", new Date(Number(time) * 1_000).toISOString());
  context.header("access-control-expose-headers", EXPOSED);
  await next();
};
