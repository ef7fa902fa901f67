/** A chain that reorganises, raises its fees, or gives the oracle's nonce to another transaction. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseGwei } from "viem";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestSystem, type TestSystem } from "./system.ts";

export function chainTrouble() {
  const start = Math.floor(Date.now() / 3_600_000) * 3_600 - 20 * 3_600;
  let system: TestSystem;
  let hour = 0;
  let time = start;

  const settledAt = async (serial: string) => (await system.settled(serial))[4];
  const pending = () => system.chain.getBlockTransactionCount({ blockTag: "pending" });
  const mine = () => system.mineAt(++time);

  /** The next recorded hour comes in; resolves when its settlement waits to be mined. */
  async function nextHour(): Promise<number> {
    hour++;
    time = start + hour * 3_600;
    await system.mineAt(time);
    await system.fleet.publishHour(hour, time);
    await vi.waitFor(async () => expect(await pending()).toBeGreaterThan(0), {
      timeout: 5_000,
      interval: 10,
    });
    return time;
  }

  async function allSettled(timestamp: number, timeout = 5_000) {
    await vi.waitFor(
      async () => {
        if ((await pending()) > 0) await mine();
        for (const serial of system.serials) expect(await settledAt(serial)).toBe(timestamp);
      },
      { timeout, interval: 50 },
    );
  }

  /** What the oracle says of the newest settlements. */
  async function told() {
    const response = await fetch(
      `${system.oracleUrl}/api/v1/energy/settlements?limit=${system.serials.length}`,
    );
    const { items } = (await response.json()) as { items: { status: string; timestamp: string }[] };
    return items.map(({ status, timestamp }) => `${status} ${Date.parse(timestamp) / 1_000}`);
  }

  beforeAll(async () => {
    system = await startTestSystem(start - 3_600);
    await system.startOracle({ FINALITY_BLOCKS: "10", POLL_INTERVAL: "50" });
    await system.chain.setAutomine(false);
    await allSettled(await nextHour());
  }, 120_000);
  afterAll(() => system?.stop(), 30_000);

  test("what a reorganisation takes out is sent again", { timeout: 30_000 }, async () => {
    const snapshot = await system.chain.snapshot();
    const timestamp = await nextHour();
    await allSettled(timestamp);
    const all = system.serials.map(() => `settled ${timestamp}`);
    await vi.waitFor(async () => expect(await told()).toEqual(all), { timeout: 5_000 });

    await system.chain.revert({ id: snapshot });
    await system.chain.setAutomine(false);
    expect(await settledAt("home-01")).toBeLessThan(timestamp);
    await system.mineAt(++time);
    await allSettled(timestamp, 10_000);
    await vi.waitFor(async () => expect(await told()).toEqual(all), { timeout: 5_000 });
    expect(system.output()).toContain("left the chain with a reorganisation");
  });

  test("a nonce that went to another transaction costs no settlement", { timeout: 40_000 }, async () => {
    const timestamp = await nextHour();
    const block = await system.chain.getBlock({ blockTag: "pending" });
    const nonce = await system.chain.getTransactionCount({ address: system.submitter.address });
    for (const hash of block.transactions)
      await system.chain.dropTransaction({ hash: hash as `0x${string}` });
    const other = await system
      .walletOf(1)
      .sendTransaction({ to: system.owner.address, value: 1n, nonce, gas: 21_000n });
    await mine();
    expect((await system.chain.getTransactionReceipt({ hash: other })).status).toBe("success");
    await allSettled(timestamp, 20_000);
    expect(system.output()).toContain("was used by a transaction that is not this oracle's");
  });

  test("a fee that the chain has outgrown is raised", { timeout: 60_000 }, async () => {
    const timestamp = await nextHour();
    for (let blocks = 0; blocks < 5; blocks++) {
      await system.chain.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("50") });
      await mine();
    }
    expect(await settledAt("home-01")).toBeLessThan(timestamp);
    await vi.waitFor(
      async () => {
        await mine();
        expect(await settledAt("home-01")).toBe(timestamp);
      },
      { timeout: 40_000, interval: 500 },
    );
    expect(system.output()).toContain("with a higher fee");
  });

  test("it does not start on another chain than the contracts'", { timeout: 30_000 }, async () => {
    const other = join(system.folder, "other");
    await mkdir(other);
    const record = JSON.parse(await readFile(join(system.folder, "deployments/31337.json"), "utf8"));
    await writeFile(
      join(other, "31337.json"),
      JSON.stringify({ ...record, genesisHash: `0x${"00".repeat(32)}` }),
    );
    const starting = system.startOracle({ PORT: "0", DATA_DIR: join(other, "data"), DEPLOYMENTS_DIR: other });
    await expect(starting).rejects.toThrow("is not the one that the contracts were deployed on");
  });
}
