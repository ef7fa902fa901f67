import { getIntrospectionQuery, parse } from "graphql";
import { expect, test } from "vitest";
import { costOf } from "./cost.ts";

const cost = (text: string, variables = {}) => costOf(parse(text), variables);

test("a field costs one for each row of the lists around it", () => {
  expect(cost("{ chainTime marketStatistics { fills } }")).toBe(3);
  expect(cost("{ offers(limit: 10) { items { id price } } }")).toBe(1 + 10 * (1 + 2));
  expect(cost("{ offers { items { id } } }")).toBe(1 + 50 * 2);
  expect(cost("query ($n: Int) { offers(limit: $n) { items { id } } }", { n: 7 })).toBe(1 + 7 * 2);
  expect(cost("{ orderBook(depth: 5) { bids { tick } } }")).toBe(1 + 5 * 2);
  expect(
    cost("{ accounts(limit: 1000) { items { orders(limit: 1000) { items { id } } } } }"),
  ).toBeGreaterThan(1e6);
});

test("a variable's default counts unless something is given", () => {
  const text = "query ($n: Int = 1000) { offers(limit: $n) { items { id } } }";
  expect(cost(text)).toBe(1 + 1_000 * 2);
  expect(cost(text, { n: 7 })).toBe(1 + 7 * 2);
  expect(cost(text, { n: null })).toBe(1 + 50 * 2);
});

test("what the usual tools ask about the schema is free, types within types within types are refused", () => {
  expect(cost(getIntrospectionQuery())).toBe(0);
  const nested = "{ __schema { types { fields { type { fields { type { interfaces { name } } } } } } } }";
  expect(() => cost(nested)).toThrow("a question about the schema must be at most 2 lists of fields deep");
  const through = '{ __type(name: "fill") { ...f } } fragment f on __Type { fields { type { ...g } } }';
  expect(cost(`${through} fragment g on __Type { fields { name } }`)).toBe(0);
  expect(() => cost(`${through} fragment g on __Type { fields { type { fields { name } } } }`)).toThrow(
    "lists of fields",
  );
});

test("fragments count where they are used, aliases once each, introspection not", () => {
  expect(cost("{ a: chainTime b: chainTime __typename }")).toBe(2);
  expect(cost("{ ...f ...f } fragment f on Query { ... on Query { chainTime } }")).toBe(2);
});

test("fragments that multiply are reckoned at once", () => {
  const fragments = Array.from(
    { length: 200 },
    (_, i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`,
  );
  const text = `{ ...f0 } ${fragments.join(" ")} fragment f200 on Query { chainTime }`;
  expect(cost(text)).toBeGreaterThan(1e50);
});

test("a list of fewer rows than none costs no less than one of one", () => {
  expect(cost("{ offers(limit: -1000) { items { id } } chainTime }")).toBe(1 + 2 + 1);
});
