/** `pnpm workflow`, as a user runs it, while the battery's meter counts what discharges. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { toHex } from "viem";
import { expect, test } from "vitest";
import type { World } from "./index.test.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const SELLER = 3;
const BUYER = 5;

export const workflow = (world: World) => () => {
  const keyOf = (person: number) => toHex(world.harness.people[person]!.getHdKey().privateKey!);

  function run(environment: Record<string, string>) {
    const child = spawn(process.execPath, ["local/workflow.ts"], {
      cwd: root,
      env: {
        ...process.env,
        INDEXER_URL: world.harness.url,
        RPC_URL: world.harness.rpcUrl,
        SELLER_KEY: keyOf(SELLER),
        BUYER_KEY: keyOf(BUYER),
        WORKFLOW_SECONDS: "60",
        ...environment,
      },
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    return new Promise<{ code: number | null; output: string }>((resolve) =>
      child.once("close", (code) => resolve({ code, output })),
    );
  }

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
    const running = run({}).finally(() => {
      ended = true;
    });
    while (!ended) {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      if (!ended) await discharge(50n);
    }
    const { code, output } = await running;
    expect(output).toContain("is completed");
    expect(output).toMatch(/accounted +0\.2 kWh for 399\.8 IDR/);
    expect(output).not.toContain("FAILED");
    expect(code).toBe(0);
  }, 90_000);

  test("ends non-zero where something does not fit", async () => {
    const { code, output } = await run({ SELLER_KEY: keyOf(BUYER) });
    expect(output).toContain("FAILED");
    expect(output).toContain("has no battery");
    expect(code).toBe(1);
  }, 30_000);
};
