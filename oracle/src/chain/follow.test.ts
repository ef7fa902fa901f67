import { makeLog } from "@enerlink/service/log";
import type { PublicClient } from "viem";
import { expect, test, vi } from "vitest";
import { makeFollower } from "./follow.ts";

/** What a follower needs beside a client. */
const usual = {
  chainId: 1,
  addresses: [],
  startBlock: 1n,
  final: undefined,
  acceptFork: undefined,
  pollInterval: 100,
  finality: 1,
  remember: () => {},
  log: makeLog({ level: "silent" }),
};
const hash = (number: bigint) => `0x${number.toString(16).padStart(64, "0")}` as const;

test("a node that gives few logs at once is asked for fewer blocks at once, and none is missed", async () => {
  const HEAD = 5_000n;
  const asked: bigint[] = [];
  const block = (number: bigint) => ({ number, hash: hash(number), parentHash: hash(number - 1n) });
  const client = {
    getBlock: async ({ blockNumber = HEAD } = {}) => block(blockNumber),
    getLogs: async ({ fromBlock, toBlock }: { fromBlock: bigint; toBlock: bigint }) => {
      asked.push(toBlock - fromBlock + 1n);
      if (toBlock - fromBlock + 1n > 300n) throw new Error("query returned more than 10000 results");
      return [{ fromBlock, toBlock }];
    },
  } as unknown as PublicClient;
  const follower = makeFollower({
    ...usual,
    client,
    pollInterval: 60_000,
  });
  const seen: { fromBlock: bigint; toBlock: bigint }[] = [];
  follower.onLogs((logs) => void seen.push(...(logs as never[])));
  await follower.start();
  await follower.stop();
  let next = 1n;
  for (const { fromBlock, toBlock } of seen) {
    expect(fromBlock).toBe(next);
    next = toBlock + 1n;
  }
  expect(next).toBe(HEAD + 1n);
  expect(asked.length).toBeLessThan(60);
});

test("what was replaced by a longer chain is never taken for the block that is final at its height", async () => {
  /** By height: a block's fork. Of the first fork are 1 to 8, then 7 to 12 are of another. */
  let forks = Array.from({ length: 9 }, () => 0n);
  const hashOf = (number: bigint) => hash(number * 10n + forks[Number(number)]!);
  const block = (number: bigint) => ({
    number,
    hash: hashOf(number),
    parentHash: hash(0n),
    timestamp: number,
  });
  const client = {
    getBlock: async ({ blockNumber = BigInt(forks.length - 1) } = {}) => block(blockNumber),
    getBlockNumber: async () => BigInt(forks.length - 1),
    getLogs: async () => [],
  } as unknown as PublicClient;
  const remembered: string[] = [];
  vi.useFakeTimers();
  const follower = makeFollower({
    ...usual,
    client,
    finality: 4,
    remember: ({ number, hash: its }) => void remembered.push(`${number} ${its === hashOf(number)}`),
  });
  try {
    await follower.start();
    for (const length of [9, 10]) {
      forks = Array.from({ length }, () => 0n);
      await vi.advanceTimersByTimeAsync(150);
    }
    forks = Array.from({ length: 13 }, (_, number) => (number < 7 ? 0n : 1n));
    await vi.advanceTimersByTimeAsync(150);
    expect(remembered.at(-1)).toBe("8 true");
    expect(follower.halted()).toBeUndefined();
  } finally {
    await follower.stop();
    vi.useRealTimers();
  }
});

test("a chain that rings is looked at seldom, at once when it rings, and once more when it rang meanwhile", async () => {
  let head = 1n;
  let looks = 0;
  let [rings, ring] = [false, () => {}];
  /** Resolves what a look asks for. */
  let answer: (() => void) | undefined;
  const client = {
    getBlock: async ({ blockNumber }: { blockNumber?: bigint } = {}) => {
      const number = blockNumber ?? head;
      if (blockNumber === undefined) looks++;
      if (answer) await new Promise<void>((resolve) => (answer = resolve));
      return { number, hash: hash(number), parentHash: hash(number - 1n), timestamp: number };
    },
    getBlockNumber: async () => head,
    getLogs: async () => [],
  } as unknown as PublicClient;
  vi.useFakeTimers();
  const follower = makeFollower({
    ...usual,
    client,
    bell: {
      start: (listener) => {
        ring = listener;
      },
      stop: () => {},
      rings: () => rings,
      seen: () => {},
    },
  });
  const looksIn = async (milliseconds: number, rung = 0) => {
    const before = looks;
    for (let times = 0; times < rung; times++) ring();
    await vi.advanceTimersByTimeAsync(milliseconds);
    return looks - before;
  };
  try {
    await follower.start();
    expect(await looksIn(1_000)).toBe(10);
    rings = true;
    expect(await looksIn(0, 1)).toBe(1);
    expect(await looksIn(4_000)).toBe(2);
    head = 2n;
    ring();
    await vi.advanceTimersByTimeAsync(0);
    expect(follower.head().number).toBe(2n);

    answer = () => {};
    expect(await looksIn(0, 1)).toBe(1);
    const first = answer;
    // What is answered now may have been true before the block came.
    head = 3n;
    expect(await looksIn(0, 2)).toBe(0);
    answer = undefined;
    first();
    expect(await looksIn(0)).toBe(1);
    expect(follower.head().number).toBe(3n);

    rings = false;
    expect(await looksIn(1_000, 1)).toBe(11);
  } finally {
    await follower.stop();
    vi.useRealTimers();
  }
});
