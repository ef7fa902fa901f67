/** The oracle's HTTP surface: health, metrics, REST below `/api/v1`, GraphQL, and the events on `/ws`. */

import { answerProblem, makeSeats, Problem } from "@enerlink/edge";
import type { Graphql } from "@enerlink/edge/graphql";
import {
  addDocs,
  makeRoutes,
  noParameters,
  notFoundProblem,
  safeHeaders,
  smallBodies,
  wholeAnswers,
} from "@enerlink/edge/rest";
import type { ReadingDomain } from "@enerlink/protocol/wire/reading";
import type { Shard } from "@enerlink/protocol/wire/shard";
import { cors } from "hono/cors";
import type { AlertLog } from "../alerts/alerts.ts";
import type { Accounts } from "../auth/accounts.ts";
import type { SignIn } from "../auth/sign-in.ts";
import type { Mirror } from "../chain/mirror.ts";
import type { CommandLedger } from "../commands/ledger.ts";
import type { Wishes } from "../commands/wish.ts";
import type { EventLog, Events } from "../events/events.ts";
import type { RejectLog } from "../intake/rejects.ts";
import type { Rollups } from "../keeping/rollups.ts";
import type { ClearedLog } from "../ledger/cleared.ts";
import type { Readings } from "../ledger/readings.ts";
import type { RootLog } from "../ledger/roots.ts";
import type { Settlements } from "../ledger/settlements.ts";
import type { Holds } from "../meters/holds.ts";
import type { Presence } from "../meters/presence.ts";
import type { RelayLedger } from "../relay/ledger.ts";
import type { History } from "../settlement/history.ts";
import type { Acts } from "./acts.ts";
import { makeAuthRoutes } from "./auth.ts";
import { makeDeviceRoutes } from "./devices.ts";
import { makeEnergyRoutes } from "./energy.ts";
import type { Env, Who } from "./env.ts";
import { addEvents } from "./events.ts";
import { makeFigures } from "./figures.ts";
import { makeGuards } from "./guards.ts";
import { identified, inTurn, limited, makeLimiter, makeMembership, places } from "./limits.ts";
import { makeProofRoutes } from "./proofs.ts";
import { makeRelayRoutes, type RelaySettings } from "./relay.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { makeSession } from "./session.ts";
import { addStream } from "./stream.ts";
import { makeViews } from "./views.ts";

const ABOUT =
  "Meters, their readings, settlements and commands. Everybody sees settlements and the signed readings that closed windows; a meter's owner sees and commands that meter, operators all of them. Sign in with a wallet: `GET /api/v1/auth/nonce`, sign the EIP-4361 message, `POST /api/v1/auth/register` the first time and `POST /api/v1/auth/login` later; the session is a cookie. A program sends a key of `POST /api/v1/auth/keys` as `Authorization: Bearer` instead. kWh are decimal text, times ISO 8601. An address in mixed letters has those of its checksum (EIP-55). A parameter that a route does not know is refused. Beside REST, at the same host: [`/graphql`](/graphql) has the same with subscriptions; [`/api/v1/stream`](/api/v1/stream) and `/ws` tell what happens. Orders, offers, statements and the market's figures are the index's.";
const LARGEST_BODY = 32_768;

export type ApiSettings = {
  /** Names this node's cookies. */
  node: string;
  production: boolean;
  shard: Shard;
  /** Whether everybody may see what meters say. */
  openReadings: boolean;
  /** The dApp's origins. */
  frontendUrls: readonly string[];
  /** Addresses and ranges of proxies whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  /** Undefined where this node pays for nobody. */
  relay: RelaySettings | undefined;
};

type Needs = {
  domain: ReadingDomain;
  mirror: Pick<Mirror, "meter" | "meters">;
  readings: Readings;
  holds: Pick<Holds, "of">;
  presence: Pick<Presence, "of">;
  rollups: Pick<Rollups, "page">;
  settlements: Pick<Settlements, "last" | "newest">;
  history: History;
  clearedSlots: ClearedLog;
  roots: RootLog;
  commands: Pick<CommandLedger, "page" | "named">;
  wishes: Wishes;
  relayed: Pick<RelayLedger, "find">;
  alerts: AlertLog;
  rejects: RejectLog;
  accounts: Pick<Accounts, "find" | "person" | "holder" | "keys" | "isOperator">;
  signIn: SignIn;
  acts: Acts;
  settings: ApiSettings;
  events: Pick<Events, "subscribe">;
  eventLog: EventLog;
  /** Told of what is no fault of who asks. */
  failed: (error: unknown, request: string) => void;
};
type App = ReturnType<typeof makeRoutes<Env>>;

/** What goes wrong is answered as a problem; `failed` is told of what is no fault of who asks. */
function addProblems(app: App, failed: Needs["failed"]): void {
  app.onError(
    (error, context) =>
      answerProblem(context, error, (unexpected) =>
        failed(unexpected, `${context.req.method} ${context.req.path}`),
      ) as never,
  );
  app.notFound(
    (context) => answerProblem(context, notFoundProblem(app as never, context), () => {}) as never,
  );
}

/** Whether the node lives, and whether it can do its work. */
function addHealth(app: App, acts: Acts): void {
  app.get("/health", noParameters, (context) => context.json({ status: "ok" }));
  let looking: Promise<string[]> | undefined;
  app.get("/ready", noParameters, async (context) => {
    // However many ask, the node is asked once at a time.
    looking ??= acts.obstacles().finally(() => {
      looking = undefined;
    });
    const reasons = await looking.catch(() => ["the node does not answer"]);
    return context.json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
  });
}

/** Made when somebody first asks: it is a third of what the thread would read at its start. */
function addGraphql(app: App, make: () => Promise<Graphql<Who>>): void {
  let made: Promise<Graphql<Who>> | undefined;
  app.on(["GET", "POST"], "/graphql", async (context) => {
    made ??= make();
    const answer = await made;
    return answer(context.req.raw, context.get("who"), { person: context.get("person") });
  });
}

export function makeApi(needs: Needs) {
  const { mirror, history, clearedSlots, roots, accounts, signIn, acts, settings, events, eventLog, failed } =
    needs;
  const { frontendUrls, production } = settings;
  const app = makeRoutes<Env>();
  const session = makeSession({ accounts, node: settings.node, secure: production, origins: frontendUrls });
  const guards = makeGuards({ mirror, shard: settings.shard, open: settings.openReadings });
  const views = makeViews({ ...needs, maySee: guards.maySee });

  addProblems(app, failed);
  app.use(safeHeaders());
  app.use(
    cors({ origin: [...frontendUrls], credentials: true, exposeHeaders: ["etag", "link", "retry-after"] }),
  );
  app.use(wholeAnswers("private, no-cache"));
  addHealth(app, acts);

  const limiter = makeLimiter();
  const figures = makeFigures();
  app.use(
    figures.timed,
    session.guard,
    session.identify,
    identified(settings.trustedProxies, makeMembership(mirror)),
    limited(limiter),
    inTurn(),
  );
  app.get("/metrics", noParameters, async (context) => {
    const { text, contentType } = await acts.metrics();
    return context.text(`${text}${await figures.text()}`, 200, { "content-type": contentType });
  });
  app.use(smallBodies(LARGEST_BODY));

  app.route("/api/v1/auth", makeAuthRoutes({ accounts, acts, signIn, session, mirror, guards }));
  app.route("/api/v1/energy", makeEnergyRoutes({ history, clearedSlots, acts, guards }));
  app.route("/api/v1/energy", makeProofRoutes({ roots, guards }));
  app.route("/api/v1/relay", makeRelayRoutes({ relay: settings.relay, ledger: needs.relayed, acts }));
  app.route("/api/v1", makeDeviceRoutes({ ...needs, views, guards }));
  app.openapi(
    route("get", "/api/v1/health", "Health", "Whether the node answers", schemas.Health),
    (context) => context.json({ status: "ok" as const }, 200),
  );
  app.get("/api/v1/wallet/create", noParameters, () => {
    const page = `${frontendUrls[0]}/wallet`;
    throw new Problem(410, "Gone", `No server makes keys here: create a wallet in the browser, at ${page}`);
  });
  for (const [name, scheme] of Object.entries(session.schemes))
    app.openAPIRegistry.registerComponent("securitySchemes", name, scheme);
  addDocs(app, { title: "EnerLink oracle", description: ABOUT });

  const seats = makeSeats(places);
  addGraphql(app, async () => {
    const { makeServer } = await import("./graphql/server.ts");
    return makeServer({ ...needs, views, guards, seats, till: limiter, production });
  });

  addEvents(app, { events, eventLog, seats, guards });
  const streamFailed = (error: unknown) => failed(error, "GET /api/v1/stream");
  addStream(app, { events, eventLog, seats, guards, failed: streamFailed });
  return app;
}
