/** `/energy`: what was reported and what became of it, and settling a meter at once. */
import { Problem } from "@enerlink/edge";
import { answerPage, makeRoutes } from "@enerlink/edge/rest";
import { z } from "@hono/zod-openapi";
import type { ClearedLog } from "../ledger/cleared.ts";
import type { History } from "../settlement/history.ts";
import type { Acts } from "./acts.ts";
import type { Env } from "./env.ts";
import type { Guards } from "./guards.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { clearedSlotBody, settlementBody } from "./views.ts";

const TAG = "Settlement";

type Needs = {
  history: History;
  clearedSlots: ClearedLog;
  acts: Pick<Acts, "settle">;
  guards: Guards;
};
type Routes = ReturnType<typeof makeRoutes<Env>>;

function addLists(routes: Routes, { history, clearedSlots, guards: { meterOf, maySee } }: Needs): void {
  routes.openapi(
    route(
      "get",
      "/settlements",
      TAG,
      "Settlements, newest reading first",
      schemas.pageOf(schemas.Settlement),
      {
        query: z.object(schemas.settlementPage),
        list: true,
        may: [404],
      },
    ),
    (context) => {
      const { meterId, limit, before, format: form, ...span } = context.req.valid("query");
      const meter = meterId === undefined ? undefined : meterOf(meterId);
      schemas.ofThisList(!before || meter === undefined || before.serial === meter.serial);
      const whole = meter !== undefined && maySee(context.get("person"), meter);
      const rows = history.page(meter?.serial, schemas.spanOf(span), before, limit + 1, whole);
      const page = schemas.paged(rows, limit, settlementBody, ({ id }) => id);
      return answerPage(context, { name: "settlements", item: schemas.Settlement, form }, page);
    },
  );

  routes.openapi(
    route(
      "get",
      "/cleared-slots",
      TAG,
      "Slots of communities that were cleared, newest first",
      schemas.pageOf(schemas.ClearedSlot),
      { query: z.object(schemas.slotPage), list: true },
    ),
    (context) => {
      const { communityId, limit, before, format: form, ...span } = context.req.valid("query");
      schemas.ofThisList(!before || communityId === undefined || before.communityId === communityId);
      const rows = clearedSlots.page(communityId, schemas.spanOf(span), before, limit + 1);
      const page = schemas.paged(rows, limit, clearedSlotBody, (slot) => clearedSlotBody(slot).id);
      return answerPage(context, { name: "cleared-slots", item: schemas.ClearedSlot, form }, page);
    },
  );
}

function addSettling(routes: Routes, { acts, guards: { controlled } }: Needs): void {
  routes.openapi(
    route(
      "post",
      "/settle/{meterId}",
      TAG,
      "Settle a meter's last reading now, without waiting for its window's end",
      schemas.Settlement,
      { params: schemas.byMeter, signedIn: "or by key", may: [404, 409] },
      202,
    ),
    async (context) => {
      const person = context.get("person");
      const meter = controlled(person, context.req.valid("param").meterId, "settle");
      const { settlement, refusal } = await acts.settle(meter.serial, person.address!);
      if (refusal) throw new Problem(409, refusal.title, refusal.detail);
      return context.json(settlementBody(settlement), 202);
    },
  );
}

export function makeEnergyRoutes(needs: Needs) {
  const routes = makeRoutes<Env>();
  addLists(routes, needs);
  addSettling(routes, needs);
  return routes;
}
