/** What happens, for who listens (`/ws`; the stream is `stream.ts`), and for who was away (`/api/v1/events`). */
import { Problem, type Seats } from "@enerlink/edge";
import { answerPage, type makeRoutes, noParameters } from "@enerlink/edge/rest";
import { upgradeWebSocket } from "@hono/node-server";
import { z } from "@hono/zod-openapi";
import { type EventLog, type Events, socketEvents } from "../events/events.ts";
import type { Env } from "./env.ts";
import type { Guards } from "./guards.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";

/** Bytes that may wait for a listener on `/ws` who does not read. */
const MOST_UNSENT = 1_048_576;
/** RFC 6455's registry of close codes. */
const TRY_AGAIN_LATER = 1013;

type App = ReturnType<typeof makeRoutes<Env>>;
type Needs = {
  events: Pick<Events, "subscribe">;
  eventLog: EventLog;
  seats: Seats;
  guards: Guards;
};

export function addEvents(app: App, needs: Needs): void {
  addPast(app, needs);
  addSocket(app, needs);
}

function addPast(app: App, { eventLog, guards: { mayHear } }: Needs): void {
  app.openapi(
    route(
      "get",
      "/api/v1/events",
      "Events",
      "What was told on /ws, oldest first: for a week, to whoever was away",
      schemas.pageOf(schemas.Event),
      { query: z.object({ limit: schemas.form.limit, after: schemas.eventId }), list: true, csv: false },
    ),
    (context) => {
      const { after, limit } = context.req.valid("query");
      const person = context.get("person");
      const kept = schemas.paged(
        eventLog.page(after, limit + 1),
        limit,
        (message) => message,
        ({ id }) => id!,
      );
      const items = kept.items.filter((message) => mayHear(person, message));
      const page = { items: items as z.output<typeof schemas.Event>[], next: kept.next };
      return answerPage(context, { name: "events", item: schemas.Event, form: "json", after: "after" }, page);
    },
  );
}

function addSocket(app: App, { events, seats, guards: { mayHear } }: Needs): void {
  app.get(
    "/ws",
    noParameters,
    upgradeWebSocket((context) => {
      const person = context.get("person");
      const who = context.get("who");
      const names = new Set<string>(socketEvents);
      let end = () => {};
      return {
        onOpen: (_event, socket) => {
          const refusal = seats.refusal(who);
          if (refusal !== undefined) return socket.close(TRY_AGAIN_LATER, refusal);
          const leave = seats.take(who);
          const unsubscribe = events.subscribe((message) => {
            if (!names.has(message.event) || !mayHear(person, message)) return;
            const { bufferedAmount } = socket.raw as unknown as WebSocket;
            if (bufferedAmount <= MOST_UNSENT) return socket.send(JSON.stringify(message));
            end();
            socket.close(TRY_AGAIN_LATER, "too far behind");
          });
          end = () => {
            unsubscribe();
            leave();
          };
        },
        onClose: () => end(),
        onError: () => end(),
      };
    }),
    (context) => {
      context.header("upgrade", "websocket");
      throw new Problem(426, "Upgrade required", "/ws speaks WebSocket: connect with `Upgrade: websocket`");
    },
  );
}
