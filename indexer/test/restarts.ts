/** Stopping, starting again, chains that change their mind, and refusing to start. */
import { beforeAll, describe, expect, test } from "vitest";
import type { World } from "./index.service.test.ts";
import { makeIndex } from "./index-process.ts";
import { type Listener, listen } from "./listener.ts";
import { expectWhole } from "./stream.ts";
import { views } from "./views.ts";

/** Less than the blocks after which Ponder counts one as final. */
const DEPTH = 12;

export const restarts = (world: World) => () => {
  const height = async () => Number(await world.harness.client.getBlockNumber({ cacheTime: 0 }));

  async function actUntil(block: number) {
    while ((await height()) < block) await world.activity.act(1);
  }

  describe("after a reorganisation", () => {
    let forkedAt: number;
    let feed: Awaited<ReturnType<World["harness"]["subscribe"]>>;
    let listener: Listener;
    /** Away while the chain changed its mind. */
    let late: Listener;

    beforeAll(async () => {
      const { harness, activity } = world;
      feed = await harness.subscribe("subscription { orderMatched { id } }");
      listener = listen(harness.url, "topics=fills,settlements&after=0");
      forkedAt = await height();
      const before = activity.save();
      const snapshot = await harness.client.snapshot();
      await actUntil((await height()) + DEPTH);
      await harness.caughtUp();
      const abandoned = await height();
      const last = await harness.client.getBlock();
      const away = listen(harness.url, "topics=fills,settlements&after=0");
      await harness.until("both have all", async () => listener.told().length > 0 && away.counts().ready > 0);
      await away.stop();
      await harness.client.revert({ id: snapshot });
      activity.restore(before);
      // One fill at least, whatever the dice say.
      const { market } = harness.contracts;
      const isFilled = async () => {
        const asked = { ...market, eventName: "OrderFilled", fromBlock: BigInt(forkedAt + 1) } as const;
        return (await harness.client.getContractEvents(asked)).length > 0;
      };
      do await actUntil((await height()) + 1);
      while ((await height()) < abandoned + 2 || !(await isFilled()));
      const { hash } = await harness.client.getBlock({ blockNumber: last.number });
      expect(hash).not.toBe(last.hash);
      await harness.caughtUp();
      late = listen(harness.url, "topics=fills,settlements", away.told().at(-1)!.id);
      late.begin(away.told());
    });

    test("whoever listens to the stream has exactly what is true now, also who was away meanwhile", async () => {
      for (const one of [listener, late]) {
        await world.harness.until("it is told", async () => one.counts().voided > 0);
        await expectWhole(world, one);
        await one.stop();
      }
    });
    test("whoever listens has been told everything that is true now", async () => {
      const { fills } = await world.harness.query(
        `{ fills(where: { blockNumber_gt: "${forkedAt}" }, limit: 1000) { items { id } } }`,
      );
      expect(fills.items.length).toBeGreaterThan(0);
      const told = () => new Set(feed.events.map(({ orderMatched }) => orderMatched.id));
      await world.harness.until("all is told", async () =>
        fills.items.every(({ id }: { id: string }) => told().has(id)),
      );
      feed.close();
    });
    describe("the index says what the contracts say", views(world));
  });

  test("an API server of its own answers the same, live", async () => {
    const { harness, roles, activity } = world;
    await activity.emptyBook();
    const server = await makeIndex({
      chain: harness,
      environment: { DATABASE_URL: roles.reader },
    });
    try {
      await server.spawnIndex({ NODE_ENV: "production" }, "serve");
      const feed = await server.subscribe("subscription { orderMatched { tick } }");
      await harness.send(1, "market", "placeOrder", [0, 3_075, 100, 3, 0]);
      await harness.send(2, "market", "placeOrder", [1, 3_075, 100, 1, 1]);
      await harness.caughtUp();
      const question =
        "{ marketStatistics { fills filledWh lastTick } accounts(limit: 3) { items { id tradingWh } } }";
      expect(await server.query(question)).toEqual(await harness.query(question));
      await harness.until("it is told", async () => feed.events.length > 0);
      expect(feed.events).toEqual([{ orderMatched: { tick: 3_075 } }]);
      feed.close();
      // In production what is wrong with a question is still said, and there is no page to try it.
      await expect(server.query("{ offers(limit: 1001) { items { id } } }")).rejects.toThrow("limit must be");
      await expect(server.query('{ offers(orderBy: "x") { items { id } } }')).rejects.toThrow(
        "orderBy must be one of",
      );
      const page = await fetch(`${server.url}/graphql`, { headers: { accept: "text/html" } });
      expect(await page.text()).not.toContain("<html");
    } finally {
      await server.stop();
    }
  });

  describe("after kill -9 amid new blocks", () => {
    let listener: Listener;
    beforeAll(async () => {
      const { harness, activity } = world;
      await activity.act(10);
      listener = listen(harness.url, "topics=fills,settlements&after=0");
      await harness.until("all is told", async () => listener.counts().ready > 0);
      await activity.act(10);
      expect(await harness.stopIndex("SIGKILL")).toBe(null);
      await activity.act(10);
      await harness.startIndex();
      await harness.caughtUp();
    });
    test("whoever listened comes back and has missed nothing", async () => {
      await world.harness.until("it is back", async () => listener.counts().ready > 1);
      expect(listener.counts().losses).toBeGreaterThan(0);
      await expectWhole(world, listener);
      await listener.stop();
    });
    describe("the index says what the contracts say", views(world));
  });

  describe("built anew from nothing", () => {
    beforeAll(async () => {
      expect(await world.harness.stopIndex()).toBe(0);
      world.harness.forget();
      await world.harness.startIndex({ ENABLE_ENERGY_TRADING: "false" });
      await world.harness.caughtUp();
    });
    describe("the index says what the contracts say", views(world));

    test("with energy trading off the board answers 503", async () => {
      const { status, answer } = await world.harness.rest("GET", "/energy-trading/offers");
      expect(status).toBe(503);
      expect(answer.detail).toContain("ENABLE_ENERGY_TRADING");
      expect((await world.harness.rest("GET", "/trading/orderbook")).status).toBe(200);
    });
  });

  test("production refuses PGlite, and an API that could write", async () => {
    const { harness, roles } = world;
    await harness.stopIndex();
    const refused = (environment: Record<string, string>, message: string) =>
      expect(harness.startIndex({ NODE_ENV: "production", ...environment })).rejects.toThrow(message);
    await refused({ DATABASE_URL: "" }, "DATABASE_URL");
    await refused({ DATABASE_READER_URL: roles.writer }, "may create tables in enerlink_2");
    await refused({ DATABASE_READER_URL: world.postgres.url("enerlink") }, "is a superuser");
  });
};
