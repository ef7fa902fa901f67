/** Stopping, starting again, and refusing to start. */
import { expect, test } from "vitest";
import type { World } from "./index.test.ts";

export const restarts = (world: World) => () => {
  test("stops cleanly when told to, and goes on where it was; with energy trading off the board answers 503", async () => {
    const { harness } = world;
    const before = await harness.query("{ markets { items { fills filledWh } } }");
    expect(await harness.stopIndex()).toBe(0);
    await harness.send(1, "market", "placeOrder", [0, 3_100, 100, 3, 0]);
    await harness.send(2, "market", "placeOrder", [1, 3_100, 100, 1, 1]);

    await harness.startIndex({ ENABLE_ENERGY_TRADING: "false" });
    await harness.caughtUp();
    const after = await harness.query("{ markets { items { fills filledWh } } }");
    expect(after.markets.items[0].fills).toBe(before.markets.items[0].fills + 1);

    const { status, answer } = await harness.rest("GET", "/energy-trading/offers");
    expect(status).toBe(503);
    expect(answer.detail).toContain("ENABLE_ENERGY_TRADING");
    expect((await harness.rest("GET", "/trading/orderbook")).status).toBe(200);
  }, 120_000);

  test("production refuses PGlite", async () => {
    await world.harness.stopIndex();
    await expect(world.harness.startIndex({ NODE_ENV: "production", DATABASE_URL: "" })).rejects.toThrow(
      "DATABASE_URL",
    );
  }, 60_000);
};
