/**
 * What happens, as it happens: reads the announcements that the handlers leave, so that it also works in an API process
 * beside the indexing one. Looks only while somebody listens.
 */

import { db } from "ponder:api";
import { announcement } from "ponder:schema";
import { createGraphQLError, Repeater } from "graphql-yoga";
import { asc, desc, gte, lt } from "ponder";

type Announcement = typeof announcement.$inferSelect;
export type Topic = Announcement["topic"];

/** How often to look, ms. */
const PERIOD = 300;
const BATCH = 500;
/** How many announcements back a reorganisation is noticed. */
const REMEMBERED = 2_000;
/** Subscriptions at once, of all clients and of one. */
const MOST_LISTENERS = 2_000;
const MOST_OF_ONE = 50;

type Listener = (batch: Announcement[]) => void;

/** Who listens, and as which client. */
const listeners = new Map<Listener, string>();
let looking = false;

const pause = (periods: number) => new Promise((resolve) => setTimeout(resolve, periods * PERIOD));

/** Announcements from `id` on, oldest first. */
const since = (id: string, limit: number) =>
  db.select().from(announcement).where(gte(announcement.id, id)).orderBy(asc(announcement.id)).limit(limit);

/** The latest announcements, of all or of those before `id`, oldest first. */
async function latest(id?: string): Promise<Announcement[]> {
  const before = id === undefined ? undefined : lt(announcement.id, id);
  const rows = await db
    .select()
    .from(announcement)
    .where(before)
    .orderBy(desc(announcement.id))
    .limit(REMEMBERED);
  return rows.reverse();
}

const isSame = (a: Announcement | undefined, b: Announcement) => a?.id === b.id && a.subject === b.subject;

/** What of `told` a reorganisation left; what replaces the rest is then told. */
async function stillTrue(told: Announcement[]): Promise<Announcement[]> {
  const first = told[0]!.id;
  const now = await since(first, REMEMBERED);
  const parting = told.findIndex((announced, i) => !isSame(now[i], announced));
  return parting === 0 ? latest(first) : told.slice(0, parting < 0 ? told.length : parting);
}

/** Runs while somebody listens; a failed look is made good by the next. */
async function look() {
  looking = true;
  /** Told or past, oldest first. */
  let told: Announcement[] | undefined;
  while (listeners.size > 0) {
    try {
      told ??= await latest();
      await pause(1);
      const last = told.at(-1);
      const batch = await since(last?.id ?? "", BATCH);
      if (last && !isSame(batch.shift(), last)) {
        told = await stillTrue(told);
      } else if (batch.length > 0) {
        told = [...told, ...batch].slice(-REMEMBERED);
        for (const listener of listeners.keys()) listener(batch);
      }
    } catch (error) {
      console.warn(`Live updates wait: ${(error as Error).message}`);
      await pause(10);
    }
  }
  looking = false;
}

/**
 * Batches of announcements from now on, one at a time, in the chain's order.
 * @throws when `client` or all together listen too often already
 */
export function announcements(client: string): AsyncIterable<Announcement[]> {
  const own = [...listeners.values()].filter((other) => other === client).length;
  if (own >= MOST_OF_ONE) throw createGraphQLError(`A client may have ${MOST_OF_ONE} subscriptions at once`);
  if (listeners.size >= MOST_LISTENERS) throw createGraphQLError("Too many subscriptions; ask again later");
  return new Repeater<Announcement[]>(async (push, stop) => {
    const listener: Listener = (batch) => {
      try {
        void push(batch);
      } catch {
        // Whoever is a thousand batches behind is not reading any more.
        stop();
      }
    };
    listeners.set(listener, client);
    if (!looking) void look();
    await stop;
    listeners.delete(listener);
  });
}

/** The subjects of one topic, as they come. */
export async function* subjects(topic: Topic, client: string): AsyncGenerator<string> {
  for await (const batch of announcements(client)) {
    for (const { topic: announced, subject } of batch) if (announced === topic) yield subject;
  }
}
