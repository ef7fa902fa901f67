/**
 * What happens, as it happens: reads the announcements that the handlers leave, so that it also works in an API process
 * beside the indexing one. Looks only while somebody listens.
 */

import { db } from "ponder:api";
import { announcement } from "ponder:schema";
import { makeSeats } from "@enerlink/edge";
import { type Bill, makeFeed } from "@enerlink/edge/graphql";
import { asc, desc, gte, lt } from "ponder";
import { log } from "../log.ts";

type Announcement = typeof announcement.$inferSelect;
export type Topic = Announcement["topic"];

/** How often to look, ms. */
const PERIOD = 300;
const BATCH = 500;
/** How many announcements back a reorganisation is noticed. */
const REMEMBERED = 2_000;

/** Subscriptions at once, of all clients. */
const seats = makeSeats({ all: 2_000 });

type Listener = (batch: Announcement[]) => void;
const listeners = new Set<Listener>();
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
        for (const listener of listeners) listener(batch);
      }
    } catch (error) {
      log.warn({ err: error }, "live updates wait");
      await pause(10);
    }
  }
  looking = false;
}

/**
 * Batches of announcements from now on, one at a time, in the chain's order.
 * @throws when too many are listened to already
 */
export const announcements = ({ who: client, cost }: Bill<string>) =>
  makeFeed<Announcement[]>(seats, { room: "all", client }, cost, (tell) => {
    listeners.add(tell);
    if (!looking) void look();
    return () => void listeners.delete(tell);
  });

/** What each listener to a batch would look up is looked up once. */
const lookedUp = new WeakMap<Announcement[], Map<string, Promise<unknown>>>();

export function onceFor<Value>(
  batch: Announcement[],
  name: string,
  find: () => Promise<Value>,
): Promise<Value> {
  const found = lookedUp.get(batch) ?? new Map<string, Promise<unknown>>();
  lookedUp.set(batch, found);
  if (!found.has(name)) found.set(name, find());
  return found.get(name) as Promise<Value>;
}

/** The rows of one topic's subjects, as they come; without those that a reorganisation took. */
export async function* rowsOf<Row>(
  topic: Topic,
  find: (id: string) => Promise<Row | undefined>,
  batches: ReturnType<typeof announcements>,
) {
  for await (const batch of batches) {
    for (const { topic: announced, subject } of batch) {
      if (announced !== topic) continue;
      const row = await onceFor(batch, `${topic} ${subject}`, () => find(subject));
      if (row) yield row;
    }
  }
}
