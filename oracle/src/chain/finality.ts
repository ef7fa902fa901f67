/**
 * The last block that can no longer be undone, and what happens when the chain undoes it after all: it is not followed
 * any more, until the operator says which chain to go on with.
 */

import { type Log, messageOf } from "@enerlink/service/log";
import type { Block, Hash, PublicClient } from "viem";

export type Head = Pick<Block<bigint, false, "latest">, "number" | "hash" | "timestamp" | "baseFeePerGas">;

/** A block that can no longer be undone. */
export type FinalBlock = { number: bigint; hash: Hash };

/** How many blocks make one final; or `finalized`: the chain says itself which are. */
export type Finality = number | "finalized";

export type FinalityNeeds = {
  client: PublicClient;
  finality: Finality;
  /** What `remember` was told last, in an earlier run. */
  final: FinalBlock | undefined;
  /** Hash of the block that now stands where a final one stood: the operator says to go on with it. */
  acceptFork: Hash | undefined;
  /** Told of every block that became final: its logs and those before need not be read again after a restart. */
  remember: (block: FinalBlock) => void;
  log: Log;
};

/** @returns undefined when the chain has no such block. @throws when no node answers. */
export async function hashAt(client: PublicClient, blockNumber: bigint): Promise<Hash | undefined> {
  return client.getBlock({ blockNumber }).then(
    ({ hash }) => hash,
    async (error) => {
      // A chain that is shorter now has no such block; one that does not answer says nothing.
      if ((await client.getBlockNumber({ cacheTime: 0 })) < blockNumber) return undefined;
      throw error;
    },
  );
}

export function makeFinality({ client, finality, final, acceptFork, remember, log }: FinalityNeeds) {
  let halted: string | undefined;

  /** Looks whether what was final still is; halts when not. */
  async function check(): Promise<void> {
    if (!final) return;
    const hash = await hashAt(client, final.number);
    if (hash === final.hash) return;
    const reason =
      `the chain was reorganised deeper than FINALITY_BLOCKS (${finality}): block ${final.number} was ${final.hash} and is ` +
      `${hash ?? "gone"}. Find out why; to go on with this chain, start with ACCEPT_FORK=${hash ?? "<its hash>"}`;
    if (!halted) log.error(`${reason}; nothing is signed or sent any more`);
    halted = reason;
  }

  /** Goes on with another chain where the operator accepted it. @returns whether that is so. */
  async function accept(): Promise<boolean> {
    const accepted =
      halted !== undefined &&
      acceptFork !== undefined &&
      acceptFork === (await hashAt(client, final!.number));
    if (!accepted) return false;
    log.warn(`going on with block ${acceptFork}, as ACCEPT_FORK says`);
    [halted, final] = [undefined, undefined];
    return true;
  }

  async function numberAt(head: Head): Promise<bigint> {
    if (finality !== "finalized") return head.number - BigInt(finality);
    const block = await client.getBlock({ blockTag: finality }).catch((error) => {
      throw new Error(
        `FINALITY_BLOCKS: the chain names no finalized block (${messageOf(error)}); say how many make one final`,
      );
    });
    return block.number;
  }

  /** Notes what became final with `head`; `seen` are heads whose hashes are known. */
  async function note(head: Head, seen: readonly Pick<Head, "number" | "hash">[], earliest: bigint) {
    const number = await numberAt(head);
    if (number < earliest || (final && number <= final.number)) return;
    const hash = seen.find((one) => one.number === number)?.hash ?? (await hashAt(client, number));
    if (!hash) return;
    final = { number, hash };
    remember(final);
  }

  return { check, accept, note, final: () => final, halted: () => halted };
}
