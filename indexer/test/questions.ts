/** What a stranger asks first, as the query page offers it; and that the schema explains itself. */
import { expect, test } from "vitest";
import { commonestQuestions } from "../bench/queries.ts";
import { examples } from "../src/api/graphql/examples.ts";
import type { Answer } from "./harness.ts";
import type { World } from "./index.service.test.ts";
import { plansIn, scansOf, wastesOf } from "./plans.ts";

export const questions = (world: World) => () => {
  const ask = async (text: string): Promise<Answer> => world.harness.query(text);

  /** The examples as of the day after the latest fill, so that "yesterday" is a busy day. */
  async function example(name: string) {
    const { fills } = await ask(
      '{ fills(orderBy: "timestamp", orderDirection: "desc", limit: 1) { items { timestamp } } }',
    );
    const found = examples(BigInt(fills.items[0].timestamp) + 86_400n).find((one) => one.name === name);
    return ask(found!.query);
  }

  test("who sold to whom yesterday, at what price", async () => {
    const { fills } = await example("Who sold to whom yesterday, at what price");
    expect(fills.items.length).toBeGreaterThan(0);
    for (const { seller, buyer, wattHours, tick, cost } of fills.items) {
      expect(world.harness.people.map(({ address }) => address.toLowerCase())).toEqual(
        expect.arrayContaining([seller, buyer]),
      );
      expect(BigInt(wattHours) * BigInt(tick) * 1_000n).toBe(BigInt(cost));
    }
  });

  test("which offers are within 5 km", async () => {
    const { nearbyOffers } = await example("Offers within 5 km");
    for (const { distanceKm } of nearbyOffers) expect(distanceKm).toBeLessThanOrEqual(5);
  });

  test("what a home settled last week", async () => {
    const { meters } = await example("What a home settled last week");
    const [{ days, serial }] = meters.items;
    expect(serial).toBe("home-01");
    expect(days.items.length).toBeGreaterThan(0);
  });

  test("the community's self-sufficiency", async () => {
    const { communityEnergy } = await example("The community's self-sufficiency");
    expect(communityEnergy.selfSufficiency).toBeGreaterThan(0);
    expect(communityEnergy.selfSufficiency).toBeLessThanOrEqual(1);
  });

  test("the market now", async () => {
    const { suggestedPrice } = await example("The market now");
    expect(BigInt(suggestedPrice.price)).toBeGreaterThan(0n);
  });

  test("trades as they happen", async () => {
    const { query } = examples(0n).find(({ name }) => name === "Trades as they happen")!;
    await world.activity.emptyBook();
    const feed = await world.harness.subscribe(query);
    await world.harness.send(1, "market", "placeOrder", [0, 3_050, 100, 3, 0]);
    await world.harness.send(2, "market", "placeOrder", [1, 3_050, 100, 1, 1]);
    await world.harness.until("it is told", async () => feed.events.length > 0);
    expect(feed.events[0].orderMatched).toMatchObject({ wattHours: "100", tick: 3_050 });
    feed.close();
  });

  test("the query page opens with them and needs no internet", async () => {
    const page = await (
      await fetch(`${world.harness.url}/graphql`, { headers: { accept: "text/html" } })
    ).text();
    expect(page).toContain("EnerLink");
    expect(page).not.toMatch(/(?:src|href)="https?:/);
    for (const { query } of examples(0n))
      expect(page).toContain(/(?:query|subscription) (\w+)/.exec(query)![1]);
  });

  test("every column of every table says what it means", async () => {
    const { __schema } = await ask(
      "{ __schema { types { name description fields { name description type { kind ofType { kind } } } } } }",
    );
    const { tables } = await ask('{ tables: __type(name: "Query") { fields { type { ofType { name } } } } }');
    const pages = tables.fields
      .map(({ type }: Answer) => type.ofType?.name)
      .filter((name: string) => name?.endsWith("Page"));
    expect(pages.length).toBe(53);
    for (const page of pages) {
      const table = __schema.types.find(({ name }: Answer) => name === page.slice(0, -"Page".length));
      expect(table.description, table.name).toBeTruthy();
      for (const { name, description, type } of table.fields) {
        const isColumn = ["SCALAR", "ENUM", "LIST"].includes(type.ofType?.kind ?? type.kind);
        if (isColumn) expect(description, `${table.name}.${name}`).toBeTruthy();
      }
    }
  });

  test("each of the ten commonest questions is led to its rows by an index", async () => {
    const logged = () => world.postgres.log().length;
    const now = await world.harness.now();
    for (const { name, query, variables } of commonestQuestions(world.harness.address(3), now)) {
      const before = logged();
      await world.harness.query(query, variables);
      await world.harness.until(
        "its plan is logged",
        async () => plansIn(world.postgres.log().slice(before)).length > 0,
      );
      const plans = plansIn(world.postgres.log().slice(before));
      expect(
        plans.flatMap((plan) => [...scansOf(plan), ...wastesOf(plan)]),
        name,
      ).toEqual([]);
    }
  });
};
