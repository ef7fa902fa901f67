/** Stopping, starting again, chains that change their mind, and refusing to start. */
import { beforeAll, describe, expect, test } from "vitest";
import type { World } from "./index.service.test.ts";
import { makeIndex } from "./index-process.ts";
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

    beforeAll(async () => {
      const { harness, activity } = world;
      feed = await harness.subscribe("subscription { orderMatched { id } }");
      forkedAt = await height();
      const before = activity.save();
      const snapshot = await harness.client.snapshot();
      await actUntil((await height()) + DEPTH);
      await harness.caughtUp();
      const abandoned = await height();
      const last = await harness.client.getBlock();
      await harness.client.revert({ id: snapshot });
      activity.restore(before);
      await actUntil(abandoned + 2);
      const { hash } = await harness.client.getBlock({ blockNumber: last.number });
      expect(hash).not.toBe(last.hash);
      await harness.caughtUp();
    }, 60_000);

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
  }, 60_000);

  describe("after kill -9 amid new blocks", () => {
    beforeAll(async () => {
      const { harness, activity } = world;
      await activity.act(10);
      expect(await harness.stopIndex("SIGKILL")).toBe(null);
      await activity.act(10);
      await harness.startIndex();
      await harness.caughtUp();
    }, 120_000);
    describe("the index says what the contracts say", views(world));
  });

  describe("built anew from nothing", () => {
    beforeAll(async () => {
      expect(await world.harness.stopIndex()).toBe(0);
      world.harness.forget();
      await world.harness.startIndex({ ENABLE_ENERGY_TRADING: "false" });
      await world.harness.caughtUp();
    }, 120_000);
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
  }, 180_000);
};
