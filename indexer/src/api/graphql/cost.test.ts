import { costOf, MOST_COST } from "@enerlink/edge/graphql";
import { buildSchema, getIntrospectionQuery, graphqlSync, parse } from "graphql";
import { expect, test } from "vitest";
import { prices } from "./cost.ts";

const schema = buildSchema(`
  enum interval { MINUTE QUARTER_HOUR HOUR DAY }
  enum EnergySpan { SLOT HOUR DAY WEEK MONTH }
  enum StatementSpan { DAY WEEK MONTH ALL }
  type Query {
    chainTime: String
    marketStatistics: Statistics
    offers(limit: Int, after: String): offerPage!
    accounts(limit: Int): accountPage!
    orderBook(depth: Int! = 20): Book!
    candles(interval: interval! = QUARTER_HOUR, from: String, to: String): [Candle!]!
    communityEnergy(interval: interval! = QUARTER_HOUR, from: String, to: String): Energy!
    statement(account: String!, from: String, to: String, groupBy: StatementSpan! = DAY): [StatementPeriod!]!
    meterEnergy(meterId: String!, from: String, to: String, groupBy: EnergySpan! = DAY): [EnergyPeriod!]!
    outlook(meterId: String!): [OutlookHour!]!
  }
  type StatementPeriod { netIdrs: String meters: [MeterStatement!]! }
  type MeterStatement { feeIdrs: String }
  type EnergyPeriod { exportWh: String }
  type OutlookHour { start: String }
  type Subscription { offerCreated: offer }
  type Statistics { fills: Int }
  type offer { id: String price: String account: account }
  type account { id: String offers(limit: Int): offerPage! }
  type offerPage { items: [offer!]! totalCount: Int }
  type accountPage { items: [account!]! totalCount: Int }
  type Book { bids: [Level!]! }
  type Level { tick: Int }
  type Candle { open: Int }
  type Energy { windows: [Window!]! }
  type Window { start: String }
`);
const cost = (text: string, variables = {}) => costOf(schema, parse(text), variables, prices);

test("a field costs one for each row of the lists around it, a row and a question something of their own", () => {
  expect(cost("{ chainTime marketStatistics { fills } }")).toBe(101 + 701 + 1);
  expect(cost("{ offers(limit: 10) { items { id price } } }")).toBe(101 + 10 * (4 + 3));
  expect(cost("{ offers { items { id } } }")).toBe(101 + 50 * (4 + 2));
  expect(cost("query ($n: Int) { offers(limit: $n) { items { id } } }", { n: 7 })).toBe(101 + 7 * 6);
  expect(cost("{ orderBook(depth: 5) { bids { tick } } }")).toBe(201 + 5 * 2);
  expect(
    cost("{ accounts(limit: 1000) { items { offers(limit: 1000) { items { id } } } } }"),
  ).toBeGreaterThan(1e6);
});

test("what names no number of rows has the usual ones, also through a fragment", () => {
  expect(cost("{ orderBook { bids { tick } } }")).toBe(201 + 20 * 2);
  expect(cost("{ offers { ... { items { id } } } }")).toBe(101 + 50 * 6);
  expect(cost("{ offers { ...f } } fragment f on offerPage { items { id } }")).toBe(101 + 50 * 6);
  expect(cost("{ candles { open } }")).toBe(101 + 500);
  expect(cost('{ candles(interval: MINUTE, from: "0", to: "6000") { open } }')).toBe(101 + 100);
  expect(cost('{ candles(interval: MINUTE, from: "0") { open } }')).toBe(101 + 5_000);
  expect(cost("{ communityEnergy(interval: DAY) { windows { start } } }")).toBe(201 + 7 * 2);
});

test("periods of a calendar cost one for each, the meters of an account for some", () => {
  const days = 'from: "0", to: "864000"';
  expect(cost('{ statement(account: "a") { netIdrs } }')).toBe(801 + 30);
  expect(cost(`{ statement(account: "a", ${days}) { netIdrs meters { feeIdrs } } }`)).toBe(
    801 + 10 * (1 + 1 + 4),
  );
  expect(cost(`{ statement(account: "a", ${days}, groupBy: ALL) { netIdrs } }`)).toBe(801 + 1);
  expect(cost('{ statement(account: "a", groupBy: ALL) { netIdrs } }')).toBe(801 + 1);
  expect(cost('{ meterEnergy(meterId: "a", groupBy: HOUR) { exportWh } }')).toBe(201 + 7 * 24);
  expect(cost(`{ meterEnergy(meterId: "a", ${days}, groupBy: SLOT) { exportWh } }`)).toBe(201 + 3_000);
  expect(cost('{ outlook(meterId: "a") { start } }')).toBe(401 + 24);
});

test("a variable's default counts unless something is given", () => {
  const text = "query ($n: Int = 1000) { offers(limit: $n) { items { id } } }";
  expect(cost(text)).toBe(101 + 1_000 * 6);
  expect(cost(text, { n: 7 })).toBe(101 + 7 * 6);
  expect(cost(text, { n: null })).toBe(101 + 50 * 6);
});

test("a list of fewer rows than none costs no less than one of one", () => {
  expect(cost("{ offers(limit: -1000) { items { id } } chainTime }")).toBe(101 + 6 + 101);
});

test("names as long as essays are paid for each time they come back", () => {
  expect(cost(`{ offers(limit: 10) { items { ${"a".repeat(1_000)}: id } } }`)).toBe(101 + 10 * (4 + 1 + 21));
});

test("a question about the schema costs what its answer holds", () => {
  const values = (answer: unknown): number =>
    typeof answer === "object" && answer !== null
      ? Object.values(answer).reduce((sum: number, one) => sum + 1 + values(one), 0)
      : 0;
  const { data } = graphqlSync({ schema, source: getIntrospectionQuery() });
  expect(cost(getIntrospectionQuery()) / values(data)).toBeCloseTo(1, 1);
  expect(cost(getIntrospectionQuery())).toBeLessThan(MOST_COST);
  expect(cost('{ __type(name: "offer") { fields { name } } }')).toBe(1 + 1 + 3 * 2);
  expect(cost("query ($n: String!) { __type(name: $n) { name } }", { n: "Nothing" })).toBe(1);
  expect(cost("{ __typename }")).toBe(1);
});

test("a question about the schema is reckoned no further than it may cost", () => {
  const names = Array.from({ length: 50 }, (_, i) => `t${i}`);
  const fields = names.map((name) => `${name}: ${name}`).join(" ");
  const wide = buildSchema(
    `${names.map((name) => `type ${name} { ${fields} }`).join(" ")} type Query { t0: t0 }`,
  );
  const nested = `{ __schema { types { ${"fields { type { ".repeat(6)} name ${"} }".repeat(6)} } } }`;
  const aliases = Array.from({ length: 30 }, (_, i) => `a${i}: fields { type { fields { name } } }`);
  for (const text of [nested, `{ __schema { types { ${aliases.join(" ")} } } }`]) {
    const reckoned = costOf(wide, parse(text), {}, prices);
    expect(reckoned).toBeGreaterThan(MOST_COST);
    expect(reckoned).toBeLessThan(MOST_COST + 1_000);
  }
});

test("fragments count where they are used, aliases once each", () => {
  expect(cost("{ a: chainTime b: chainTime }")).toBe(202);
  expect(cost("{ ...f ...f } fragment f on Query { ... on Query { chainTime } }")).toBe(202);
  expect(cost("subscription { offerCreated { id } }")).toBe(102);
});

test("fragments that multiply are reckoned at once", () => {
  const fragments = Array.from(
    { length: 200 },
    (_, i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`,
  );
  const text = `{ ...f0 } ${fragments.join(" ")} fragment f200 on Query { chainTime }`;
  expect(cost(text)).toBeGreaterThan(1e50);
});
