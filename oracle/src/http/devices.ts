/** `/device`, `/meters` and `/alerts`: what meters say, their commands, and what somebody should look at. */
import { invalid, Problem } from "@enerlink/edge";
import { answerPage, makeRoutes } from "@enerlink/edge/rest";
import { isAddressText } from "@enerlink/protocol";
import {
  type CommandArguments,
  commandArguments,
  commandOfWish,
  needsQuorum,
} from "@enerlink/protocol/wire/command";
import { type ReadingDomain, readingJson } from "@enerlink/protocol/wire/reading";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Address, getAddress, type Hex } from "viem";
import { type AlertLog, alertBody } from "../alerts/alerts.ts";
import type { Accounts, Person } from "../auth/accounts.ts";
import { UncheckedError } from "../auth/contract-signatures.ts";
import type { CommandLedger } from "../commands/ledger.ts";
import { outranked } from "../commands/rank.ts";
import type { Wishes } from "../commands/wish.ts";
import type { RejectLog } from "../intake/rejects.ts";
import { type Rollups, rollupPlace } from "../keeping/rollups.ts";
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
/** Seconds after which what could not be checked may be tried again. */
const AGAIN = 5;

type Needs = {
  domain: ReadingDomain;
  readings: Readings;
  rollups: Pick<Rollups, "page">;
  settlements: Pick<Settlements, "last">;
  commands: Pick<CommandLedger, "page" | "named">;
  wishes: Wishes;
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
          ...schemas.span("Spans that begin"),
          ...schemas.page,
        }),
        list: true,
      },
    ),
    (context) => {
      const meter = seen(context.get("person"), context.req.valid("param").meterId);
      const { span, limit, before, format: form, ...given } = context.req.valid("query");
      const name = `history-${span}-${meter.serial}`;
      const place = schemas.placeIn(name, before, 3);
      const rows = rollups.page(meter.serial, span, schemas.spanOf(given), limit + 1, place);
      const page = schemas.paged(rows, limit, rollupBody, (last) => [name, ...rollupPlace(last)].join("-"));
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

type Asked = z.output<typeof schemas.CommandRequest>;

/** @throws Problem 400 naming the argument */
function argumentsOf({ name, arguments: given }: Pick<Asked, "name" | "arguments">): CommandArguments {
  const exact = Object.entries(given).map(([key, value]) => [
    key,
    typeof value === "number" ? BigInt(value) : value,
  ]);
  const parsed = commandArguments[name].safeParse(Object.fromEntries(exact));
  if (parsed.success) return parsed.data as CommandArguments;
  const field = (path: PropertyKey[]) => ["arguments", ...path].join(".");
  throw invalid(parsed.error.issues.map(({ path, message }) => ({ field: field(path), message })));
}

/** What a person has signed, checked. @throws Problem 400, 403, 404, 503 */
async function wishOf(
  context: Context,
  { domain, wishes, guards: { meterOf } }: Needs,
  serial: string,
  { name, seconds, signed, ...asked }: Asked & { signed: NonNullable<Asked["signed"]> },
) {
  const meter = meterOf(serial);
  const values = argumentsOf({ name, ...asked });
  const nonce = BigInt(signed.nonce);
  const deadline = Math.floor(Number(nonce) / 1_000) + seconds;
  const given = { by: getAddress(signed.by), signature: signed.signature.toLowerCase() as Hex };
  const command = commandOfWish(domain, meter.serial, { name, arguments: values, nonce, deadline });
  const fault = await wishes.fault(meter, command, given).catch((error: unknown) => {
    if (!(error instanceof UncheckedError)) throw error;
    context.header("retry-after", String(AGAIN));
    throw new Problem(503, "Not checked", `signed.signature could not be checked: ${error.message}`);
  });
  if (fault?.field === "rank") throw new Problem(403, "Forbidden", fault.message);
  if (fault) {
    const isSigned = fault.field === "nonce" || fault.field === "signature";
    throw invalid([{ field: `${isSigned ? "signed." : ""}${fault.field}`, message: fault.message }]);
  }
  return { serial: meter.serial, name, values, deadline, requestedBy: given.by, wished: { nonce, given } };
}

/** Tells a meter what to do. */
function addCommanding(routes: Routes, needs: Needs): void {
  const { commands, accounts, acts, guards } = needs;
  const isAbove = (by: string) => by === "chain" || (isAddressText(by) && accounts.isOperator(by as Address));

  /** What a session or a key asks for. @throws Problem 400, 401, 403, 404 */
  function commandOf(person: Person, serial: string, { name, seconds, ...asked }: Asked) {
    const meter = guards.controlled(person, serial, "command");
    const values = argumentsOf({ name, ...asked });
    if (needsQuorum(name))
      throw invalid([
        {
          field: "signed",
          message: `is needed: ${name} switches a house's power, and each member of the committee checks the signature of the meter's owner or an operator`,
        },
      ]);
    const refusal = person.operator
      ? undefined
      : outranked({ name, arguments: values }, commands.named(meter.serial, name), isAbove);
    if (refusal) throw new Problem(403, "Forbidden", `${meter.serial}: ${refusal}`);
    const deadline = Math.floor(time.now() / 1_000) + seconds;
    return { serial: meter.serial, name, values, deadline, requestedBy: person.address! };
  }

  routes.openapi(
    route(
      "post",
      "/device/command/{meterId}",
      TAG,
      "Command a meter: signed by this node, grid and relay by a quorum of the committee; sent until it answers or the deadline passes",
      schemas.Command,
      {
        params: schemas.byMeter,
        body: schemas.CommandRequest,
        signedIn: "or by key",
        may: [404, 503],
      },
      202,
    ),
    async (context) => {
      const { meterId } = context.req.valid("param");
      const { signed, ...asked } = context.req.valid("json");
      const wish = signed
        ? await wishOf(context, needs, meterId, { ...asked, signed })
        : commandOf(context.get("person"), meterId, asked);
      return context.json(commandBody(await acts.command(wish)), 202);
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
