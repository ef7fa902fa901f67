/** Who listens to what happens, through GraphQL and on `/ws` together: so many of one client, of its network, and of all. */
import { networkOf } from "@enerlink/edge";
import type { Events, Message } from "../events/events.ts";
import type { Who } from "./limits.ts";

/** Subscriptions at once: of one client, of its network, and in each room. */
export const MOST_OF_ONE = 50;
export const MOST_OF_A_NETWORK = 200;
export const places = { public: 1_500, members: 500 } as const;

export type Subscribers = ReturnType<typeof makeSubscribers>;

export function makeSubscribers(events: Pick<Events, "subscribe">) {
  const counts = new Map<string, number>();
  const namesOf = ({ room, client }: Who) => [room, `${room} ${client}`, `${room} near ${networkOf(client)}`];
  function count(who: Who, change: 1 | -1): void {
    for (const name of namesOf(who)) {
      const left = (counts.get(name) ?? 0) + change;
      if (left > 0) counts.set(name, left);
      else counts.delete(name);
    }
  }

  return {
    /** Why whoever asks may have no further subscription now, if so. */
    refusal: (who: Who): string | undefined => {
      const [all, own, near] = namesOf(who).map((name) => counts.get(name) ?? 0) as [number, number, number];
      if (own >= MOST_OF_ONE) return `a client may have ${MOST_OF_ONE} subscriptions at once: end one first`;
      if (near >= MOST_OF_A_NETWORK)
        return `a network may have ${MOST_OF_A_NETWORK} subscriptions at once: end one first`;
      const most = places[who.room];
      return all >= most ? `there are ${most} subscriptions, as many as may be: ask again later` : undefined;
    },
    /** @returns how to stop listening. */
    add: (who: Who, listener: (message: Message) => void): (() => void) => {
      let unsubscribe: (() => void) | undefined = events.subscribe(listener);
      count(who, 1);
      return () => {
        if (!unsubscribe) return;
        unsubscribe();
        unsubscribe = undefined;
        count(who, -1);
      };
    },
  };
}
