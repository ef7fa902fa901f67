/** The oracle's HTTP surface: health, metrics, REST below `/api/v1`, GraphQL, and the events on `/ws`. */

import type { Log } from "@enerlink/service/log";
import { upgradeWebSocket } from "@hono/node-server";
import { z } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import type { Alerts } from "../alerts/alerts.ts";
import type { Accounts, Person } from "../auth/accounts.ts";
import type { SignIn } from "../auth/sign-in.ts";
import type { Mirror } from "../chain/mirror.ts";
import type { Commands } from "../commands/commands.ts";
import { addDocs } from "../edge/docs.ts";
import { safeHeaders } from "../edge/headers.ts";
import { answerProblem, Problem } from "../edge/problem.ts";
import { makeRoutes, noParameters, notFoundProblem, route } from "../edge/routes.ts";
import { type EventLog, type Events, isPrivate, type Message, socketEvents } from "../events/events.ts";
import { makeGraphql } from "../graphql/server.ts";
import type { Rollups } from "../keeping/rollups.ts";
import type { Readings } from "../ledger/readings.ts";
import type { Settlements } from "../ledger/settlements.ts";
import type { Holds } from "../meters/holds.ts";
import type { Presence } from "../meters/presence.ts";
import type { Metrics } from "../metrics.ts";
import type { History } from "../settlement/history.ts";
import type { Settler } from "../settlement/settler.ts";
import type { ReadingDomain } from "../wire/reading.ts";
import { makeAuthRoutes } from "./auth.ts";
import { makeDeviceRoutes } from "./devices.ts";
import { makeEnergyRoutes } from "./energy.ts";
import type { Env } from "./env.ts";
import { makeGuards } from "./guards.ts";
import { limited } from "./limits.ts";
import * as schemas from "./schemas.ts";
import { makeSession } from "./session.ts";
import { makeSubscribers } from "./subscribers.ts";
import { makeViews } from "./views.ts";

const ABOUT =
  "Meters, their readings, settlements and commands. Everybody sees settlements and the signed readings that closed windows; a meter's owner sees and commands that meter, operators all of them. Sign in with a wallet: `GET /api/v1/auth/nonce`, sign the EIP-4361 message, `POST /api/v1/auth/register` the first time and `POST /api/v1/auth/login` later; the session is a cookie. kWh are decimal text, times ISO 8601. A parameter that a route does not know is refused.";
const LARGEST_BODY = 32_768;
/** Bytes that may wait for a listener on `/ws` who does not read. */
const MOST_UNSENT = 1_048_576;
/** RFC 6455's registry of close codes. */
const TRY_AGAIN_LATER = 1013;

export function makeApi({
  domain,
  mirror,
  readings,
  holds,
  presence,
  rollups,
  settlements,
  history,
  settler,
  commands,
  alerts,
  accounts,
  signIn,
  settings,
  obstacles,
  events,
  eventLog,
  metrics,
  log,
}: {
  domain: ReadingDomain;
  mirror: Pick<Mirror, "meter" | "meters">;
  readings: Readings;
  holds: Pick<Holds, "of">;
  presence: Presence;
  rollups: Pick<Rollups, "page">;
  settlements: Settlements;
  history: History;
  settler: Pick<Settler, "flush">;
  commands: Commands;
  alerts: Alerts;
  accounts: Accounts;
  signIn: SignIn;
  settings: {
    /** Names this node's cookies. */
    node: string;
    production: boolean;
    /** Whether everybody may see what meters say. */
    openReadings: boolean;
    /** The dApp's origins. */
    frontendUrls: readonly string[];
    /** Whose X-Forwarded-For is believed. */
    trustedProxies: readonly string[];
  };
  /** Why the node cannot do its work now; empty when it can. */
  obstacles: () => string[];
  events: Pick<Events, "subscribe">;
  eventLog: EventLog;
  metrics: Metrics;
  log: Log;
}) {
  const { frontendUrls, production } = settings;
  const app = makeRoutes<Env>();
  const session = makeSession({ accounts, node: settings.node, secure: production, origins: frontendUrls });
  const views = makeViews({ readings, holds, presence, commands, open: settings.openReadings });
  const guards = makeGuards({ mirror, views });

  app.onError(
    (error, context) =>
      answerProblem(context, error, (unexpected) =>
        log.error({ err: unexpected }, `${context.req.method} ${context.req.path}`),
      ) as never,
  );
  app.notFound(
    (context) => answerProblem(context, notFoundProblem(app as never, context), () => {}) as never,
  );

  app.use(safeHeaders());
  app.use(cors({ origin: [...frontendUrls], credentials: true, exposeHeaders: ["retry-after"] }));
  app.get("/health", noParameters, (context) => context.json({ status: "ok" }));
  app.get("/ready", noParameters, (context) => {
    const reasons = obstacles();
    return context.json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
  });
  app.get("/metrics", noParameters, async (context) =>
    context.text(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );

  app.use(session.guard, session.identify, limited(settings.trustedProxies));
  app.use(
    bodyLimit({
      maxSize: LARGEST_BODY,
      onError: () => {
        const message = `must be at most ${LARGEST_BODY} bytes`;
        throw new Problem(413, "Too large", `body ${message}`, [{ field: "body", message }]);
      },
    }),
  );

  app.route("/api/v1/auth", makeAuthRoutes({ accounts, signIn, session, mirror }));
  app.route("/api/v1/energy", makeEnergyRoutes({ readings, holds, settlements, history, settler, guards }));
  app.route(
    "/api/v1",
    makeDeviceRoutes({ domain, mirror, readings, rollups, settlements, commands, alerts, views, guards }),
  );
  app.openapi(
    route("get", "/api/v1/health", "Health", "Whether the node answers", schemas.Health),
    (context) => context.json({ status: "ok" as const }, 200),
  );
  app.get("/api/v1/wallet/create", noParameters, () => {
    const page = `${frontendUrls[0]}/wallet`;
    throw new Problem(410, "Gone", `No server makes keys here: create a wallet in the browser, at ${page}`);
  });
  addDocs(app, { title: "EnerLink oracle", description: ABOUT });

  /** Whether somebody may hear of this. An alert about the node is the operators'. */
  function mayHear(person: Person, message: Message): boolean {
    if (!isPrivate(message)) return true;
    const meter = mirror.meter(String(message.data.meterId));
    return meter ? views.maySee(person, meter) : person.operator;
  }

  const subscribers = makeSubscribers(events);
  const graphql = makeGraphql({
    mirror,
    readings,
    history,
    commands,
    alerts,
    views,
    mayHear,
    subscribers,
    production,
  });
  app.on(["GET", "POST"], "/graphql", (context) =>
    graphql(context.req.raw, { person: context.get("person"), client: context.get("client") }),
  );

  app.openapi(
    route(
      "get",
      "/api/v1/events",
      "Events",
      "What was told on /ws, oldest first: for a week, to whoever was away",
      schemas.pageOf(schemas.Event),
      { query: z.object({ limit: schemas.page.limit, after: schemas.eventId }) },
    ),
    (context) => {
      const { after, limit } = context.req.valid("query");
      const person = context.get("person");
      const events = eventLog.page(after, limit);
      const next = events.length === limit ? events.at(-1)!.id! : null;
      const items = events.filter((message) => mayHear(person, message)) as z.output<typeof schemas.Event>[];
      return context.json({ items, next }, 200);
    },
  );

  app.get(
    "/ws",
    noParameters,
    upgradeWebSocket((context) => {
      const person = context.get("person");
      const client = context.get("client");
      const names = new Set<string>(socketEvents);
      let unsubscribe = () => {};
      return {
        onOpen: (_event, socket) => {
          const refusal = subscribers.refusal(client);
          if (refusal !== undefined) return socket.close(TRY_AGAIN_LATER, refusal);
          unsubscribe = subscribers.add(client, (message) => {
            if (!names.has(message.event) || !mayHear(person, message)) return;
            const { bufferedAmount } = socket.raw as unknown as WebSocket;
            if (bufferedAmount <= MOST_UNSENT) return socket.send(JSON.stringify(message));
            unsubscribe();
            socket.close(TRY_AGAIN_LATER, "too far behind");
          });
        },
        onClose: () => unsubscribe(),
        onError: () => unsubscribe(),
      };
    }),
    (context) => {
      context.header("upgrade", "websocket");
      throw new Problem(426, "Upgrade required", "/ws speaks WebSocket: connect with `Upgrade: websocket`");
    },
  );

  return app;
}
