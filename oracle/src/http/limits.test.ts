import { expect, test } from "vitest";
import type { Meter } from "../chain/mirror.ts";
import { makeLimiter, makeMembership, type Who } from "./limits.ts";
import { MOST_OF_A_NETWORK, MOST_OF_ONE, makeSubscribers, places } from "./subscribers.ts";

const stranger = (client: string, account?: string): Who => ({ room: "public", client, account });
const member = (client: string): Who => ({ room: "members", client, account: "0x01" });

test("an account has no more than its share, from however many networks it asks", () => {
  const { enter } = makeLimiter(() => 0);
  const asked = Array.from({ length: 41 }, (_, index) =>
    Array.from({ length: 10 }, () => enter("write", stranger(`10.${index}.0.1`, "0x02"))),
  ).flat();
  expect(asked.filter((wait) => wait === 0)).toHaveLength(30);
  // What the account may not have is not taken from the address.
  expect(enter("write", stranger("10.40.0.1"))).toBe(0);
});

test("what is worth more than a request is charged, and paid off before the next", () => {
  let time = 0;
  const { enter, charge } = makeLimiter(() => time);
  const who = stranger("10.0.0.1");
  for (let index = 0; index < 5; index++) expect(charge(who, 50_000)).toBe(0);
  expect(charge(who, 100_000)).toBe(0);
  expect(enter("read", who)).toBeGreaterThan(0);
  expect(enter("read", member("10.0.0.1"))).toBe(0);
  time += 60_000;
  expect(enter("read", who)).toBe(0);
});

test("strangers from everywhere leave subscriptions for those who have meters here", () => {
  const subscribers = makeSubscribers({ subscribe: () => () => {} });
  const fill = (clients: string[], who: (client: string) => Who) =>
    clients.flatMap((client) =>
      Array.from({ length: 60 }, () => {
        if (subscribers.refusal(who(client)) !== undefined) return [];
        return [subscribers.add(who(client), () => {})];
      }).flat(),
    );
  const near = Array.from({ length: 41 }, (_, index) => `127.0.0.${index}`);
  expect(fill(near.slice(0, 1), stranger)).toHaveLength(MOST_OF_ONE);
  expect(fill(near, stranger)).toHaveLength(MOST_OF_A_NETWORK - MOST_OF_ONE);
  const far = Array.from({ length: 100 }, (_, index) => `127.${index + 1}.0.1`);
  const rest = fill(far, stranger);
  expect(rest).toHaveLength(places.public - MOST_OF_A_NETWORK);
  expect(subscribers.refusal(stranger("192.0.2.1"))).toContain("as many as may be");
  expect(subscribers.refusal(member("127.0.0.1"))).toBeUndefined();
  rest[0]!();
  expect(subscribers.refusal(stranger("192.0.2.1"))).toBeUndefined();
});

test("a member is who has a meter here or runs the node, not who only has an account", () => {
  const own = "0x00000000000000000000000000000000000000C0";
  let meters = [{ owner: own } as unknown as Meter];
  const isMember = makeMembership({ meters: () => meters });
  const person = (address: string, operator = false) => ({ address: address as `0x${string}`, operator });
  expect(isMember(person(own.toLowerCase()))).toBe(true);
  expect(isMember(person("0x01"))).toBe(false);
  expect(isMember(person("0x01", true))).toBe(true);
  expect(isMember({ address: undefined, operator: false })).toBe(false);
  meters = [];
  expect(isMember(person(own))).toBe(false);
});
