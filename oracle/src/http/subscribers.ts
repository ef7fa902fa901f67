/** Who listens to what happens, through GraphQL and on `/ws` together: so many of one client, and of all. */
import type { Events, Message } from "../events/events.ts";

/** Subscriptions at once, of one client and of all of them. */
export const MOST_OF_ONE = 50;
const MOST = 2_000;

export type Subscribers = ReturnType<typeof makeSubscribers>;

export function makeSubscribers(events: Pick<Events, "subscribe">) {
  const counts = new Map<string, number>();
  let all = 0;
  return {
    /** Why `client` may have no further subscription now, if so. */
    refusal: (client: string): string | undefined => {
      if ((counts.get(client) ?? 0) >= MOST_OF_ONE)
        return `a client may have ${MOST_OF_ONE} subscriptions at once: end one first`;
      return all >= MOST ? `there are ${MOST} subscriptions, as many as may be: ask again later` : undefined;
    },
    /** @returns how `client` stops listening. */
    add: (client: string, listener: (message: Message) => void): (() => void) => {
      let unsubscribe: (() => void) | undefined = events.subscribe(listener);
      counts.set(client, (counts.get(client) ?? 0) + 1);
      all++;
      return () => {
        if (!unsubscribe) return;
        unsubscribe();
        unsubscribe = undefined;
        all--;
        const left = counts.get(client)! - 1;
        if (left > 0) counts.set(client, left);
        else counts.delete(client);
      };
    },
  };
}
