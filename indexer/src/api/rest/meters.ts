/** `/meters`: what became of a meter in its slots, what it counted, and what the next day may bring it. */
import { db } from "ponder:api";
import { slotShare } from "ponder:schema";
import { answerCsv, csvOf, makeRoutes } from "@enerlink/edge/rest";
import { meterId } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { and, count, desc, eq } from "ponder";
import { knownMeter, meterEnergy, rangeOf } from "../questions/meter-energy.ts";
import { outlook } from "../questions/outlook.ts";
import { ENERGY_DAYS, energySpans } from "../questions/periods.ts";
import { inRange } from "./ranges.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { energyPeriodOf, outlookHourOf, shareOf } from "./slot-format.ts";
import { EnergyPeriod, OutlookHour, SlotShare } from "./slot-schemas.ts";

const TAG = "Meters";
const named = z.object({ id: schemas.meterName });
const columns = [
  "start",
  "end",
  "localStart",
  "exportKwh",
  "importKwh",
  "settlements",
  "since",
  "until",
] as const;

export const meters = makeRoutes();

meters.openapi(
  route(
    "get",
    "/{id}/slots",
    TAG,
    "Its parts of the cleared slots that begin in a range, newest first; none of one at whose end it was not read",
    schemas.pageOf(SlotShare),
    { params: named, query: z.object({ ...schemas.range(), ...schemas.page }) },
  ),
  async (context) => {
    const { limit, offset, ...range } = context.req.valid("query");
    const id = meterId(context.req.valid("param").id);
    await knownMeter(id);
    const where = and(eq(slotShare.meterId, id), inRange(slotShare.slotStart, range));
    const [rows, [total]] = await Promise.all([
      db.select().from(slotShare).where(where).orderBy(desc(slotShare.slotStart)).limit(limit).offset(offset),
      db.select({ value: count() }).from(slotShare).where(where),
    ]);
    return context.json({ items: rows.map(shareOf), total: total!.value, limit, offset }, 200);
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
      query: z.object({
        groupBy: schemas.groupBy(energySpans),
        timeZone: schemas.timeZone,
        ...schemas.range("seven days before `to`", "now"),
        format: schemas.format(),
      }),
      csv: true,
    },
  ),
  async (context) => {
    const { groupBy, format, ...asked } = context.req.valid("query");
    const { id } = context.req.valid("param");
    const found = await meterEnergy(meterId(id), await rangeOf(asked, ENERGY_DAYS), groupBy);
    const items = found.map(energyPeriodOf);
    return format === "csv"
      ? answerCsv(context, `energy-${id}`, csvOf(columns, items))
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
    { params: named },
  ),
  async (context) => {
    const found = await outlook(meterId(context.req.valid("param").id));
    return context.json({ items: found.map(outlookHourOf) }, 200);
  },
);
