/** `/communities`: who shares each slot's energy, at which terms, and what became of each slot. */
import { db } from "ponder:api";
import { clearedSlot, community, communityMember, slotShare } from "ponder:schema";
import { makeRoutes } from "@enerlink/edge/rest";
import { serialOf } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { and, asc, eq } from "ponder";
import { chainTime } from "../now.ts";
import { notFound } from "../problem.ts";
import { answerList } from "./lists.ts";
import { inRange } from "./ranges.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { communityRowOf, shareOf, slotOf } from "./slot-format.ts";
import { Community, CommunityWithMembers, Slot, SlotWithMembers } from "./slot-schemas.ts";
import { isoOf } from "./times.ts";

const TAG = "Communities";
const named = z.object({ id: schemas.number });

export const communities = makeRoutes();

communities.openapi(
  route("get", "/", TAG, "All communities and their terms", schemas.pageOf(Community), {
    query: z.object(schemas.page),
    list: true,
  }),
  async (context) => {
    const now = await chainTime();
    const list = {
      name: "communities",
      item: Community,
      table: community,
      by: ["id"],
      direction: "asc",
    } as const;
    const show = (row: typeof community.$inferSelect) => communityRowOf(row, now);
    return answerList(context, { ...list, where: undefined, show }, context.req.valid("query"));
  },
);

/** No community has a number of more than 31 bits. @throws Problem 404 */
async function known(id: bigint) {
  const number = Number(id);
  const [found] = number < 2 ** 31 ? await db.select().from(community).where(eq(community.id, number)) : [];
  if (!found) throw notFound("community", String(id));
  return found;
}

communities.openapi(
  route("get", "/{id}", TAG, "A community, its terms and its members", CommunityWithMembers, {
    params: named,
    may: [404],
  }),
  async (context) => {
    const row = await known(context.req.valid("param").id);
    const members = await db
      .select({ meterId: communityMember.meterId })
      .from(communityMember)
      .where(eq(communityMember.communityId, row.id))
      .orderBy(asc(communityMember.place));
    const meterIds = members.map(({ meterId }) => serialOf(meterId));
    return context.json({ ...communityRowOf(row, await chainTime()), meterIds }, 200);
  },
);

communities.openapi(
  route(
    "get",
    "/{id}/slots",
    TAG,
    "Its cleared slots that begin in a range, newest first",
    schemas.pageOf(Slot),
    { params: named, query: z.object({ ...schemas.range(), ...schemas.page }), list: true, may: [404] },
  ),
  async (context) => {
    const { from, to, ...page } = context.req.valid("query");
    const { id } = await known(context.req.valid("param").id);
    const where = and(eq(clearedSlot.communityId, id), inRange(clearedSlot.slotStart, { from, to }));
    return answerList(
      context,
      { name: `slots-${id}`, item: Slot, table: clearedSlot, by: ["slotStart"], where, show: slotOf },
      page,
    );
  },
);

communities.openapi(
  route(
    "get",
    "/{id}/slots/{slotEnd}",
    TAG,
    "A cleared slot, with every member's part, sellers first",
    SlotWithMembers,
    {
      params: named.extend({ slotEnd: schemas.time }),
      may: [404],
    },
  ),
  async (context) => {
    const { id, slotEnd } = context.req.valid("param");
    const { id: communityId } = await known(id);
    const [[row], shares] = await Promise.all([
      db
        .select()
        .from(clearedSlot)
        .where(and(eq(clearedSlot.communityId, communityId), eq(clearedSlot.slotEnd, slotEnd))),
      db
        .select()
        .from(slotShare)
        .where(and(eq(slotShare.communityId, communityId), eq(slotShare.slotEnd, slotEnd)))
        .orderBy(asc(slotShare.side), asc(slotShare.meterId)),
    ]);
    if (!row) throw notFound("cleared slot that ends at", isoOf(slotEnd));
    return context.json({ ...slotOf(row), shares: shares.map(shareOf) }, 200);
  },
);
