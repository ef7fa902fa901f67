/**
 * The chain's head, block after block: the node is asked every `pollInterval`, and each new head is announced with the
 * logs of the contracts up to it. Logs may come twice (after a restart or a reorganisation), never not at all.
 */
import type { Address, Block, Log as ChainLog, PublicClient } from "viem";
import { type Log, messageOf } from "../log.ts";

/** Blocks asked for in one `eth_getLogs`. */
const LOG_RANGE = 2_000n;

export type Head = Pick<Block<bigint, false, "latest">, "number" | "hash" | "timestamp" | "baseFeePerGas">;

export type HeadListener = (head: Head, change: { reorganised: boolean }) => void | Promise<void>;
export type LogListener = (logs: ChainLog<bigint, number, false>[]) => void | Promise<void>;

export type Follower = ReturnType<typeof makeFollower>;

export function makeFollower({
  client,
  addresses,
  fromBlock,
  pollInterval,
  finalityBlocks,
  remember,
  log,
}: {
  client: PublicClient;
  addresses: Address[];
  /** First block whose logs are wanted. */
  fromBlock: bigint;
  pollInterval: number;
  finalityBlocks: number;
  /** Told up to which block logs need not be read again after a restart. */
  remember: (block: bigint) => void;
  log: Log;
}) {
  const headListeners: HeadListener[] = [];
  const logListeners: LogListener[] = [];
  let head: Head | undefined;
  let next = fromBlock;
  let timer: NodeJS.Timeout | undefined;
  let running = true;
  let failing = false;
  let current: Promise<void> = Promise.resolve();

  /** Whether the block that was the head is still in the chain that `latest` ends. */
  async function stillThere(before: Head, latest: Head & { parentHash: string }): Promise<boolean> {
    if (latest.parentHash === before.hash) return true;
    if (latest.number <= before.number) return false;
    const block = await client.getBlock({ blockNumber: before.number });
    return block.hash === before.hash;
  }

  async function look(): Promise<void> {
    const latest = await client.getBlock();
    if (latest.hash === head?.hash) return;
    const reorganised = head !== undefined && !(await stillThere(head, latest));
    if (reorganised) {
      log.warn(`the chain was reorganised below block ${latest.number}`);
      const back = latest.number - BigInt(finalityBlocks);
      if (back < next) next = back > fromBlock ? back : fromBlock;
    }
    while (next <= latest.number) {
      const last = next + LOG_RANGE - 1n;
      const toBlock = last < latest.number ? last : latest.number;
      const logs = await client.getLogs({ address: addresses, fromBlock: next, toBlock });
      if (logs.length > 0) for (const listener of logListeners) await listener(logs);
      next = toBlock + 1n;
    }
    head = latest;
    const settled = latest.number - BigInt(finalityBlocks);
    if (settled >= fromBlock) remember(settled);
    for (const listener of headListeners) await listener(latest, { reorganised });
  }

  async function poll(): Promise<void> {
    try {
      await look();
      if (failing) log.info("the chain answers again");
      failing = false;
    } catch (error) {
      if (!failing) log.error(`the chain cannot be followed: ${messageOf(error)}; trying again`);
      failing = true;
    }
    if (running) {
      timer = setTimeout(() => {
        current = poll();
      }, pollInterval);
    }
  }

  return {
    onHead: (listener: HeadListener) => headListeners.push(listener),
    onLogs: (listener: LogListener) => logListeners.push(listener),
    /** The latest block seen. */
    head: (): Head => {
      if (!head) throw new Error("the chain has not been read yet");
      return head;
    },
    healthy: () => head !== undefined && !failing,
    /** Reads the head once, with all logs up to it, and then goes on by itself. Rejects when the first look fails. */
    start: async () => {
      await look();
      timer = setTimeout(() => {
        current = poll();
      }, pollInterval);
    },
    stop: async () => {
      running = false;
      clearTimeout(timer);
      await current;
    },
  };
}
