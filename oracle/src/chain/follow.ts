/**
 * The chain's head, block after block: the node is asked every `pollInterval`, or when its bell (`bell.ts`) rings, and each
 * new head is announced with the logs of the contracts up to it. Logs may come twice (after a restart or a reorganisation),
 * never not at all. A chain that takes back what was final (`finality.ts`) is not followed any more.
 */

import { makeTrouble } from "@enerlink/service/trouble";
import type { Address, PublicClient } from "viem";
import { type Timer, time } from "../seams/time.ts";
import type { Bell } from "./bell.ts";
import { type FinalityNeeds, type Head, hashAt, makeFinality } from "./finality.ts";
import { type Logs, makeLogReader } from "./logs.ts";

/** Heads that are remembered to find out where a reorganisation began. */
const REMEMBERED_HEADS = 256;
/** Looks in a row that show an earlier head, until it is believed that the chain has become shorter. */
const BEHIND_FOR = 20;
/** Milliseconds between two looks while a bell rings, at least: it may be overheard, and a chain that is gone rings none. */
const BESIDE_A_BELL = 2_000;

export type { FinalBlock, Finality, Head } from "./finality.ts";

export type HeadListener = (head: Head) => void | Promise<void>;
export type LogListener = (logs: Logs) => void | Promise<void>;
export type ReorganisationListener = (from: bigint) => void;

export type Follower = ReturnType<typeof makeFollower>;

type Needs = FinalityNeeds & {
  chainId: number;
  addresses: Address[];
  /** First block whose logs are of interest. */
  startBlock: bigint;
  pollInterval: number;
  /** Tells when there is a reason to look. */
  bell?: Bell | undefined;
};

export function makeFollower(needs: Needs) {
  const { client, chainId, addresses, startBlock, pollInterval, bell, log } = needs;
  const headListeners: HeadListener[] = [];
  const logListeners: LogListener[] = [];
  const reorganisationListeners: ReorganisationListener[] = [];
  const finality = makeFinality(needs);
  const logsFrom = makeLogReader(client, addresses);
  const heads = makeHeads(client, pollInterval * BEHIND_FOR);
  let head: Head | undefined;
  let next = needs.final ? needs.final.number + 1n : startBlock;
  let changedAt = time.elapsed();

  function rewind(from: bigint): void {
    for (const listener of reorganisationListeners) listener(from);
    if (from < next) next = from > startBlock ? from : startBlock;
  }

  async function look(): Promise<void> {
    const latest = await client.getBlock();
    if (latest.hash === head?.hash || finality.halted() || heads.lags(latest, head)) return;
    const reorganised = head !== undefined && !(await heads.follows(head, latest));
    if (reorganised) {
      await finality.check();
      if (finality.halted()) return;
      const from = ((await heads.ancestor(latest)) ?? finality.final()?.number ?? -1n) + 1n;
      log.warn(`the chain was reorganised from block ${from} on`);
      heads.forget(from);
      rewind(from);
    }
    while (next <= latest.number) {
      const { logs, toBlock } = await logsFrom(next, latest.number);
      if (logs.length > 0) for (const listener of logListeners) await listener(logs);
      next = toBlock + 1n;
    }
    head = latest;
    changedAt = time.elapsed();
    bell?.seen();
    heads.remember(latest);
    await finality.note(latest, heads.seen, startBlock);
    for (const listener of headListeners) await listener(latest);
  }

  const loop = makeLoop({ look, client, chainId, pollInterval, bell, log });

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
    final: finality.final,
    healthy: () => head !== undefined && !loop.failing(),
    /** Milliseconds since the head changed. */
    age: () => time.elapsed() - changedAt,
    /** Why the chain is not followed any more, if so. */
    halted: finality.halted,
    /** Reads the head once, with all logs up to it, and then goes on by itself. Rejects when the first look fails. */
    start: async () => {
      await finality.check();
      // All logs are read again when the operator accepted another chain than the one that was final.
      if (await finality.accept()) rewind(0n);
      await look();
      // Even a chain that is not followed has a head.
      head ??= await client.getBlock();
      loop.start();
    },
    stop: loop.stop,
  };
}

/** Heads as they were seen, oldest first, and how a new one relates to them. */
function makeHeads(client: PublicClient, patience: number) {
  const seen: Pick<Head, "number" | "hash">[] = [];
  let behindSince: number | undefined;
  return {
    seen,
    remember(latest: Head): void {
      while (seen.length > 0 && seen.at(-1)!.number >= latest.number) seen.pop();
      seen.push(latest);
      if (seen.length > REMEMBERED_HEADS) seen.shift();
    },
    /** Blocks from `from` on were replaced: none of them may be taken for the one that is final at its height. */
    forget(from: bigint): void {
      while (seen.length > 0 && seen.at(-1)!.number >= from) seen.pop();
    },
    /** Whether `latest` is an earlier head of the same chain, as a node that lags behind shows it; for a while. */
    lags(latest: Head, head: Head | undefined): boolean {
      const behind = seen.some(({ number, hash }) => number < (head?.number ?? 0n) && hash === latest.hash);
      behindSince = behind ? (behindSince ?? time.elapsed()) : undefined;
      return behindSince !== undefined && time.elapsed() - behindSince < patience;
    },
    /** Whether `latest` follows `before` without taking anything back. */
    async follows(before: Head, latest: Head & { parentHash: string }): Promise<boolean> {
      if (latest.parentHash === before.hash) return true;
      return latest.number > before.number && (await hashAt(client, before.number)) === before.hash;
    },
    /** The last block that is still there of those seen before, if one is. */
    async ancestor(latest: Head): Promise<bigint | undefined> {
      for (const { number, hash } of seen.toReversed()) {
        if (number > latest.number) continue;
        const now = number === latest.number ? latest.hash : await hashAt(client, number);
        if (now === hash) return number;
      }
      return undefined;
    },
  };
}

/** Looks every `pollInterval` and when the bell rings, whatever becomes of it; a trouble and its end are each said once. */
function makeLoop({
  look,
  client,
  chainId,
  pollInterval,
  bell,
  log,
}: Pick<Needs, "client" | "chainId" | "pollInterval" | "bell" | "log"> & { look: () => Promise<void> }) {
  let timer: Timer | undefined;
  let running = true;
  let looking = false;
  /** It rang while the chain was looked at: what was seen may be older. */
  let rang = false;
  const trouble = makeTrouble("following the chain", log);
  let current: Promise<void> = Promise.resolve();

  async function poll(): Promise<void> {
    try {
      // Another node may answer now.
      if (trouble.lasts() && (await client.getChainId()) !== chainId)
        throw new Error("RPC_URL serves another chain now");
      await look();
      trouble.done();
    } catch (error) {
      trouble.failed(error);
    }
    looking = false;
    if (running) later();
  }

  function now(): void {
    time.clear(timer);
    [looking, rang] = [true, false];
    current = poll();
  }

  function later(): void {
    const pause = bell?.rings() ? Math.max(pollInterval, BESIDE_A_BELL) : pollInterval;
    timer = time.setTimeout(now, rang ? 0 : pause);
  }

  function heard(): void {
    if (looking) rang = true;
    else now();
  }

  return {
    start: () => {
      later();
      bell?.start(heard);
    },
    failing: trouble.lasts,
    stop: async () => {
      running = false;
      bell?.stop();
      time.clear(timer);
      await current;
    },
  };
}
