/** Logs of the contracts, as many blocks of them at once as the node gives. */

import { messageOf } from "@enerlink/service/log";
import type { Address, Log as ChainLog, PublicClient } from "viem";

/** Blocks asked for in one `eth_getLogs`; fewer where that would be too much for the node. */
const MOST_BLOCKS = 2_000n;
/** How nodes, and viem, say that an answer would be too large. */
const TOO_MUCH = /limit|too (?:large|many|big|wide)|more than|exceed|range/i;

export type Logs = ChainLog<bigint, number, false>[];

export function makeLogReader(client: Pick<PublicClient, "getLogs">, addresses: Address[]) {
  let range = MOST_BLOCKS;

  /** The logs from block `fromBlock` on. @returns them, and up to which block, at most `latest`, they are all. */
  return async function read(fromBlock: bigint, latest: bigint): Promise<{ logs: Logs; toBlock: bigint }> {
    for (;;) {
      const last = fromBlock + range - 1n;
      const toBlock = last < latest ? last : latest;
      try {
        const logs = await client.getLogs({ address: addresses, fromBlock, toBlock });
        range = range * 2n < MOST_BLOCKS ? range * 2n : MOST_BLOCKS;
        return { logs, toBlock };
      } catch (error) {
        if (range === 1n || !TOO_MUCH.test(messageOf(error))) throw error;
        range /= 2n;
      }
    }
  };
}
