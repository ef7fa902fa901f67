/** `/device`, `/meters` and `/alerts`: what meters say, their commands, and what somebody should look at. */
import { invalid, Problem } from "@enerlink/edge";
import { answerPage, makeRoutes } from "@enerlink/edge/rest";
import { isAddressText } from "@enerlink/protocol";
import { type CommandArguments, commandArguments } from "@enerlink/protocol/wire/command";
import { type ReadingDomain, readingJson } from "@enerlink/protocol/wire/reading";
import { z } from "@hono/zod-openapi";
import type { Address } from "viem";
import { type AlertLog, alertBody } from "../alerts/alerts.ts";
import type { Accounts } from "../auth/accounts.ts";
import type { CommandLedger } from "../commands/ledger.ts";
import { outranked } from "../commands/rank.ts";
import type { RejectLog } from "../intake/rejects.ts";
import type { Rollups } from "../keeping/rollups.ts";
import type { Readings } from "../ledger/readings.ts";
import type { Settlements } from "../ledger/settlements.ts";
import { time } from "../seams/time.ts";
import type { Acts } from "./acts.ts";
import type { Env } from "./env.ts";
import type { Guards } from "./guards.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { commandBody, readingBody, rejectBody, rollupBody, type Views } from "./views.ts";

const TAG = "Devices";

type Needs = {
  domain: ReadingDomain;
  readings: Readings;
  rollups: Pick<Rollups, "page">;
  settlements: Pick<Settlements, "last">;
  commands: Pick<CommandLedger, "page" | "named">;
  accounts: Pick<Accounts, "isOperator">;
  alerts: AlertLog;
  rejects: RejectLog;
  acts: Pick<Acts, "command">;
  views: Views;
  guards: Guards;
};
type Routes = ReturnType<typeof makeRoutes<Env>>;

/** What a meter says now. */
function addStates(routes: Routes, { views, guards: { meterOf } }: Needs): void {
  routes.openapi(
    route(
      "get",
      "/device/status/{meterId}",
      TAG,
      "A meter's state; what it says, to those who may see it",
      schemas.Device,
      {
        params: schemas.byMeter,
        may: [404],
      },
    ),
    (context) => {
      const meter = meterOf(context.req.valid("param").meterId);
      return context.json(views.device(meter, context.get("person")), 200);
    },
  );
}

/** What a meter said earlier. */
function addReadings(routes: Routes, { readings, rollups, guards: { seen } }: Needs): void {
  routes.openapi(
    route(
      "get",
      "/device/readings/{meterId}",
      TAG,
      "A meter's readings, newest first",
      schemas.pageOf(schemas.Reading),
      {
        params: schemas.byMeter,
        signedIn: "or by key",
        may: [404],
        query: z.object(schemas.page),
        list: true,
      },
    ),
    (context) => {
      const meter = seen(context.get("person"), context.req.valid("param").meterId);
      const { limit, before, format: form } = context.req.valid("query");
      const name = `readings-${meter.serial}`;
      const rows = readings.page(meter.serial, schemas.behind(name, before), limit + 1);
      const page = schemas.paged(rows, limit, readingBody, ({ id }) => `${name}-${id}`);
      return answerPage(context, { name, item: schemas.Reading, form }, page);
    },
  );

  routes.openapi(
    route(
      "get",
      "/device/history/{meterId}",
      TAG,
      "A meter's registers at the end of every quarter hour, hour or day of UTC, newest first",
      schemas.pageOf(schemas.Rollup),
      {
        params: schemas.byMeter,
        signedIn: "or by key",
        may: [404],
        query: z.object({
          span: schemas.width,
          ...schemas.span,
          ...schemas.page,
        }),
        list: true,
      },
    ),
    (context) => {
      const meter = seen(context.get("person"), context.req.valid("param").meterId);
      const { span, limit, before, format: form, ...given } = context.req.valid("query");
      const { from, to } = schemas.spanOf(given);
      const name = `history-${span}-${meter.serial}`;
      const end = before === undefined ? to : Math.min(to, Number(schemas.behind(name, before)));
      const rows = rollups.page(meter.serial, span, { from, to: end }, limit + 1);
      const page = schemas.paged(rows, limit, rollupBody, ({ start }) => `${name}-${start}`);
      return answerPage(context, { name, item: schemas.Rollup, form }, page);
    },
  );
}

/** What was refused of a meter, and why. */
function addRejects(routes: Routes, { rejects, guards: { seen } }: Needs): void {
  routes.openapi(
    route(
      "get",
      "/device/rejects/{meterId}",
      TAG,
      "A meter's messages that were refused and why, newest first; the last hundred are kept",
      schemas.pageOf(schemas.Reject),
      {
        params: schemas.byMeter,
        signedIn: "or by key",
        query: z.object(schemas.page),
        list: true,
        may: [404],
      },
    ),
    (context) => {
      const meter = seen(context.get("person"), context.req.valid("param").meterId);
      const { limit, before, format: form } = context.req.valid("query");
      const name = `rejects-${meter.serial}`;
      const rows = rejects.page(meter.serial, schemas.behind(name, before), limit + 1);
      const page = schemas.paged(rows, limit, rejectBody, ({ id }) => `${name}-${id}`);
      return answerPage(context, { name, item: schemas.Reject, form }, page);
    },
  );
}

/** Tells a meter what to do. */
function addCommanding(routes: Routes, { commands, accounts, acts, guards: { controlled } }: Needs): void {
  const isAbove = (by: string) => by === "chain" || (isAddressText(by) && accounts.isOperator(by as Address));

  routes.openapi(
    route(
      "post",
      "/device/command/{meterId}",
      TAG,
      "Command a meter: signed by this node, sent until it answers or the deadline passes",
      schemas.Command,
      { params: schemas.byMeter, body: schemas.CommandRequest, signedIn: "or by key", may: [404] },
      202,
    ),
    async (context) => {
      const person = context.get("person");
      const meter = controlled(person, context.req.valid("param").meterId, "command");
      const { name, arguments: given, seconds } = context.req.valid("json");
      const exact = Object.entries(given).map(([key, value]) => [
        key,
        typeof value === "number" ? BigInt(value) : value,
      ]);
      const parsed = commandArguments[name].safeParse(Object.fromEntries(exact));
      if (!parsed.success) {
        const field = (path: PropertyKey[]) => ["arguments", ...path].join(".");
        throw invalid(parsed.error.issues.map(({ path, message }) => ({ field: field(path), message })));
      }
      const refusal = person.operator
        ? undefined
        : outranked({ name, arguments: given }, commands.named(meter.serial, name), isAbove);
      if (refusal) throw new Problem(403, "Forbidden", `${meter.serial}: ${refusal}`);
      const command = await acts.command({
        serial: meter.serial,
        name,
        values: parsed.data as CommandArguments,
        deadline: Math.floor(time.now() / 1_000) + seconds,
        requestedBy: person.address!,
      });
      return context.json(commandBody(command), 202);
    },
  );
}

/** What a meter was told to do. */
function addCommands(routes: Routes, { commands, guards: { seen } }: Needs): void {
  routes.openapi(
    route(
      "get",
      "/device/commands/{meterId}",
      TAG,
      "A meter's commands, newest first",
      schemas.pageOf(schemas.Command),
      {
        params: schemas.byMeter,
        signedIn: "or by key",
        may: [404],
        query: z.object(schemas.page),
        list: true,
      },
    ),
    (context) => {
      const meter = seen(context.get("person"), context.req.valid("param").meterId);
      const { limit, before, format: form } = context.req.valid("query");
      const name = `commands-${meter.serial}`;
      const rows = commands.page(meter.serial, limit + 1, schemas.behind(name, before));
      const page = schemas.paged(rows, limit, commandBody, ({ nonce }) => `${name}-${nonce}`);
      return answerPage(context, { name, item: schemas.Command, form }, page);
    },
  );
}

function addSignedReading(routes: Routes, { domain, settlements, guards: { meterOf } }: Needs): void {
  routes.openapi(
    route(
      "get",
      "/meters/{meterId}/signed-reading",
      TAG,
      "The last signed reading that closed a window, for anyone to verify",
      schemas.SignedReading,
      { params: schemas.byMeter, query: z.object({ cutoff: schemas.cutoff.optional() }), may: [404] },
    ),
    (context) => {
      const meter = meterOf(context.req.valid("param").meterId);
      const { cutoff } = context.req.valid("query");
      const settlement = settlements.last(meter.serial, cutoff);
      if (!settlement) {
        const when = cutoff === undefined ? "" : " by then";
        throw new Problem(404, "No reading", `${meter.serial} has closed no window${when}`);
      }
      const { signature, ...reading } = settlement.reading;
      return context.json({ ...domain, reading: readingJson({ ...reading, signature: signature! }) }, 200);
    },
  );
}

function addAlerts(routes: Routes, { alerts, guards: { watched } }: Needs): void {
  routes.openapi(
    route("get", "/alerts", TAG, "Alerts of own meters; operators see all", schemas.pageOf(schemas.Alert), {
      signedIn: "or by key",
      query: z.object({ ...schemas.page, open: schemas.switchOf("Only those that last") }),
      list: true,
    }),
    (context) => {
      const serials = watched(context.get("person"));
      const { limit, before, open, format: form } = context.req.valid("query");
      const name = open ? "open-alerts" : "alerts";
      const rows = alerts.page(serials, open, schemas.behind(name, before), limit + 1);
      const page = schemas.paged(rows, limit, alertBody, ({ id }) => `${name}-${id}`);
      return answerPage(context, { name, item: schemas.Alert, form }, page);
    },
  );
}

export function makeDeviceRoutes(needs: Needs) {
  const routes = makeRoutes<Env>();
  addStates(routes, needs);
  addReadings(routes, needs);
  addRejects(routes, needs);
  addCommanding(routes, needs);
  addCommands(routes, needs);
  addSignedReading(routes, needs);
  addAlerts(routes, needs);
  return routes;
}
