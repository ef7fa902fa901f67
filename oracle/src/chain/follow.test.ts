import { makeLog } from "@enerlink/service/log";
import type { PublicClient } from "viem";
import { expect, test } from "vitest";
import { makeFollower } from "./follow.ts";

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
    client,
    chainId: 1,
    addresses: [],
    startBlock: 1n,
    final: undefined,
    acceptFork: undefined,
    pollInterval: 60_000,
    finality: 1,
    remember: () => {},
    log: makeLog({ level: "error" }),
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
