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

type Entry = ChainLog & { eventName: string };

/** What logs say by an ABI: several parts of a node look at the same ones, some of them twice. */
const parsed = new WeakMap<ChainLog, Map<Abi, readonly Entry[]>>();

function entriesOf(abi: Abi, log: ChainLog): readonly Entry[] {
  const events = eventsOf(abi).get(log.topics[0] ?? "");
  if (!events) return [];
  const byAbi = parsed.get(log) ?? new Map<Abi, readonly Entry[]>();
  parsed.set(log, byAbi);
  const entries = byAbi.get(abi) ?? (viemParses({ abi: events, logs: [log] }) as unknown as Entry[]);
  byAbi.set(abi, entries);
  return entries;
}

/** As viem has it, which hashes every event's name again at each call, and decodes a log again for whoever looks at it. */
export const parseEventLogs = (({
  abi,
  logs,
  eventName,
}: {
  abi: Abi;
  logs: readonly ChainLog[];
  eventName?: string | readonly string[];
}) => {
  const wanted = eventName === undefined ? undefined : [eventName].flat();
  const entries = logs.flatMap((log) => entriesOf(abi, log));
  return wanted ? entries.filter((entry) => wanted.includes(entry.eventName)) : entries;
}) as unknown as typeof viemParses;
