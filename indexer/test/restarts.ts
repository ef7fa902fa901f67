/** Stopping, starting again, chains that change their mind, and refusing to start. */
import { beforeAll, describe, expect, test } from "vitest";
import type { World } from "./index.test.ts";
import { views } from "./views.ts";

/** Less than the blocks after which Ponder counts one as final. */
const DEPTH = 12;

export const restarts = (world: World) => () => {
  const height = async () => Number(await world.harness.client.getBlockNumber({ cacheTime: 0 }));

  async function actUntil(block: number) {
    while ((await height()) < block) await world.activity.act(1);
  }

  describe("after a reorganisation", () => {
    beforeAll(async () => {
      const { harness, activity } = world;
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
    describe("the index says what the contracts say", views(world));
  });

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

  test("production refuses PGlite", async () => {
    await world.harness.stopIndex();
    await expect(world.harness.startIndex({ NODE_ENV: "production", DATABASE_URL: "" })).rejects.toThrow(
      "DATABASE_URL",
    );
  }, 60_000);
};
