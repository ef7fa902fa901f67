/** `/energy`: what meters settled, and how far the community supplies itself. */

import { db } from "ponder:api";
import { meter, settlement } from "ponder:schema";
import { answerCsv, makeRoutes, tableOf } from "@enerlink/edge/rest";
import { meterId } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { and, eq } from "ponder";
import { notFound } from "../problem.ts";
import { communityEnergy } from "../questions/community.ts";
import { historySpans, marketHistory } from "../questions/history.ts";
import { rangeOf } from "../questions/meter-energy.ts";
import { MOST_PERIODS, STATEMENT_DAYS } from "../questions/periods.ts";
import { communityOf, settlementOf } from "./format.ts";
import { answerList } from "./lists.ts";
import { inRange } from "./ranges.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { marketPeriodOf } from "./slot-format.ts";
import { MarketPeriod } from "./slot-schemas.ts";

const TAG = "Energy";

export const energy = makeRoutes();

energy.openapi(
  route(
    "get",
    "/settlements",
    TAG,
    "What meters settled, newest reading first; `from` and `to` are about the readings' times",
    schemas.pageOf(schemas.Settlement),
    {
      query: z.object({
        meterId: schemas.filter(schemas.meterName, "Serial, or id in hexadecimal"),
        ownerId: schemas.filter(schemas.address),
        ...schemas.range(),
        ...schemas.page,
      }),
      list: true,
      may: [404],
    },
  ),
  async (context) => {
    const { meterId: serial, ownerId, from, to, ...page } = context.req.valid("query");
    const id = serial === undefined ? undefined : meterId(serial);
    if (id) {
      const [known] = await db.select({ id: meter.id }).from(meter).where(eq(meter.id, id));
      if (!known) throw notFound("meter", serial!);
    }
    const where = and(
      id === undefined ? undefined : eq(settlement.meterId, id),
      ownerId === undefined ? undefined : eq(settlement.owner, ownerId),
      inRange(settlement.readAt, { from, to }),
    );
    return answerList(
      context,
      {
        name: "settlements",
        item: schemas.Settlement,
        table: settlement,
        by: ["readAt", "id"],
        where,
        show: settlementOf,
      },
      page,
    );
  },
);

energy.openapi(
  route(
    "get",
    "/history",
    TAG,
    "How the whole market went by periods of the calendar, oldest first: tokens, debt, settlements, what was skipped and why, and gas, each at its block's time",
    z.object({ items: z.array(MarketPeriod) }),
    {
      query: z.object(schemas.periods(historySpans, "30 days before `to`")),
      csv: true,
    },
  ),
  async (context) => {
    const { groupBy, format, ...asked } = context.req.valid("query");
    const items = (await marketHistory(await rangeOf(asked, STATEMENT_DAYS), groupBy)).map(marketPeriodOf);
    return format === "csv"
      ? answerCsv(context, "history", tableOf(MarketPeriod, items))
      : context.json({ items }, 200);
  },
);

energy.openapi(
  route(
    "get",
    "/community",
    TAG,
    "What the community exported, used and shared; a settlement counts where its energy ends",
    schemas.Community,
    {
      query: z.object({
        interval: schemas.interval
          .openapi({ description: `${schemas.ANY_CASE}; at least as long as a settlement window` })
          .default("1d"),
        timeZone: schemas.timeZone.openapi({ description: schemas.CALENDAR_SPANS }),
        ...schemas.endings(`seven days or ${MOST_PERIODS - 1} spans before \`to\``, "now"),
      }),
    },
  ),
  async (context) => {
    const { interval, ...asked } = context.req.valid("query");
    const found = await communityEnergy({ ...asked, interval: schemas.intervals[interval] });
    return context.json(communityOf(found), 200);
  },
);
