/** What the documents offer to run: `pnpm workflow`, while the battery's meter counts what discharges, and the bot. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TimeInForce } from "@enerlink/protocol";
import { developmentKey } from "@enerlink/protocol/development";
import { maxUint256 } from "viem";
import { expect, test } from "vitest";
import type { World } from "./index.service.test.ts";
import { startPage } from "./pages-that-run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const SELLER = 3;
const BUYER = 5;

export const workflow = (world: World) => () => {
  function run(program: string[], environment: Record<string, string>, cwd = root) {
    const child = spawn(process.execPath, program, { cwd, env: { ...process.env, ...environment } });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    return new Promise<{ code: number | null; output: string }>((resolve) =>
      child.once("close", (code) => resolve({ code, output })),
    );
  }

  const workflow = (environment: Record<string, string> = {}) =>
    run(["cli/enerlink.ts", "workflow", "--json"], {
      INDEXER_URL: world.harness.url,
      RPC_URL: world.harness.rpcUrl,
      SELLER_KEY: developmentKey(SELLER),
      BUYER_KEY: developmentKey(BUYER),
      WORKFLOW_SECONDS: "60",
      ...environment,
    });

  /** The battery's meter reports `exportWh` more. */
  async function discharge(exportWh: bigint) {
    const { harness, activity } = world;
    const battery = activity.meters[2]!;
    battery.exportWh += exportWh;
    await harness.pass(120);
    const { id: meterId, importWh, epoch } = battery;
    const timestamp = await harness.now();
    await harness.settle([
      { meterId, exportWh: battery.exportWh, importWh, storedWh: 900_000n, timestamp, epoch },
    ]);
    await harness.caughtUp();
  }

  test("goes from offer to statistics", async () => {
    await discharge(0n);
    let ended = false;
    const running = workflow().finally(() => {
      ended = true;
    });
    while (!ended) {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      if (!ended) await discharge(50n);
    }
    const { code, output } = await running;
    const told = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(told.map(({ step }) => step)).toEqual(expect.arrayContaining(["offered", "sold out", "counted"]));
    expect(told.at(-1)).toMatchObject({ soldWh: "200", costIdrs: "399800000" });
  });

  test("ends non-zero where something does not fit", async () => {
    const { code, output } = await workflow({ SELLER_KEY: developmentKey(BUYER) });
    expect(JSON.parse(output).error.message).toMatch(/^FAILED: .* has no battery/);
    expect(code).toBe(1);
  });

  test("the page for a first bot buys, is killed, misses nothing and takes home what it bought", async () => {
    const { harness } = world;
    const folder = await mkdtemp(join(tmpdir(), "enerlink-bot-"));
    const environment = {
      INDEXER_URL: harness.url,
      RPC_URL: harness.rpcUrl,
      PRIVATE_KEY: developmentKey(BUYER),
      BOT_FILE: join(folder, "bot.json"),
    };
    const sell = (wattHours: number) =>
      harness.send(SELLER, "market", "placeOrder", [1, 1_400, wattHours, TimeInForce.GTC, 10]);
    const orders = async () =>
      (
        await harness.query(
          "query ($owner: String!) { orders(where: { owner: $owner, placedWh: 500, tick: 1400 }) { items { status } } }",
          { owner: harness.address(BUYER).toLowerCase() },
        )
      ).orders.items;
    await emptyBook();
    await sell(200);
    await harness.caughtUp();
    const wallet = () => harness.read("energy", "balanceOf", [harness.address(BUYER)]);
    const before: bigint = await wallet();
    const bot = startPage("first-bot.md", environment);
    try {
      await bot.says(": partially_filled");
      expect(bot.output()).toContain(
        "Buys up to 0.5 kWh at 1400 IDR/kWh or less, all of it for 700 IDR at most: 0.2 kWh at once; 0.3 kWh rest in the book",
      );
    } finally {
      await bot.kill();
    }
    await sell(200);
    const again = startPage("first-bot.md", environment);
    try {
      await again.says(": partially_filled");
      await sell(100);
      await again.says("done");
      expect(await again.ended(), again.output()).toBe(0);
    } finally {
      await again.kill();
      await rm(folder, { recursive: true });
    }
    expect(again.output()).toContain("bought 0.5 kWh for 700 IDR");
    expect(await orders()).toEqual([{ status: "FILLED" }]);
    expect((await wallet()) - before).toBe(500n);
    // The bot's permit took the place of what others go on with.
    await harness.send(BUYER, "rupiah", "approve", [harness.contracts.market.address, maxUint256]);
  });

  /** Takes every order out of the book, whoever placed it. */
  async function emptyBook() {
    const { harness } = world;
    await harness.caughtUp();
    const open = await harness.query(
      "{ orders(where: { status_in: [OPEN, PARTIALLY_FILLED] }, limit: 1000) { items { orderId owner } } }",
    );
    for (const { orderId, owner } of open.orders.items) {
      const person = harness.people.findIndex(({ address }) => address.toLowerCase() === owner);
      await harness.send(person, "market", "cancelOrder", [BigInt(orderId)]);
    }
  }
};
