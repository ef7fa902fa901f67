/** Who listens to what happens: so many of one client, of its network, and in each room. */
import { networkOf } from "./clients.ts";

/** Subscriptions at once: of one client, and of its network. */
export const MOST_OF_ONE = 50;
export const MOST_OF_A_NETWORK = 200;
/** What one event may cost all subscriptions of a client together. */
export const MOST_COST_OF_ONE = 10_000;

/** Who wants to listen; rooms keep their places apart. */
export type Listener = { room: string; client: string };
export type Seats = ReturnType<typeof makeSeats>;

/** @param places subscriptions at once in each room */
export function makeSeats(places: Record<string, number>) {
  const sums = new Map<string, number>();
  const sumOf = (name: string) => sums.get(name) ?? 0;
  const add = (name: string, change: number) => {
    const sum = sumOf(name) + change;
    if (sum > 0) sums.set(name, sum);
    else sums.delete(name);
  };
  const namesOf = ({ room, client }: Listener) => ({
    all: room,
    own: `${room} ${client}`,
    near: `${room} near ${networkOf(client)}`,
    costs: `${room} ${client} costs`,
  });

  return {
    /** Why whoever asks may have no further subscription now, whose events cost `cost` each, if so. */
    refusal: (who: Listener, cost = 0): string | undefined => {
      const { all, own, near, costs } = namesOf(who);
      const most = places[who.room]!;
      if (sumOf(own) >= MOST_OF_ONE)
        return `a client may have ${MOST_OF_ONE} subscriptions at once: end one first`;
      if (sumOf(costs) + cost > MOST_COST_OF_ONE)
        return `a client's subscriptions may cost at most ${MOST_COST_OF_ONE} an event, all together: end one first`;
      if (sumOf(near) >= MOST_OF_A_NETWORK)
        return `a network may have ${MOST_OF_A_NETWORK} subscriptions at once: end one first`;
      return sumOf(all) >= most
        ? `there are ${most} subscriptions, as many as may be: ask again later`
        : undefined;
    },
    /** @returns how to leave */
    take: (who: Listener, cost = 0): (() => void) => {
      const { costs, ...names } = namesOf(who);
      const change = (by: 1 | -1) => {
        for (const name of Object.values(names)) add(name, by);
        add(costs, by * cost);
      };
      change(1);
      let seated = true;
      return () => {
        if (seated) change(-1);
        seated = false;
      };
    },
  };
}
