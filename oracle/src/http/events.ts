/** What happens, for who listens (`/ws`; the stream is `stream.ts`), and for who was away (`/api/v1/events`). */
import { Problem, type Seats } from "@enerlink/edge";
import { type makeRoutes, noParameters } from "@enerlink/edge/rest";
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

export function addEvents(
  app: ReturnType<typeof makeRoutes<Env>>,
  {
    events,
    eventLog,
    seats,
    guards: { mayHear },
  }: {
    events: Pick<Events, "subscribe">;
    eventLog: EventLog;
    seats: Seats;
    guards: Guards;
  },
): void {
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
      const kept = eventLog.page(after, limit);
      const next = kept.length === limit ? kept.at(-1)!.id! : null;
      const items = kept.filter((message) => mayHear(person, message)) as z.output<typeof schemas.Event>[];
      return context.json({ items, next }, 200);
    },
  );

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
