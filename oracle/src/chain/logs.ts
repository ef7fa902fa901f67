/** Logs of the contracts, as many blocks of them at once as the node gives. */

import { messageOf } from "@enerlink/service/log";
import {
  type Abi,
  type AbiEvent,
  type Address,
  type Log as ChainLog,
  type PublicClient,
  toEventSelector,
  parseEventLogs as viemParses,
} from "viem";

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

/** The events of an ABI by what their logs begin with. */
const known = new WeakMap<Abi, Map<string, AbiEvent[]>>();

function eventsOf(abi: Abi): Map<string, AbiEvent[]> {
  const before = known.get(abi);
  if (before) return before;
  const events = Map.groupBy(
    abi.filter((item) => item.type === "event"),
    toEventSelector,
  );
  known.set(abi, events);
  return events;
}

/**
 * As viem has it, which hashes every event's name again at each call, though there be no logs: a node looks at every
 * block so several times.
 */
export const parseEventLogs = ((given: { abi: Abi; logs: readonly ChainLog[] }) => {
  const topics = new Set(given.logs.map(({ topics: [topic] }) => topic ?? ""));
  const events = eventsOf(given.abi);
  const abi = [...topics].flatMap((topic) => events.get(topic) ?? []);
  return viemParses({ ...given, abi } as never);
}) as typeof viemParses;
