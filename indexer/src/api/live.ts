/**
 * What happens, as it happens, for GraphQL's subscriptions and the stream of REST alike: reads the announcements that
 * the handlers leave, so that it also works in an API process beside the indexing one. Looks only while somebody
 * listens.
 */

import { db } from "ponder:api";
import { announcement } from "ponder:schema";
import { makeSeats } from "@enerlink/edge";
import { type Bill, makeFeed } from "@enerlink/edge/graphql";
import { and, asc, desc, gt, gte, lte } from "ponder";
import { finalBlock, indexed } from "./block.ts";
import { blockOf, endOf } from "./event-places.ts";
import type { Who } from "./limits.ts";
import { log } from "./log.ts";

export type Announcement = typeof announcement.$inferSelect;
export type Topic = Announcement["topic"];

/** What a listener hears at once. */
export type News = {
  /** Oldest first. */
  told: Announcement[];
  /** A reorganisation: what was told of blocks after `block` is void, and what stands there now is told anew. */
  reorganised?: { block: bigint; last: Announcement | undefined };
  /** The first of all: the newest announcement then, behind which everything is told. */
  standing?: Announcement | undefined;
};

/** How often to look, ms. */
const PERIOD = 300;
const BATCH = 500;
/** How many announcements back a reorganisation is noticed. */
const REMEMBERED = 2_000;

/** Subscriptions at once, of all clients. */
export const seats = makeSeats({ all: 2_000 });
export const ROOM = "all";

type Listener = (news: News) => void;
/** Those who have not heard where they stand. */
const joining = new Set<Listener>();
const listeners = new Set<Listener>();
let looking = false;

const pause = (periods: number) => new Promise((resolve) => setTimeout(resolve, periods * PERIOD));

const tellAll = (news: News) => {
  for (const listener of listeners) listener(news);
};

/** Announcements from `id` on, oldest first. */
const since = (id: string, limit: number) =>
  db.select().from(announcement).where(gte(announcement.id, id)).orderBy(asc(announcement.id)).limit(limit);

/** The latest announcements, of all or of those that `where` lets through, oldest first. */
async function latest(where?: ReturnType<typeof lte>): Promise<Announcement[]> {
  const rows = await db
    .select()
    .from(announcement)
    .where(where)
    .orderBy(desc(announcement.id))
    .limit(REMEMBERED);
  return rows.reverse();
}

const isSame = (a: Announcement | undefined, b: Announcement) =>
  a?.id === b.id && a.blockHash === b.blockHash;

/** What of `told` a reorganisation left, and after which block everything else is void. */
async function stillTrue(told: Announcement[]): Promise<{ told: Announcement[]; block: bigint }> {
  const now = await since(told[0]!.id, REMEMBERED);
  const parting = told.findIndex((announced, i) => !isSame(now[i], announced));
  if (parting === 0) {
    const { checkpoint } = await finalBlock();
    const left = await latest(lte(announcement.id, endOf(checkpoint)));
    // Where another chain stands in this one's place, what is left of it may be older than the final block.
    const last = left.at(-1);
    return { told: left, block: last ? blockOf(last.id) : 0n };
  }
  const left = parting < 0 ? told : told.slice(0, parting);
  return { told: left, block: blockOf(left.at(-1)!.id) };
}

/**
 * Where somebody goes on who heard `heard` last, which is no longer there: behind the newest announcement that no
 * reorganisation could take when that was told, however long ago it was.
 */
async function partingOf(heard: Heard) {
  const [head, final] = await Promise.all([indexed(), finalBlock()]);
  const end = endOf(final.checkpoint);
  const before = blockOf(heard.id) - (head.block - final.block);
  const block = before < final.block ? before : final.block;
  const kept = await latest(lte(announcement.id, heard.id < end ? heard.id : end));
  const last = kept.findLast(({ id }) => blockOf(id) <= block);
  // What follows begins behind `last`, which lies before `block` where the index still reads history.
  return { last, block: last ? blockOf(last.id) : 0n };
}

/** Runs while somebody listens; a failed look is made good by the next. */
async function look() {
  looking = true;
  /** Told or past, oldest first. */
  let told: Announcement[] | undefined;
  while (listeners.size + joining.size > 0) {
    try {
      told ??= await latest();
      welcome(told.at(-1));
      await pause(1);
      const last = told.at(-1);
      const batch = await since(last?.id ?? "", BATCH);
      if (last && !isSame(batch.shift(), last)) {
        const left = await stillTrue(told);
        told = left.told;
        tellAll({ told: [], reorganised: { block: left.block, last: told.at(-1) } });
      } else if (batch.length > 0) {
        told = [...told, ...batch].slice(-REMEMBERED);
        tellAll({ told: batch });
      }
    } catch (error) {
      log.warn({ err: error }, "live updates wait");
      await pause(10);
    }
  }
  looking = false;
}

/** Lets those who wait for it listen from here on. */
function welcome(standing: Announcement | undefined): void {
  const news: News = { told: [], standing };
  for (const listener of joining) {
    listeners.add(listener);
    listener(news);
  }
  joining.clear();
}

/**
 * News from now on, one at a time, in the chain's order.
 * @throws when too many are listened to already
 */
export const announcements = ({ who: { client }, cost }: Bill<Who>) =>
  makeFeed<News>(seats, { room: ROOM, client }, cost, (tell) => {
    joining.add(tell);
    if (!looking) void look();
    return () => {
      joining.delete(tell);
      listeners.delete(tell);
    };
  });

/** An announcement that a client has heard: its id and the beginning of its block's hash. */
export type Heard = { id: string; hash: string };

/**
 * The same behind an announcement that was heard once: first what was missed, then the news. What a reorganisation took
 * meanwhile is told like one that happens now.
 * @param heard undefined: from the chain's beginning on
 * @param mayRead asked before each page of the past
 */
export async function* announcementsSince(
  heard: Heard | undefined,
  mayRead: () => Promise<void>,
  news: AsyncIterable<News>,
): AsyncGenerator<News> {
  let place = heard?.id ?? "";
  for await (const item of news) {
    if (!("standing" in item)) {
      if (item.reorganised) place = "";
      // Another process may have told more already than this one had looked up.
      const isAhead = item.told.length > 0 && item.told[0]!.id <= place;
      yield isAhead ? { told: item.told.filter(({ id }) => id > place) } : item;
      continue;
    }
    const { standing } = item;
    if (heard && !(await isTrue(heard))) {
      const { last, block } = await partingOf(heard);
      place = last?.id ?? "";
      yield { told: [], reorganised: { block, last } };
    }
    while (standing && place < standing.id) {
      await mayRead();
      const page = await between(place, standing.id);
      if (page.length === 0) break;
      place = page.at(-1)!.id;
      yield { told: page };
    }
    yield item;
  }
}

async function isTrue({ id, hash }: Heard): Promise<boolean> {
  const [known] = await since(id, 1);
  return known?.id === id && known.blockHash.startsWith(hash);
}

const between = (after: string, last: string) =>
  db
    .select()
    .from(announcement)
    .where(and(gt(announcement.id, after), lte(announcement.id, last)))
    .orderBy(asc(announcement.id))
    .limit(BATCH);

/** What each listener to news would look up is looked up once. */
const lookedUp = new WeakMap<News, Map<string, Promise<unknown>>>();

export function onceFor<Value>(news: News, name: string, find: () => Promise<Value>): Promise<Value> {
  const found = lookedUp.get(news) ?? new Map<string, Promise<unknown>>();
  lookedUp.set(news, found);
  if (!found.has(name)) found.set(name, find());
  return found.get(name) as Promise<Value>;
}

/** The rows of one topic's subjects, as they come; without those that a reorganisation took. */
export async function* rowsOf<Row>(
  isMeant: (announced: Announcement) => boolean,
  find: (id: string) => Promise<Row | undefined>,
  batches: AsyncIterable<News>,
) {
  for await (const news of batches) {
    for (const announced of news.told) {
      if (!isMeant(announced)) continue;
      const { topic, subject } = announced;
      const row = await onceFor(news, `${topic} ${subject}`, () => find(subject));
      if (row) yield row;
    }
  }
}
