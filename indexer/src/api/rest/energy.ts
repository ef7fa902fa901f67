/** `/energy`: what meters settled, and how far the community supplies itself. */

import { db } from "ponder:api";
import { meter, settlement } from "ponder:schema";
import { meterId } from "@enerlink/contracts";
import { z } from "@hono/zod-openapi";
import { and, count, desc, eq, gt, lte } from "ponder";
import { chainTime } from "../now.ts";
import { communityEnergy } from "../questions/community.ts";
import { communityOf, settlementOf } from "./format.ts";
import { notFound } from "./problem.ts";
import { makeRoutes, route } from "./routes.ts";
import * as schemas from "./schemas.ts";

const TAG = "Energy";
const DAY = 86_400n;
const spans = { "15m": "QUARTER_HOUR", "1h": "HOUR", "1d": "DAY" } as const;

export const energy = makeRoutes();

energy.openapi(
  route(
    "get",
    "/settlements",
    TAG,
    "What meters settled, newest reading first",
    schemas.pageOf(schemas.Settlement),
    {
      query: z.object({
        meterId: schemas.serial.optional(),
        ownerId: schemas.address.optional(),
        from: schemas.time.optional().openapi({ description: "Readings after this" }),
        to: schemas.time.optional().openapi({ description: "Readings up to this" }),
        ...schemas.page,
      }),
    },
  ),
  async (context) => {
    const { meterId: serial, ownerId, from, to, limit, offset } = context.req.valid("query");
    const id = serial === undefined ? undefined : meterId(serial);
    if (id) {
      const [known] = await db.select({ id: meter.id }).from(meter).where(eq(meter.id, id));
      if (!known) throw notFound("meter", serial!);
    }
    const where = and(
      id === undefined ? undefined : eq(settlement.meterId, id),
      ownerId === undefined ? undefined : eq(settlement.owner, ownerId),
      from === undefined ? undefined : gt(settlement.readAt, from),
      to === undefined ? undefined : lte(settlement.readAt, to),
    );
    const [rows, [total]] = await Promise.all([
      db
        .select()
        .from(settlement)
        .where(where)
        .orderBy(desc(settlement.readAt), desc(settlement.id))
        .limit(limit)
        .offset(offset),
      db.select({ value: count() }).from(settlement).where(where),
    ]);
    return context.json({ items: rows.map(settlementOf), total: total!.value, limit, offset }, 200);
  },
);

energy.openapi(
  route("get", "/community", TAG, "What the community exported, used and shared", schemas.Community, {
    query: z.object({
      interval: z.enum(["15m", "1h", "1d"], { error: "must be 15m, 1h or 1d" }).default("1d"),
      from: schemas.time.optional().openapi({ description: "Seven days before `to` unless given" }),
      to: schemas.time.optional().openapi({ description: "Now unless given" }),
    }),
  }),
  async (context) => {
    const asked = context.req.valid("query");
    const to = asked.to ?? (await chainTime());
    const found = await communityEnergy(asked.from ?? to - 7n * DAY, to, spans[asked.interval]);
    return context.json(communityOf(found), 200);
  },
);
