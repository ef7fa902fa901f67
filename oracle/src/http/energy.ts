/** `/energy`: what was reported and what became of it, and settling a meter at once. */
import { z } from "@hono/zod-openapi";
import { Problem } from "../edge/problem.ts";
import { makeRoutes, route } from "../edge/routes.ts";
import type { Readings } from "../ledger/readings.ts";
import { countsUnsigned, isReportable, type Settlements, SHORTEST_INTERVAL } from "../ledger/settlements.ts";
import type { Holds } from "../meters/holds.ts";
import { releaseOf } from "../rules/validation.ts";
import type { History } from "../settlement/history.ts";
import type { Settler } from "../settlement/settler.ts";
import type { Env } from "./env.ts";
import type { Guards } from "./guards.ts";
import * as schemas from "./schemas.ts";
import { isoOf, settlementBody } from "./views.ts";

const TAG = "Settlement";

export function makeEnergyRoutes({
  readings,
  holds,
  settlements,
  history,
  settler,
  guards: { meterOf, controlled },
}: {
  readings: Readings;
  holds: Pick<Holds, "of">;
  settlements: Pick<Settlements, "byHand">;
  history: History;
  settler: Pick<Settler, "flush">;
  guards: Guards;
}) {
  const routes = makeRoutes<Env>();

  routes.openapi(
    route(
      "get",
      "/settlements",
      TAG,
      "Settlements, newest reading first",
      schemas.pageOf(schemas.Settlement),
      {
        query: z.object({ meterId: schemas.serial.optional(), ...schemas.settlementPage }),
      },
    ),
    (context) => {
      const { meterId, limit, before, ...span } = context.req.valid("query");
      const serial = meterId === undefined ? undefined : meterOf(meterId).serial;
      return context.json(
        schemas.paged(history.page(serial, schemas.spanOf(span), before, limit), limit, settlementBody),
        200,
      );
    },
  );

  routes.openapi(
    route(
      "post",
      "/settle/{meterId}",
      TAG,
      "Settle a meter's last reading now, without waiting for its window's end",
      schemas.Settlement,
      { params: schemas.byMeter },
      202,
    ),
    (context) => {
      const { meter } = controlled(context, context.req.valid("param").meterId);
      const { serial } = meter;
      const refuse = (title: string, detail: string) => new Problem(409, title, `${serial} ${detail}`);
      const hold = holds.of(serial, meter.epoch);
      if (hold)
        throw refuse(
          "Held",
          `is held: ${hold.reason} (${hold.detail}); released by ${releaseOf(hold.reason)}`,
        );
      const reading = readings.newest(serial, countsUnsigned(meter) ? "all" : "signed");
      if (!reading) throw refuse("No reading", "has sent no reading yet");
      const at = isoOf(reading.timestamp);
      if (!isReportable(meter, reading))
        throw refuse(
          "Not settling",
          `does not settle now: its registration does not let the reading of ${at} count`,
        );
      const settlement = settlements.byHand(meter, reading);
      if ("earliest" in settlement) {
        const next = isoOf(settlement.earliest);
        throw refuse(
          "Too soon",
          `settles at most every ${SHORTEST_INTERVAL} s: next with a reading at or after ${next}`,
        );
      }
      settler.flush();
      const { timestamp } = settlement.reading;
      const [stored] = history.page(serial, { from: timestamp, to: timestamp + 1 }, undefined, 1);
      return context.json(settlementBody(stored!), 202);
    },
  );

  return routes;
}
