/** Slots that the pool cleared, whoever sent the transaction, as the chain has them. */
import { slotPoolAbi, slotShareOf } from "@enerlink/protocol";
import type { Log } from "@enerlink/service/log";
import { type Address, type Hex, isAddressEqual } from "viem";
import { type Logs, parseEventLogs } from "../chain/logs.ts";
import type { Metrics } from "../metrics.ts";
import type { Database } from "../store/database.ts";

export type ClearedSlot = {
  communityId: number;
  /** Unix seconds. */
  slotEnd: number;
  /** IDRS base units a Wh; 0 where nothing was shared. */
  price: bigint;
  sharedWh: bigint;
  /** Of all who were read. */
  surplusWh: bigint;
  needWh: bigint;
  /** How many there are, and how many of them were read at the slot's end. */
  members: number;
  present: number;
  transactionHash: Hex;
  blockNumber: bigint;
  final: boolean;
};

/** What the members of a slot counted, by its words of `SlotCleared`. */
function sidesOf(amounts: readonly bigint[]): { surplusWh: bigint; needWh: bigint } {
  let [surplusWh, needWh] = [0n, 0n];
  for (const share of amounts.map(slotShareOf)) {
    if (!share) continue;
    const countedWh = share.sharedWh + share.utilityWh + share.leftWh;
    if (share.side === "SOLD") surplusWh += countedWh;
    else needWh += countedWh;
  }
  return { surplusWh, needWh };
}
const bitsIn = (bits: bigint) => bits.toString(2).replaceAll("0", "").length;

/** What the pool's event says. */
export const clearedIn = ({
  args: { communityId, slotEnd, price, sharedWh, present, amounts },
  transactionHash,
  blockNumber,
}: {
  args: {
    communityId: number;
    slotEnd: number;
    price: bigint;
    sharedWh: bigint;
    present: bigint;
    amounts: readonly bigint[];
  };
  transactionHash: Hex;
  blockNumber: bigint;
}): Omit<ClearedSlot, "final"> => ({
  ...{ communityId, slotEnd, price, sharedWh, transactionHash, blockNumber },
  ...sidesOf(amounts),
  members: amounts.length,
  present: bitsIn(present),
});

type Row = {
  community_id: bigint;
  slot_end: bigint;
  price: bigint;
  shared_wh: bigint;
  surplus_wh: bigint;
  need_wh: bigint;
  members: bigint;
  present: bigint;
  hash: Hex;
  block_number: bigint;
  final: bigint;
};

const clearedOf = (row: Row): ClearedSlot => ({
  communityId: Number(row.community_id),
  slotEnd: Number(row.slot_end),
  price: row.price,
  sharedWh: row.shared_wh,
  surplusWh: row.surplus_wh,
  needWh: row.need_wh,
  members: Number(row.members),
  present: Number(row.present),
  transactionHash: row.hash,
  blockNumber: row.block_number,
  final: row.final === 1n,
});

export type ClearedLog = ReturnType<typeof makeClearedLog>;

/** Those that are stored, as they are read. */
export function makeClearedLog(database: Database) {
  const rows = database.prepare<unknown[], Row>(
    `SELECT * FROM cleared_slots WHERE (:community IS NULL OR community_id = :community)
     AND slot_end >= :from AND slot_end < :to AND (slot_end, community_id) < (:before, :beforeCommunity)
     ORDER BY slot_end DESC, community_id DESC LIMIT :limit`,
  );
  return {
    /** Cleared slots before `before`, newest first, of one community or all; whose ends are within `span`. */
    page: (
      community: number | undefined,
      { from, to }: { from: number; to: number },
      before: { slotEnd: number; communityId: number } | undefined,
      limit: number,
    ): ClearedSlot[] =>
      rows
        .all({
          ...{ community: community ?? null, from, to, limit },
          before: before?.slotEnd ?? to,
          beforeCommunity: before?.communityId ?? 0,
        })
        .map(clearedOf),
  };
}

export type Cleared = ReturnType<typeof makeCleared>;

export function makeCleared({
  database,
  slotPool,
  metrics,
  log,
}: {
  database: Database;
  slotPool: Address;
  metrics: Metrics;
  log: Log;
}) {
  const insert = database.prepare(
    `INSERT INTO cleared_slots (community_id, slot_end, price, shared_wh, surplus_wh, need_wh, members, present, hash, block_number)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET price = excluded.price, shared_wh = excluded.shared_wh, surplus_wh = excluded.surplus_wh,
       need_wh = excluded.need_wh, members = excluded.members, present = excluded.present, hash = excluded.hash,
       block_number = excluded.block_number
     WHERE hash <> excluded.hash OR block_number <> excluded.block_number`,
  );
  const forget = database.prepare("DELETE FROM cleared_slots WHERE block_number >= ?");
  const markFinal = database.prepare(
    "UPDATE cleared_slots SET final = 1 WHERE final = 0 AND block_number <= ?",
  );

  const note = database.transaction((logs: Logs): number[] => {
    const own = logs.filter(({ address }) => isAddressEqual(address, slotPool));
    const slots = parseEventLogs({ abi: slotPoolAbi, eventName: "SlotCleared", logs: own }).map(clearedIn);
    for (const { communityId, slotEnd, price, sharedWh, surplusWh, needWh, ...rest } of slots) {
      const { members, present, transactionHash, blockNumber } = rest;
      const amounts = [price, sharedWh, surplusWh, needWh];
      const { changes } = insert.run(
        ...[communityId, slotEnd, ...amounts, members, present, transactionHash, blockNumber],
      );
      if (changes === 0) continue;
      metrics.clearedSlots.inc();
      log.info(
        {
          community: communityId,
          slotEnd,
          price,
          sharedWh,
          transaction: transactionHash,
          block: blockNumber,
        },
        "slot cleared",
      );
    }
    return slots.map(({ communityId }) => communityId);
  });

  return {
    /** Notes what was cleared. @returns the communities whose slots were. */
    onLogs: (logs: Logs): number[] => note(logs),
    /** Blocks up to `upTo` cannot be undone. */
    finalUpTo: (upTo: bigint): void => void markFinal.run(upTo),
    /** Blocks from `from` on were replaced by others. */
    reorganised: (from: bigint): void => void forget.run(from),
  };
}
