/** `/api/v1/stream`: what is told on `/ws` as server-sent events, and behind the last id what was missed. */
import { invalid, type Seats } from "@enerlink/edge";
import { answerStream, type makeRoutes, type Sent, tooMany } from "@enerlink/edge/rest";
import { z } from "@hono/zod-openapi";
import {
  type EventLog,
  type Events,
  type Message,
  type SocketEvent,
  socketEvents,
} from "../events/events.ts";
import { time } from "../seams/time.ts";
import type { Env } from "./env.ts";
import type { Guards } from "./guards.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";

/** Kept events that the stream reads at once, and what one of its events may cost, as a subscription's. */
const PAGE = 500;
const COST = 10;

/** What a listener to the stream hears: those of kept events that it wants and may. */
type Wanted = { after: bigint | undefined; isWanted: (message: Message) => boolean };

/** Behind `after` what was told, then what is told. The `news` are listened to before the past is read. */
async function* toldSince(
  eventLog: EventLog,
  news: AsyncIterator<Message>,
  { after, isWanted }: Wanted,
): AsyncGenerator<Sent> {
  // A first step has the feed begin; what it brings waits until the past is told.
  let next = news.next();
  // An id beyond the newest is another node's, or of a store that was lost: nothing kept is known to have been heard.
  let last = after === undefined || after > eventLog.newest() ? 0n : after;
  const sentOf = ({ id, event, data }: Message): Sent => ({ id: id!, event, data });
  for (let more = after !== undefined; more; ) {
    const page = eventLog.page(last, PAGE);
    for (const message of page) if (isWanted(message)) yield sentOf(message);
    if (page.length > 0) last = BigInt(page.at(-1)!.id!);
    more = page.length === PAGE;
    // Others are answered in between.
    await time.turn();
  }
  if (after === undefined) last = eventLog.newest();
  yield { id: String(last), event: "ready", data: {} };
  for (;;) {
    const { value, done } = await next;
    if (done) return;
    next = news.next();
    const message: Message = value;
    if (message.id === undefined || BigInt(message.id) <= last) continue;
    last = BigInt(message.id);
    yield isWanted(message) ? sentOf(message) : { id: message.id };
  }
}

const eventNames = z.string().transform((text, context) => {
  const wanted = new Set<string>();
  for (const name of text.split(",").map((one) => one.trim())) {
    if (socketEvents.includes(name as SocketEvent)) wanted.add(name);
    else {
      const message = `must be one or more of ${socketEvents.join(",")}, not ${name}`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
  }
  return wanted;
});

/** The id behind which a listener goes on. @throws Problem 400 */
function idOf(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw invalid([{ field: "after", message: "must be the id of an event that was told, or 0" }]);
}

const asked = {
  query: z.object({
    topics: eventNames.optional().openapi({
      type: "string",
      description: `Which of ${socketEvents.join(", ")}, with commas; all unless given`,
      example: "order_matched,slot_cleared",
    }),
    after: z.string().optional().openapi({
      description:
        "Where a client goes on that cannot send `Last-Event-ID`: the id of an event that it has heard; `0`: all that is kept; what happens from now on unless given",
      example: "0",
    }),
  }),
  headers: z.object({
    "last-event-id": z.string().optional().openapi({
      description:
        "The id of the last event that was heard; what came after it is told first; as `after` unless given",
    }),
  }),
  stream: true,
} as const;

export function addStream(
  app: ReturnType<typeof makeRoutes<Env>>,
  {
    events,
    eventLog,
    seats,
    guards: { mayHear },
    failed,
  }: {
    events: Pick<Events, "subscribe">;
    eventLog: EventLog;
    seats: Seats;
    guards: Guards;
    /** Told why a stream ended. */
    failed: (error: unknown) => void;
  },
): void {
  app.openapi(
    route(
      "get",
      "/api/v1/stream",
      "Events",
      "What happens, as it happens, as server-sent events, and behind an id what was missed; a sign of life every 15 s",
      schemas.StreamEvent,
      asked,
    ),
    async (context) => {
      // With it comes GraphQL, which a node reads when it is needed.
      const { makeFeed } = await import("@enerlink/edge/graphql");
      const { topics = new Set<string>(socketEvents), after } = context.req.valid("query");
      const heard = context.req.header("last-event-id") || after;
      const wanted: Wanted = {
        after: heard === undefined ? undefined : idOf(heard),
        isWanted: (message) => topics.has(message.event) && mayHear(context.get("person"), message),
      };
      const who = context.get("who");
      const refusal = seats.refusal(who, COST);
      if (refusal !== undefined) tooMany(context, 10, refusal);
      return answerStream(
        context,
        (gone) => {
          const feed = makeFeed<Message>(seats, who, COST, (tell) => events.subscribe(tell));
          const news = feed[Symbol.asyncIterator]();
          gone.addEventListener("abort", () => void news.return?.());
          return toldSince(eventLog, news, wanted);
        },
        failed,
      );
    },
  );
}
