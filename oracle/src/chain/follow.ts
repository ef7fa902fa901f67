/**
 * The chain's head, block after block: the node is asked every `pollInterval`, and each new head is announced with the
 * logs of the contracts up to it. Logs may come twice (after a restart or a reorganisation), never not at all. A chain
 * that takes back what was final is not followed any more.
 */
import type { Address, Block, Log as ChainLog, Hash, PublicClient } from "viem";
import { type Log, messageOf } from "../log.ts";

/** Blocks asked for in one `eth_getLogs`; fewer where that would be too much for the node. */
const LOG_RANGE = 2_000n;
/** How nodes, and viem, say that an answer would be too large. */
const TOO_MUCH = /limit|too (?:large|many|big|wide)|more than|exceed|range/i;
/** Heads that are remembered to find out where a reorganisation began. */
const REMEMBERED_HEADS = 256;
/** Looks in a row that show an earlier head, until it is believed that the chain has become shorter. */
const BEHIND_FOR = 20;

export type Head = Pick<Block<bigint, false, "latest">, "number" | "hash" | "timestamp" | "baseFeePerGas">;
/** A block that can no longer be undone. */
export type FinalBlock = { number: bigint; hash: Hash };

/** How many blocks make one final; or `finalized`: the chain says itself which are. */
export type Finality = number | "finalized";

export type HeadListener = (head: Head, change: { reorganised: boolean }) => void | Promise<void>;
export type LogListener = (logs: ChainLog<bigint, number, false>[]) => void | Promise<void>;
export type ReorganisationListener = (from: bigint) => void;

export type Follower = ReturnType<typeof makeFollower>;

export function makeFollower({
  client,
  chainId,
  addresses,
  startBlock,
  final,
  acceptFork,
  pollInterval,
  finality,
  remember,
  log,
}: {
  client: PublicClient;
  chainId: number;
  addresses: Address[];
  /** First block whose logs are of interest. */
  startBlock: bigint;
  /** What `remember` was told last, in an earlier run. */
  final: FinalBlock | undefined;
  /** Hash of the block that now stands where a final one stood: the operator says to go on with it. */
  acceptFork: Hash | undefined;
  pollInterval: number;
  finality: Finality;
  /** Told of every block that became final: its logs and those before need not be read again after a restart. */
  remember: (block: FinalBlock) => void;
  log: Log;
}) {
  const headListeners: HeadListener[] = [];
  const logListeners: LogListener[] = [];
  const reorganisationListeners: ReorganisationListener[] = [];
  /** Heads as they were seen, oldest first. */
  const seen: Pick<Head, "number" | "hash">[] = [];
  let head: Head | undefined;
  let range = LOG_RANGE;
  let next = final ? final.number + 1n : startBlock;
  let timer: NodeJS.Timeout | undefined;
  let running = true;
  let failing = false;
  let halted: string | undefined;
  let changedAt = Date.now();
  let behindSince: number | undefined;
  let current: Promise<void> = Promise.resolve();

  const hashAt = async (blockNumber: bigint): Promise<Hash | undefined> =>
    client.getBlock({ blockNumber }).then(
      ({ hash }) => hash,
      async (error) => {
        // A chain that is shorter now has no such block; one that does not answer says nothing.
        if ((await client.getBlockNumber({ cacheTime: 0 })) < blockNumber) return undefined;
        throw error;
      },
    );

  /** The last block that is still there of those seen before; -1 when none is. */
  async function ancestor(latest: Head): Promise<bigint> {
    for (const { number, hash } of seen.toReversed()) {
      if (number > latest.number) continue;
      if ((number === latest.number ? latest.hash : await hashAt(number)) === hash) return number;
    }
    return final?.number ?? -1n;
  }

  /** Whether `latest` follows the head without taking anything back. */
  async function follows(before: Head, latest: Head & { parentHash: string }): Promise<boolean> {
    if (latest.parentHash === before.hash) return true;
    return latest.number > before.number && (await hashAt(before.number)) === before.hash;
  }

  function halt(reason: string): void {
    if (!halted) log.error(`${reason}; nothing is signed or sent any more`);
    halted = reason;
  }

  /** Looks whether what was final still is. */
  async function checkFinal(): Promise<void> {
    if (!final) return;
    const hash = await hashAt(final.number);
    if (hash === final.hash) return;
    halt(
      `the chain was reorganised deeper than FINALITY_BLOCKS (${finality}): block ${final.number} was ${final.hash} and is ` +
        `${hash ?? "gone"}. Find out why; to go on with this chain, start with ACCEPT_FORK=${hash ?? "<its hash>"}`,
    );
  }

  /** The next logs, as many blocks of them as the node gives at once. */
  async function logsUpTo(latest: bigint) {
    for (;;) {
      const last = next + range - 1n;
      const toBlock = last < latest ? last : latest;
      try {
        const logs = await client.getLogs({ address: addresses, fromBlock: next, toBlock });
        range = range * 2n < LOG_RANGE ? range * 2n : LOG_RANGE;
        return { logs, toBlock };
      } catch (error) {
        if (range === 1n || !TOO_MUCH.test(messageOf(error))) throw error;
        range /= 2n;
      }
    }
  }

  async function look(): Promise<void> {
    const latest = await client.getBlock();
    if (latest.hash === head?.hash || halted) return;
    // A node that lags behind shows an earlier head of the same chain.
    const behind = seen.some(({ number, hash }) => number < (head?.number ?? 0n) && hash === latest.hash);
    behindSince = behind ? (behindSince ?? Date.now()) : undefined;
    if (behindSince !== undefined && Date.now() - behindSince < pollInterval * BEHIND_FOR) return;
    const reorganised = head !== undefined && !(await follows(head, latest));
    if (reorganised) {
      await checkFinal();
      if (halted) return;
      const from = (await ancestor(latest)) + 1n;
      log.warn(`the chain was reorganised from block ${from} on`);
      for (const listener of reorganisationListeners) listener(from);
      if (from < next) next = from > startBlock ? from : startBlock;
    }
    while (next <= latest.number) {
      const { logs, toBlock } = await logsUpTo(latest.number);
      if (logs.length > 0) for (const listener of logListeners) await listener(logs);
      next = toBlock + 1n;
    }
    head = latest;
    changedAt = Date.now();
    while (seen.length > 0 && seen.at(-1)!.number >= latest.number) seen.pop();
    seen.push(latest);
    if (seen.length > REMEMBERED_HEADS) seen.shift();
    await noteFinal(await finalNumber(latest));
    for (const listener of headListeners) await listener(latest, { reorganised });
  }

  async function finalNumber({ number }: Head): Promise<bigint> {
    if (finality !== "finalized") return number - BigInt(finality);
    const block = await client.getBlock({ blockTag: finality }).catch((error) => {
      throw new Error(
        `FINALITY_BLOCKS: the chain names no finalized block (${messageOf(error)}); say how many make one final`,
      );
    });
    return block.number;
  }

  async function noteFinal(number: bigint): Promise<void> {
    if (number < startBlock || (final && number <= final.number)) return;
    const hash = seen.find((one) => one.number === number)?.hash ?? (await hashAt(number));
    if (!hash) return;
    final = { number, hash };
    remember(final);
  }

  async function poll(): Promise<void> {
    try {
      // Another node may answer now.
      if (failing && (await client.getChainId()) !== chainId)
        throw new Error("RPC_URL serves another chain now");
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
    /** Told before the logs from block `from` on are read again. */
    onReorganisation: (listener: ReorganisationListener) => reorganisationListeners.push(listener),
    /** The latest block seen. */
    head: (): Head => {
      if (!head) throw new Error("the chain has not been read yet");
      return head;
    },
    /** The last block that can no longer be undone. */
    final: () => final,
    healthy: () => head !== undefined && !failing,
    /** Milliseconds since the head changed. */
    age: () => Date.now() - changedAt,
    /** Why the chain is not followed any more, if so. */
    halted: () => halted,
    /**
     * Reads the head once, with all logs up to it, and then goes on by itself. Rejects when the first look fails.
     * @returns whether the operator accepted another chain than the one that was final, so that all logs were read again.
     */
    start: async () => {
      await checkFinal();
      const accepted =
        halted !== undefined && acceptFork !== undefined && acceptFork === (await hashAt(final!.number));
      if (accepted) {
        log.warn(`going on with block ${acceptFork}, as ACCEPT_FORK says`);
        for (const listener of reorganisationListeners) listener(0n);
        [halted, final, next] = [undefined, undefined, startBlock];
      }
      await look();
      // Even a chain that is not followed has a head.
      head ??= await client.getBlock();
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
