/** `/stream`: everything that happens, as server-sent events, and what was missed since an id. */
import { announcement } from "ponder:schema";
import { invalid } from "@enerlink/edge";
import { answerStream, makeRoutes, type Sent, tooMany } from "@enerlink/edge/rest";
import { namesOf, SkipReason } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import type { Address } from "viem";
import { indexed } from "../block.ts";
import { chainId } from "../chain.ts";
import { blockOf, cursorOf, placeOf, timeOf } from "../event-places.ts";
import { till, whoOf } from "../limits.ts";
import {
  announcements,
  announcementsSince,
  type Heard,
  type News,
  ROOM,
  seats,
  type Topic,
} from "../live.ts";
import { log } from "../log.ts";
import { chainTime } from "../now.ts";
import { clockNow } from "../questions/statistics.ts";
import { type Subject, subjectsOf } from "../questions/told.ts";
import { changeOf, fillOf, movementOf, offerOf, orderOf, settlementOf, skipOf, tradeOf } from "./format.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { slotOf } from "./slot-format.ts";
import { Slot } from "./slot-schemas.ts";
import { isoOf } from "./times.ts";

/** What an event may cost, as a subscription's, and what a page of the past takes of a client's share, in requests. */
const COST = 50;
const PAGE_TOKENS = 1;
/** The id before the chain's first event. */
const BEGINNING = "0";

const topics = announcement.topic.enumValues;
const nameOf = (topic: Topic) => topic.toLowerCase() as Lowercase<Topic>;
const names = topics.map(nameOf);

const listed = z.string().transform((text, context) => {
  const wanted = new Set<Topic>();
  for (const name of text.split(",")) {
    const topic = topics.find((one) => one === name.trim().toUpperCase());
    if (topic) wanted.add(topic);
    else {
      context.addIssue({ code: "custom", message: `must be one or more of ${names.join(",")}, not ${name}` });
      return z.NEVER;
    }
  }
  return wanted;
});

const query = z.object({
  topics: listed.optional().openapi({
    type: "string",
    description: `Which of ${names.join(", ")}, with commas; all unless given. A deposit, withdrawal, draw or credit is one of \`balances\`, what was registered, set or governed one of \`changes\``,
    example: "orders,fills",
  }),
  account: schemas.address.optional().openapi({
    description:
      "Only what concerns this account: it owns, buys, sells or shares; what concerns any unless given",
  }),
  after: z.string().optional().openapi({
    description:
      "Where a client goes on that cannot send `Last-Event-ID`: the id of an event that it has heard; `0`: from the chain's first event on; what happens from now on unless given",
    example: "0",
  }),
});

const headers = z.object({
  "last-event-id": z.string().optional().openapi({
    description:
      "The id of the last event that was heard; what came after it is told first; as `after` unless given",
  }),
});

const happened = <Name extends string, Item extends z.ZodType>(name: Name, item: Item) =>
  z.object({
    event: z.literal(name),
    data: z.object({
      event: z.string().openapi({ description: "Name of the contract's event" }),
      block: z.string(),
      timestamp: schemas.iso,
      item: item.openapi({ description: "As it is when it is told" }),
    }),
  });

const Skip = z
  .object({
    id: z.string(),
    meterId: z.string(),
    reason: z.enum(namesOf(SkipReason)),
    readAt: schemas.iso,
    timestamp: schemas.iso,
    blockchainTxHash: schemas.hash,
  })
  .openapi("Skip");

const Change = z
  .object({
    id: z.string(),
    contract: z.string(),
    event: z.string(),
    arguments: z.record(z.string(), z.unknown()),
    meterId: z.string().nullable(),
    timestamp: schemas.iso,
    blockchainTxHash: schemas.hash,
  })
  .openapi("Change");

/** What stands in the lines `event` and `data`; the line `id` is beside them. */
export const StreamEvent = z
  .discriminatedUnion("event", [
    happened("orders", schemas.Order),
    happened("fills", schemas.Fill),
    happened("offers", schemas.Offer),
    happened("trades", schemas.Trade),
    happened("settlements", schemas.Settlement),
    happened("skips", Skip),
    happened("slots", Slot),
    happened("balances", schemas.WalletTransaction),
    happened("changes", Change),
    z.object({ event: z.literal("ready"), data: z.object({ block: z.string() }) }).openapi({
      description: "All that was missed is told; what follows happens now",
    }),
    z.object({ event: z.literal("reorganised"), data: z.object({ afterBlock: z.string() }) }).openapi({
      description:
        "The chain has other blocks after this one: forget what was told of later ones, what stands there now follows",
    }),
  ])
  .openapi("StreamEvent");

async function itemOf(subject: Subject) {
  switch (subject.topic) {
    case "ORDERS":
      return orderOf(subject.row);
    case "FILLS":
      return fillOf(subject.row);
    case "OFFERS":
      return offerOf(subject.row, await chainTime());
    case "TRADES":
      return tradeOf(subject.row, await clockNow());
    case "SETTLEMENTS":
      return settlementOf(subject.row);
    case "SKIPS":
      return skipOf(subject.row);
    case "SLOTS":
      return slotOf(subject.row);
    case "BALANCES":
      return movementOf(subject.row, "trading");
    case "CHANGES":
      return changeOf(subject.row);
  }
}

type Wanted = { topics: ReadonlySet<Topic>; account: Address | undefined };

/** The news that somebody wants, written for the client; where it stands is told with each, wanted or not. */
async function* written(news: AsyncIterable<News>, { topics, account }: Wanted): AsyncGenerator<Sent> {
  let id = BEGINNING;
  for await (const item of news) {
    const { reorganised } = item;
    if (reorganised) {
      id = reorganised.last ? cursorOf(reorganised.last) : BEGINNING;
      yield { id, event: "reorganised", data: { afterBlock: String(reorganised.block) } };
    }
    for (const { announced, subject } of await subjectsOf(item, topics)) {
      if (account !== undefined && !subject.accounts.includes(account)) continue;
      id = cursorOf(announced);
      const { event, topic } = announced;
      const [block, timestamp] = [String(blockOf(announced.id)), isoOf(timeOf(announced.id))];
      yield { id, event: nameOf(topic), data: { event, block, timestamp, item: await itemOf(subject) } };
    }
    const last = item.standing ?? item.told.at(-1);
    const reached = last && cursorOf(last);
    if ("standing" in item) {
      id = reached ?? BEGINNING;
      yield { id, event: "ready", data: { block: String((await indexed()).block) } };
    } else if (reached !== undefined && reached !== id) {
      id = reached;
      yield { id };
    }
  }
}

/** Behind which event a client goes on. @throws Problem 400 */
function heardOf(text: string): { heard: Heard | undefined } {
  if (text === BEGINNING) return { heard: undefined };
  const heard = placeOf(text, chainId);
  if (heard) return { heard };
  throw invalid([{ field: "after", message: "must be the id of an event that was told, or 0" }]);
}

const wait = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

export const stream = makeRoutes();

stream.openapi(
  route(
    "get",
    "/stream",
    "Stream",
    "What happens, as it happens, as server-sent events, and behind an id what was missed; a sign of life every 15 s",
    StreamEvent,
    { query, headers, stream: true },
  ),
  (context) => {
    const { topics: wanted = new Set(topics), account, after } = context.req.valid("query");
    const heard = context.req.header("last-event-id") || after;
    const who = whoOf(context);
    const { client } = who;
    const refusal = seats.refusal({ room: ROOM, client }, COST);
    if (refusal !== undefined) tooMany(context, 10, refusal);
    const place = heard === undefined ? undefined : heardOf(heard);
    const mayRead = async () => {
      for (let seconds = 1; seconds > 0; ) {
        seconds = till.charge(who, PAGE_TOKENS);
        if (seconds > 0) await wait(seconds);
      }
    };
    return answerStream(
      context,
      (gone) => {
        const feed = announcements({ who, cost: COST });
        const news = feed[Symbol.asyncIterator]();
        gone.addEventListener("abort", () => void news.return?.());
        const live: AsyncIterable<News> = { [Symbol.asyncIterator]: () => news };
        const told = place === undefined ? live : announcementsSince(place.heard, mayRead, live);
        return written(told, { topics: wanted, account });
      },
      (error) => log.warn({ err: error }, "a stream ends"),
    );
  },
);
