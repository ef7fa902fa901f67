/** A chain that reorganises, raises its fees, gives the oracle's nonce away, or is seen through a node that fails or lies. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { energyConverterAbi } from "@enerlink/protocol";
import { type Hex, parseGwei } from "viem";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { whole } from "../../test/whole.ts";
import { checkLaw, makeReplay, type Replay } from "./replay.ts";
import { type RpcFault, rpcFaults, startRpcProxy } from "./rpc-proxy.ts";
import { type ChainKind, startTestSystem, type TestSystem } from "./system.ts";

const FINALITY = 10;

export function chainTrouble(kind: ChainKind) {
  const start = Math.floor(Date.now() / 3_600_000) * 3_600 - 27 * 3_600;
  let system: TestSystem;
  let replay: Replay;
  let proxy: Awaited<ReturnType<typeof startRpcProxy>>;

  const settings = (extra: Record<string, string> = {}) => ({
    RPC_URL: proxy.url,
    FINALITY_BLOCKS: String(FINALITY),
    POLL_INTERVAL: "50",
    RESEND_AFTER: "800",
    ...extra,
  });
  const settledAt = async (serial: string) => (await system.settled(serial))[4];
  const pending = () => system.chain.getBlockTransactionCount({ blockTag: "pending" });

  /** The next recorded hour comes in; resolves when its settlement waits to be mined. */
  async function nextHour(): Promise<number> {
    await replay.hour();
    await vi.waitFor(async () => expect(await pending()).toBeGreaterThan(0), {
      interval: 10,
    });
    return replay.time();
  }

  /** The next recorded hour comes in while nothing can be sent. @returns its time. */
  async function hourWithout(): Promise<number> {
    await replay.hour();
    await replay.mine();
    return replay.time();
  }

  /** How many transactions fared like that. */
  async function count(outcome: string): Promise<number> {
    const text = await (await fetch(`${system.oracleUrl}/metrics`)).text();
    return Number(
      new RegExp(`^enerlink_transactions_total{outcome="${outcome}"} (\\d+)$`, "m").exec(text)![1],
    );
  }

  /** The contract settles nothing of the committee, or does again. */
  async function pause(paused: boolean): Promise<void> {
    const { energyConverter, oracleCommittee } = system.deployment.contracts;
    const hash = await system.walletOf(0).writeContract({
      address: energyConverter,
      abi: energyConverterAbi,
      functionName: "pauseReporter",
      args: [oracleCommittee, paused],
      gas: 200_000n,
    });
    await replay.mine();
    expect((await system.chain.getTransactionReceipt({ hash })).status).toBe("success");
  }

  /** @returns what takes back the blocks that come after this moment, and puts others in their place. */
  async function mark(): Promise<() => Promise<void>> {
    if (kind === "hardhat") {
      const id = await system.chain.snapshot();
      return async () => {
        await system.chain.revert({ id });
        await system.chain.setAutomine(false);
        await replay.block();
      };
    }
    const before = await system.chain.getBlockNumber({ cacheTime: 0 });
    return async () => {
      const depth = Number((await system.chain.getBlockNumber({ cacheTime: 0 })) - before);
      await system.chain.request({ method: "anvil_reorg", params: [depth, []] } as never);
    };
  }

  /** What the oracle says of the newest settlements. */
  async function told() {
    const url = `${system.oracleUrl}/api/v1/energy/settlements?limit=${system.serials.length}`;
    const { items } = (await (await fetch(url)).json()) as { items: { status: string; timestamp: string }[] };
    return items.map(({ status, timestamp }) => `${status} ${Date.parse(timestamp) / 1_000}`);
  }
  const alertIs = (kind: string, open: 0 | 1) =>
    vi.waitFor(
      async () =>
        expect(await (await fetch(`${system.oracleUrl}/metrics`)).text()).toContain(
          `enerlink_alerts_open{kind="${kind}"} ${open}`,
        ),
      { interval: 100 },
    );
  const tellsOf = (timestamp: number) =>
    vi.waitFor(async () => expect(await told()).toEqual(system.serials.map(() => `settled ${timestamp}`)), {
      interval: 50,
    });

  beforeAll(async () => {
    system = await startTestSystem(start - 3_600, { chain: kind });
    proxy = await startRpcProxy(system.rpcUrl);
    await system.startOracle(settings());
    await system.chain.setAutomine(false);
    replay = makeReplay(system, start);
    await nextHour();
    await replay.settled();
  });
  afterAll(async () => {
    await proxy?.stop();
    await system?.stop();
  });

  test("what a reorganisation takes out is sent again", async () => {
    const takeBack = await mark();
    const timestamp = await nextHour();
    await replay.settled();
    await tellsOf(timestamp);
    // Only what the node has noted as mined can leave the chain, the hour before included.
    await vi.waitFor(async () => expect(await count("mined")).toBe(await count("sent")));
    await takeBack();
    expect(await settledAt("home-01")).toBeLessThan(timestamp);
    await replay.settled();
    await tellsOf(timestamp);
    expect(system.output()).toContain("left the chain with a reorganisation");
    await checkLaw(system, replay);
  });

  test("a nonce that went to another transaction costs no settlement", async () => {
    await nextHour();
    const block = await system.chain.getBlock({ blockTag: "pending" });
    const nonce = await system.chain.getTransactionCount({ address: system.submitter.address });
    for (const hash of block.transactions) await system.chain.dropTransaction({ hash: hash as Hex });
    const other = await system
      .walletOf(1)
      .sendTransaction({ to: system.owner.address, value: 1n, nonce, gas: 21_000n });
    await replay.mine();
    expect((await system.chain.getTransactionReceipt({ hash: other })).status).toBe("success");
    await replay.settled();
    expect(system.output()).toContain("was used by a transaction that is not this oracle's");
    await checkLaw(system, replay);
  });

  test("a fee that the chain has outgrown is raised", async () => {
    const timestamp = await nextHour();
    for (let blocks = 0; blocks < 5; blocks++) {
      await system.chain.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("50") });
      await replay.block();
    }
    expect(await settledAt("home-01")).toBeLessThan(timestamp);
    await vi.waitFor(
      async () => {
        await replay.block();
        expect(await settledAt("home-01")).toBe(timestamp);
      },
      { interval: 500 },
    );
    expect(system.output()).toContain("with a higher fee");
  });

  // What the oracle does about the rest does not depend on how a node reorganises, mines or asks fees.
  if (kind === "hardhat" && !whole) return;

  test("a node that fails, refuses or lies for a while delays settlements, and does no more", async () => {
    const skipped = () => system.output().match(/the converter skipped/g)?.length ?? 0;
    const before = skipped();
    for (const fault of rpcFaults as readonly RpcFault[]) {
      await proxy.fail(fault);
      await replay.hour();
      for (let block = 0; block < 6; block++) {
        await sleep(120);
        await replay.mine();
      }
      await proxy.fail(undefined);
      await replay.settled(system.serials, 20).catch((error) => {
        throw new Error(`after "${fault}": ${error.message}`);
      });
      // A node that wants more gets more.
      if (fault === "underpriced") expect(await count("bumped")).toBeGreaterThan(0);
    }
    expect(skipped()).toBe(before);
    await checkLaw(system, replay);
    expect(await count("reverted")).toBe(0);
  });

  test("without money nothing is sent and it is said; with money all of it is", async () => {
    const { address } = system.submitter;
    const value = await system.chain.getBalance({ address });
    await system.chain.setBalance({ address, value: 0n });
    const timestamp = await hourWithout();
    await alertIs("transactions", 1);
    expect(await settledAt("home-01")).toBeLessThan(timestamp);
    await system.chain.setBalance({ address, value });
    await replay.settled();
    await alertIs("transactions", 0);
    await checkLaw(system, replay);
  });

  test("a batch that would revert is not sent, and is settled once the contract takes it", async () => {
    const { address } = system.submitter;
    const sent = await system.chain.getTransactionCount({ address });
    await pause(true);
    const timestamp = await hourWithout();
    await alertIs("transactions", 1);
    expect(system.output()).toContain("they would revert: ReporterIsPaused");
    expect(await system.chain.getTransactionCount({ address })).toBe(sent);
    expect(await settledAt("home-01")).toBeLessThan(timestamp);
    await pause(false);
    await replay.settled();
    await alertIs("transactions", 0);
    expect(await count("reverted")).toBe(0);
  });

  test("a batch that no node takes gives its nonce to one that does nothing, and is settled in parts", async () => {
    const { gasLimit } = await system.chain.getBlock();
    // Room for three reports; five meters wait.
    await system.chain.setBlockGasLimit({ gasLimit: 700_000n });
    const before = await system.chain.getBlockNumber({ cacheTime: 0 });
    const timestamp = await hourWithout();
    await replay.settled();
    expect(await settledAt("home-01")).toBe(timestamp);
    const batches = await system.chain.getContractEvents({
      address: system.deployment.contracts.energyConverter,
      abi: energyConverterAbi,
      eventName: "MeterSettled",
      fromBlock: before + 1n,
    });
    expect(new Set(batches.map(({ transactionHash }) => transactionHash)).size).toBeGreaterThan(1);
    await system.chain.setBlockGasLimit({ gasLimit });
    await proxy.fail("refused");
    const given = await count("given-up");
    await hourWithout();
    await vi.waitFor(async () => expect(await count("given-up")).toBeGreaterThan(given));
    await proxy.fail(undefined);
    await replay.settled();
    await checkLaw(system, replay);
  });

  test("a fee above the highest allowed is never paid: the same bytes are sent on, and it is said", async () => {
    await system.stopOracle("SIGTERM");
    await system.startOracle(settings({ MAX_FEE_GWEI: "60" }));
    const timestamp = await nextHour();
    await vi.waitFor(
      async () => {
        await system.chain.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("500") });
        await replay.block();
        expect(system.output()).toContain("waits at the highest fee that it may pay");
      },
      { interval: 250 },
    );
    expect(await settledAt("home-01")).toBeLessThan(timestamp);
    await alertIs("transactions", 1);
    // What could only revert by the time it is mined does not stay.
    const given = await count("given-up");
    await pause(true);
    await vi.waitFor(async () => expect(await count("given-up")).toBe(given + 1));
    await pause(false);
    await system.chain.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("1") });
    await replay.block();
    await system.chain.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("1") });
    await replay.settled();
    await alertIs("transactions", 0);
    const block = await system.chain.getBlock({ includeTransactions: true });
    for (const { maxFeePerGas } of block.transactions)
      expect(maxFeePerGas).toBeLessThanOrEqual(parseGwei("60"));
  });

  test("final is what the chain calls finalized, where that is asked for", async () => {
    await system.stopOracle("SIGTERM");
    await system.startOracle(settings({ FINALITY_BLOCKS: "finalized" }));
    const timestamp = await nextHour();
    await replay.settled();
    await tellsOf(timestamp);
    const newest = async () => {
      const url = `${system.oracleUrl}/api/v1/energy/settlements?limit=1`;
      const { items } = (await (await fetch(url)).json()) as {
        items: { final: boolean; blockNumber: string }[];
      };
      return items[0]!;
    };
    for (let blocks = 0; ; blocks++) {
      const { number } = await system.chain.getBlock({ blockTag: "finalized" });
      const { blockNumber } = await newest();
      if (BigInt(blockNumber) <= number) break;
      expect((await newest()).final).toBe(false);
      expect(blocks).toBeLessThan(5);
      await replay.block();
    }
    await vi.waitFor(async () => expect((await newest()).final).toBe(true));
  });

  test("a reorganisation deeper than finality stops everything, until the operator says to go on", async () => {
    await system.stopOracle("SIGTERM");
    await system.startOracle(settings({ FINALITY_BLOCKS: "2" }));
    const takeBack = await mark();
    const timestamp = await nextHour();
    await replay.settled();
    await tellsOf(timestamp);
    for (let blocks = 0; blocks < 4; blocks++) await replay.block();
    await vi.waitFor(async () => {
      const url = `${system.oracleUrl}/api/v1/energy/settlements?limit=1`;
      const { items } = (await (await fetch(url)).json()) as { items: { final: boolean }[] };
      expect(items[0]!.final).toBe(true);
    });
    await takeBack();
    for (let blocks = 0; blocks < 3; blocks++) await replay.block();
    const ready = async () => {
      const body = await (await fetch(`${system.oracleUrl}/ready`)).json();
      return (body as { reasons: string[] }).reasons.join();
    };
    await vi.waitFor(async () => expect(await ready()).toContain("deeper than FINALITY_BLOCKS"));
    await alertIs("halted", 1);

    await replay.hour();
    const stays = async () => {
      for (let block = 0; block < 10; block++) {
        await sleep(100);
        await replay.mine();
      }
      expect(await settledAt("home-01")).toBeLessThan(timestamp);
    };
    await stays();
    // Not by a restart either.
    await system.stopOracle("SIGTERM");
    await system.startOracle(settings({ FINALITY_BLOCKS: "2" }));
    expect(await ready()).toContain("deeper than FINALITY_BLOCKS");
    await stays();

    const hash = /ACCEPT_FORK=(0x\w{64})/.exec(await ready())![1]!;
    await system.stopOracle("SIGTERM");
    await system.startOracle(settings({ FINALITY_BLOCKS: "2", ACCEPT_FORK: hash }));
    await replay.settled();
    await checkLaw(system, replay);
  });

  test("it does not start on another chain than the contracts'", async () => {
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
