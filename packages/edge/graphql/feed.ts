/** What a subscriber is told, as it comes. */
import { GraphQLError } from "graphql/index.js";
import { Repeater } from "graphql-yoga";
import type { Listener, Seats } from "../seats.ts";

/**
 * @param cost of one event, at most
 * @param begin begins to tell, and returns how to end it
 * @throws GraphQLError when there is no seat for `who`
 */
export function makeFeed<Item>(
  seats: Seats,
  who: Listener,
  cost: number,
  begin: (tell: (item: Item) => void) => () => void,
): AsyncIterable<Item> {
  const refusal = seats.refusal(who, cost);
  if (refusal !== undefined)
    throw new GraphQLError(refusal, {
      extensions: { code: "TOO_MANY_SUBSCRIPTIONS", http: { status: 429 } },
    });
  return new Repeater<Item>(async (push, stop) => {
    const leave = seats.take(who, cost);
    const end = begin((item) => {
      try {
        push(item).catch(() => stop());
      } catch {
        // Whoever is a thousand items behind is not reading any more.
        stop();
      }
    });
    await stop;
    end();
    leave();
  });
}
