/** What the documents offer to run: `pnpm workflow`, while the battery's meter counts what discharges, and the bot. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { developmentKey } from "@enerlink/protocol/development";
import { expect, test } from "vitest";
import type { World } from "./index.service.test.ts";

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
  }, 90_000);

  test("ends non-zero where something does not fit", async () => {
    const { code, output } = await workflow({ SELLER_KEY: developmentKey(BUYER) });
    expect(JSON.parse(output).error.message).toMatch(/^FAILED: .* has no battery/);
    expect(code).toBe(1);
  }, 30_000);

  test("the documented bot places an order, as it stands there", async () => {
    const { harness } = world;
    const [, bot] = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${root}/docs/index-api.md`, "utf8"))!;
    const here = bot!
      .replace("http://127.0.0.1:8545", harness.rpcUrl)
      .replace("http://localhost:42069", harness.url);
    const { code, output } = await run(
      ["--input-type=module-typescript", "--eval", here],
      { PRIVATE_KEY: developmentKey(BUYER) },
      `${root}/indexer`,
    );
    expect(output).toContain("Buys 2.5 kWh at 1400 IDR/kWh or better");
    const [transactionHash] = /0x[0-9a-f]{64}/.exec(output)!;
    expect(code).toBe(0);
    await harness.caughtUp();
    const { orders } = await harness.query(
      "query ($transactionHash: String!) { orders(where: { transactionHash: $transactionHash }) { items { owner side placedWh } } }",
      { transactionHash },
    );
    expect(orders.items).toEqual([
      { owner: harness.address(BUYER).toLowerCase(), side: "BID", placedWh: "2500" },
    ]);
  }, 30_000);
};
