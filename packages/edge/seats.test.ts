import { expect, test } from "vitest";
import { type Listener, MOST_COST_OF_ONE, MOST_OF_A_NETWORK, MOST_OF_ONE, makeSeats } from "./seats.ts";

const places = { public: 1_500, members: 500 };
const stranger = (client: string): Listener => ({ room: "public", client });
const member = (client: string): Listener => ({ room: "members", client });

test("one room's crowd leaves the other room's places", () => {
  const seats = makeSeats(places);
  const fill = (clients: string[]) =>
    clients.flatMap((client) =>
      Array.from({ length: 60 }, () =>
        seats.refusal(stranger(client)) === undefined ? [seats.take(stranger(client))] : [],
      ).flat(),
    );
  const near = Array.from({ length: 41 }, (_, index) => `127.0.0.${index}`);
  expect(fill(near.slice(0, 1))).toHaveLength(MOST_OF_ONE);
  expect(fill(near)).toHaveLength(MOST_OF_A_NETWORK - MOST_OF_ONE);
  const far = Array.from({ length: 100 }, (_, index) => `127.${index + 1}.0.1`);
  const rest = fill(far);
  expect(rest).toHaveLength(places.public - MOST_OF_A_NETWORK);
  expect(seats.refusal(stranger("192.0.2.1"))).toContain("as many as may be");
  expect(seats.refusal(member("127.0.0.1"))).toBeUndefined();
  rest[0]!();
  // Who leaves twice frees one place.
  rest[0]!();
  expect(seats.refusal(stranger("192.0.2.1"))).toBeUndefined();
  seats.take(stranger("192.0.2.1"));
  expect(seats.refusal(stranger("192.0.2.1"))).toContain("as many as may be");
});

test("a client's subscriptions have one purse, and what is left is given back", () => {
  const seats = makeSeats({ all: 10 });
  const who = { room: "all", client: "192.0.2.1" };
  const leave = seats.take(who, MOST_COST_OF_ONE - 1);
  expect(seats.refusal(who, 1)).toBeUndefined();
  expect(seats.refusal(who, 2)).toContain(`at most ${MOST_COST_OF_ONE} an event`);
  expect(seats.refusal({ ...who, client: "192.0.2.2" }, 2)).toBeUndefined();
  leave();
  expect(seats.refusal(who, MOST_COST_OF_ONE)).toBeUndefined();
});
