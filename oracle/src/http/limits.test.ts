import { expect, test } from "vitest";
import type { Meter } from "../chain/mirror.ts";
import type { Who } from "./env.ts";
import { makeLimiter, makeMembership } from "./limits.ts";

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
  for (let index = 0; index < 5; index++) expect(charge(who, 49)).toBe(0);
  expect(charge(who, 99)).toBe(0);
  expect(enter("read", who)).toBeGreaterThan(0);
  expect(enter("read", member("10.0.0.1"))).toBe(0);
  time += 60_000;
  expect(enter("read", who)).toBe(0);
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
