/** `/meters`: what became of a meter in its slots, what it counted, and what the next day may bring it. */
import { db } from "ponder:api";
import { meter, slotShare } from "ponder:schema";
import { answerCsv, makeRoutes, tableOf } from "@enerlink/edge/rest";
import { meterId } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { and, eq, sql } from "ponder";
import { notFound } from "../problem.ts";
import { knownMeter, meterEnergy } from "../questions/meter-energy.ts";
import { outlook } from "../questions/outlook.ts";
import { energySpans, MOST_PERIODS } from "../questions/periods.ts";
import { answerList } from "./lists.ts";
import { Meter, meterKinds, meterOf, meterStatuses } from "./meter-format.ts";
import { inRange } from "./ranges.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { energyPeriodOf, outlookHourOf, shareOf } from "./slot-format.ts";
import { EnergyPeriod, OutlookHour, SlotShare } from "./slot-schemas.ts";

const TAG = "Meters";
const named = z.object({ id: schemas.meterName });

export const meters = makeRoutes();

meters.openapi(
  route(
    "get",
    "/",
    TAG,
    "All meters in the order of their registration, with what was settled of them",
    schemas.pageOf(Meter),
    {
      query: z.object({
        ownerId: schemas.filter(schemas.address),
        kind: schemas.filter(schemas.oneOf(meterKinds), schemas.ANY_CASE),
        status: schemas.filter(schemas.oneOf(meterStatuses), schemas.ANY_CASE),
        communityId: schemas.filter(schemas.number, "In which it shares slots"),
        ...schemas.page,
      }),
      list: true,
    },
  ),
  async (context) => {
    const { ownerId, kind, status, communityId, ...page } = context.req.valid("query");
    const where = and(
      ownerId === undefined ? undefined : eq(meter.owner, ownerId),
      kind === undefined ? undefined : eq(meter.kind, kind.toUpperCase() as Uppercase<typeof kind>),
      status === undefined ? undefined : eq(meter.status, status.toUpperCase() as Uppercase<typeof status>),
      // Compared as the numbers that they are: no community has one of more than 31 bits, but it may be asked for.
      communityId === undefined ? undefined : sql`${meter.communityId}::bigint = ${communityId}`,
    );
    const list = { name: "meters", item: Meter, table: meter, by: ["number"], direction: "asc" } as const;
    return answerList(context, { ...list, where, show: meterOf }, page);
  },
);

meters.openapi(
  route("get", "/{id}", TAG, "A meter, with what was settled of it", Meter, { params: named, may: [404] }),
  async (context) => {
    const serial = context.req.valid("param").id;
    const [row] = await db
      .select()
      .from(meter)
      .where(eq(meter.id, meterId(serial)));
    if (!row) throw notFound("meter", serial);
    return context.json(meterOf(row), 200);
  },
);

meters.openapi(
  route(
    "get",
    "/{id}/slots",
    TAG,
    "Its parts of the cleared slots that begin in a range, newest first; none of one at whose end it was not read",
    schemas.pageOf(SlotShare),
    { params: named, query: z.object({ ...schemas.range(), ...schemas.page }), list: true, may: [404] },
  ),
  async (context) => {
    const { from, to, ...page } = context.req.valid("query");
    const serial = context.req.valid("param").id;
    const id = meterId(serial);
    await knownMeter(id);
    const where = and(eq(slotShare.meterId, id), inRange(slotShare.slotStart, { from, to }));
    return answerList(
      context,
      {
        name: `slots-${serial}`,
        item: SlotShare,
        table: slotShare,
        by: ["slotStart", "communityId"],
        where,
        show: shareOf,
      },
      page,
    );
  },
);

meters.openapi(
  route(
    "get",
    "/{id}/energy",
    TAG,
    "What it exported and imported by periods of the calendar, oldest first; one in which no settlement ended is left out. A settlement counts whole in the period in which its energy ends",
    z.object({ items: z.array(EnergyPeriod) }),
    {
      params: named,
      query: z.object(
        schemas.periods(
          energySpans,
          `seven days or ${MOST_PERIODS - 1} slots before \`to\``,
          schemas.endings,
        ),
      ),
      csv: true,
      may: [404],
    },
  ),
  async (context) => {
    const { groupBy, format, ...asked } = context.req.valid("query");
    const { id } = context.req.valid("param");
    const found = await meterEnergy(meterId(id), asked, groupBy);
    const items = found.map(energyPeriodOf);
    return format === "csv"
      ? answerCsv(context, `energy-${id}`, tableOf(EnergyPeriod, items))
      : context.json({ items }, 200);
  },
);

meters.openapi(
  route(
    "get",
    "/{id}/outlook",
    TAG,
    "What the next 24 whole hours may bring, by the same hours of the last 14 days",
    z.object({ items: z.array(OutlookHour) }),
    { params: named, may: [404] },
  ),
  async (context) => {
    const found = await outlook(meterId(context.req.valid("param").id));
    return context.json({ items: found.map(outlookHourOf) }, 200);
  },
);
