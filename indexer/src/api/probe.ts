/**
 * How the index stands, said within a second by `start` and `serve` alike: Ponder's `/health` knows nothing of the
 * database, its `/ready` nothing of the chain, and its figures only what this very process has read.
 */
import { db } from "ponder:api";
import { messageOf } from "@enerlink/service/log";
import { Hono } from "hono";
import { sql } from "ponder";
import { type Indexed, indexed } from "./block.ts";
import { client } from "./chain.ts";
import { makeLook, reasonsOf, type Standing, textOf } from "./standing.ts";

/** Milliseconds within which a part has to answer, and for which what it said is passed on. */
const PATIENCE = 900;
const FRESH = 1_000;

async function historyRead(): Promise<boolean> {
  const { rows } = await db.execute(sql`SELECT value ->> 'is_ready' AS ready FROM _ponder_meta`);
  return (rows as { ready: string | null }[]).some(({ ready }) => ready === "1");
}

async function standing(): Promise<Standing> {
  const [stored, head] = await Promise.all([database(), chain()]);
  return { stored, head, now: Date.now() / 1_000 };
}

const database = makeLook<Indexed & { complete: boolean }>(
  async () => ({ ...(await indexed()), complete: await historyRead() }),
  { patience: PATIENCE, fresh: FRESH, messageOf },
);
const chain = makeLook(() => client.getBlockNumber({ cacheTime: 0 }), {
  patience: PATIENCE,
  fresh: FRESH,
  messageOf,
});

export const probe = new Hono();

probe.get("/probe", async (context) => {
  const found = await standing();
  const { ready, reasons } = reasonsOf(found);
  const { stored, head } = found;
  return context.json(
    {
      ready,
      reasons,
      block: stored.value === undefined ? null : Number(stored.value.block),
      head: head.value === undefined ? null : Number(head.value),
    },
    ready ? 200 : 503,
  );
});

probe.get("/figures", async (context) =>
  context.text(textOf(await standing()), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
);
