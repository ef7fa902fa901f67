/** What happens, for those who listen (`/ws`), and for those who were away (`/api/v1/events`). */
import { Problem } from "@enerlink/edge";
import { type makeRoutes, noParameters } from "@enerlink/edge/rest";
import { upgradeWebSocket } from "@hono/node-server";
import { z } from "@hono/zod-openapi";
import type { Person } from "../auth/accounts.ts";
import { type EventLog, type Message, socketEvents } from "../events/events.ts";
import type { Env } from "./env.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import type { Subscribers } from "./subscribers.ts";

/** Bytes that may wait for a listener on `/ws` who does not read. */
const MOST_UNSENT = 1_048_576;
/** RFC 6455's registry of close codes. */
const TRY_AGAIN_LATER = 1013;

export function addEvents(
  app: ReturnType<typeof makeRoutes<Env>>,
  {
    eventLog,
    subscribers,
    mayHear,
  }: {
    eventLog: EventLog;
    subscribers: Subscribers;
    mayHear: (person: Person, message: Message) => boolean;
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
      const who = context.get("who");
      const names = new Set<string>(socketEvents);
      let unsubscribe = () => {};
      return {
        onOpen: (_event, socket) => {
          const refusal = subscribers.refusal(who);
          if (refusal !== undefined) return socket.close(TRY_AGAIN_LATER, refusal);
          unsubscribe = subscribers.add(who, (message) => {
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
}
