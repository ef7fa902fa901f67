/**
 * What happens, as it happens: reads the announcements that the handlers leave, so that it also works in an API process
 * beside the indexing one. Looks only while somebody listens.
 */

import { db } from "ponder:api";
import { announcement } from "ponder:schema";
import { createGraphQLError, Repeater } from "graphql-yoga";
import { asc, desc, gt } from "ponder";

type Announcement = typeof announcement.$inferSelect;
export type Topic = Announcement["topic"];

/** How often to look, ms. */
const PERIOD = 300;
const BATCH = 500;
/** Subscriptions at once, of all clients and of one. */
const MOST_LISTENERS = 2_000;
const MOST_OF_ONE = 50;

type Listener = (batch: Announcement[]) => void;

/** Who listens, and as which client. */
const listeners = new Map<Listener, string>();
let looking = false;

async function latest(): Promise<string> {
  const [row] = await db
    .select({ id: announcement.id })
    .from(announcement)
    .orderBy(desc(announcement.id))
    .limit(1);
  return row?.id ?? "";
}

const pause = (periods: number) => new Promise((resolve) => setTimeout(resolve, periods * PERIOD));

/** Runs while somebody listens; a failed look is made good by the next. */
async function look() {
  looking = true;
  let seen: string | undefined;
  while (listeners.size > 0) {
    try {
      seen ??= await latest();
      await pause(1);
      const batch = await db
        .select()
        .from(announcement)
        .where(gt(announcement.id, seen))
        .orderBy(asc(announcement.id))
        .limit(BATCH);
      if (batch.length > 0) {
        seen = batch.at(-1)!.id;
        for (const listener of listeners.keys()) listener(batch);
      } else {
        // A reorganisation may have taken back what was seen; what replaces it sorts before it.
        const head = await latest();
        if (head < seen) seen = head;
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
