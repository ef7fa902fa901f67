/**
 * Clears the communities' slots: in the transaction of the batch that completes a slot where that fits, else in one of
 * its own; slot by slot after an outage. The member whose turn it is sends, the next one takes over. What the pool would
 * refuse is not sent, and no community waits for another.
 */
import { slotPoolAbi } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import type { Log } from "@enerlink/service/log";
import { makeTrouble, type Trouble } from "@enerlink/service/trouble";
import { BaseError, ContractFunctionRevertedError, encodeFunctionData, type PublicClient } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import type { Members } from "../committee/members.ts";
import type { Settlement, Settlements } from "../ledger/settlements.ts";
import { type Community, type NextSlot, nextSlot } from "../rules/clearing.ts";
import type { Database } from "../store/database.ts";
import type { Outbox } from "../transactions/outbox.ts";

/** What clearing takes at most: a member who pays, falls behind and had nothing before writes three new words. */
const GAS_BASE = 400_000n;
const GAS_A_MEMBER = 50_000n;
/** Milliseconds until a slot that the pool refused for an unknown reason is tried again. */
const RETRY_AFTER = 30_000;
/** How the pool says that a slot's time has not come, or is over: the chain is ahead of what this node has read, or behind. */
const NOT_NOW: readonly (string | undefined)[] = [
  "StillWaiting",
  "AlreadyCleared",
  "NobodyRead",
  "SlotInFuture",
  "NotSlotEnd",
];

export type Slot = { communityId: number; slotEnd: number; gas: bigint };

type Needs = {
  database: Database;
  client: PublicClient;
  deployment: Deployment;
  mirror: Pick<Mirror, "settled" | "meter" | "community" | "communities">;
  settlements: Pick<Settlements, "underWay">;
  outbox: Pick<Outbox, "submit" | "full" | "sender" | "handle">;
  members: Pick<Members, "leads">;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
  log: Log;
};

const slotOf = ({ id, members }: Community, { slotEnd }: NextSlot): Slot => ({
  communityId: id,
  slotEnd,
  gas: GAS_BASE + GAS_A_MEMBER * BigInt(members.length),
});
const keyOf = ({ communityId, slotEnd }: Slot) => `slot ${communityId} ${slotEnd}`;

/** Which slots may be cleared. */
function makeDecisions({ mirror, settlements, blockTime }: Needs) {
  /** Whether nobody is waited for any more: neither a reading that may still come, nor a report on its way. */
  const isDue = ({ missing, until }: NextSlot, underWay: number) =>
    underWay === 0 && (missing.length === 0 || blockTime() >= BigInt(until));

  const reportsAt = ({ members, slots }: Community, slotEnd: number) =>
    settlements.underWay(members, slotEnd, slotEnd + slots.tolerance);

  return {
    /** The community's next slot, if it may be cleared now. */
    due: (community: Community): Slot | undefined => {
      const next = nextSlot(community, (serial) => mirror.settled(serial)?.timestamp);
      if (!next || !isDue(next, reportsAt(community, next.slotEnd).length)) return undefined;
      return slotOf(community, next);
    },
    /** The slot that may be cleared once the chain has settled `batch`, and what this node has sent before it. */
    completedBy: (community: Community, batch: readonly Settlement[]): Slot | undefined => {
      const end = batch.find(({ reading }) => community.members.includes(reading.serial))?.windowEnd;
      if (end === undefined) return undefined;
      const own = new Map(batch.map(({ reading }) => [reading.serial, reading.timestamp]));
      const coming = new Map(own);
      let others = 0;
      for (const { serial, timestamp, state } of reportsAt(community, end)) {
        if (own.get(serial) === timestamp) continue;
        if (state === "submitted") coming.set(serial, timestamp);
        else others++;
      }
      const next = nextSlot(community, (serial) => coming.get(serial) ?? mirror.settled(serial)?.timestamp);
      return next?.slotEnd === end && isDue(next, others) ? slotOf(community, next) : undefined;
    },
  };
}

/** Sends what is due, unless the pool would refuse it. */
function makeSending(
  { client, deployment, outbox, log }: Needs,
  bind: (transactionId: bigint, slot: Slot) => void,
) {
  const { slotPool } = deployment.contracts;
  const troubles = new Map<number, Trouble>();
  const notBefore = new Map<number, number>();

  function refused(slot: Slot, error: unknown): void {
    const revert =
      error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    const named = revert instanceof ContractFunctionRevertedError ? revert.data?.errorName : undefined;
    if (NOT_NOW.includes(named)) return;
    const { communityId } = slot;
    notBefore.set(communityId, Date.now() + RETRY_AFTER);
    const trouble = troubles.get(communityId) ?? makeTrouble(`clearing community ${communityId}`, log);
    troubles.set(communityId, trouble);
    trouble.failed(error);
  }

  return async function send(slot: Slot): Promise<void> {
    const { communityId, slotEnd, gas } = slot;
    if ((notBefore.get(communityId) ?? 0) > Date.now()) return;
    const call = { abi: slotPoolAbi, functionName: "clear", args: [communityId, slotEnd] } as const;
    try {
      await client.simulateContract({ address: slotPool, ...call, account: outbox.sender, gas });
    } catch (error) {
      return refused(slot, error);
    }
    troubles.get(communityId)?.done();
    const data = encodeFunctionData(call);
    const { hash } = await outbox.submit({ kind: "clear", to: slotPool, data, gas }, (id) => bind(id, slot));
    log.info({ transaction: hash, community: communityId, slotEnd }, "clearing");
  };
}

export type Clearing = ReturnType<typeof makeClearing>;

export function makeClearing(needs: Needs) {
  const { database, mirror, outbox, members } = needs;
  const insert = database.prepare(
    "INSERT INTO clearings (transaction_id, community_id, slot_end) VALUES (?, ?, ?)",
  );
  const pending = database
    .prepare<unknown[], bigint>(
      `SELECT 1 FROM clearings c JOIN transactions t ON t.id = c.transaction_id
       WHERE c.community_id = ? AND c.slot_end = ? AND t.state = 'pending' AND t.kind <> 'noop'`,
    )
    .pluck();
  const bind = (transactionId: bigint, { communityId, slotEnd }: Slot): void =>
    void insert.run(transactionId, communityId, slotEnd);
  const isUnderWay = ({ communityId, slotEnd }: Slot) => pending.get(communityId, slotEnd) !== undefined;
  const decisions = makeDecisions(needs);
  const send = makeSending(needs, bind);
  /** Since when this node has known that a slot may be cleared, milliseconds. */
  const dueSince = new Map<string, number>();
  let running: Promise<void> | undefined;

  async function checkAll(): Promise<void> {
    const due = mirror.communities().flatMap((community) => decisions.due(community) ?? []);
    const keys = new Set(due.map(keyOf));
    for (const key of dueSince.keys()) if (!keys.has(key)) dueSince.delete(key);
    for (const slot of due) {
      const since = dueSince.get(keyOf(slot)) ?? Date.now();
      dueSince.set(keyOf(slot), since);
      if (outbox.full() || isUnderWay(slot) || !members.leads(keyOf(slot), since)) continue;
      await send(slot);
    }
  }

  // What became of it is read from the pool's events.
  const nothing = () => {};
  outbox.handle("clear", {
    mined: nothing,
    unmined: nothing,
    replaced: nothing,
    final: nothing,
    after: nothing,
  });

  return {
    /** The slot, of at most one community, that is cleared in the transaction that carries `batch`. */
    completedBy: (batch: readonly Settlement[]): Slot | undefined => {
      const ids = new Set(
        batch.flatMap(({ reading }) => mirror.meter(reading.serial)?.slots?.communityId ?? []),
      );
      for (const id of ids) {
        const community = mirror.community(id);
        const slot = community && decisions.completedBy(community, batch);
        if (slot && !isUnderWay(slot)) return slot;
      }
      return undefined;
    },
    /** Notes which slot a transaction clears. In the database transaction that stores it. */
    bind,
    /** Clears what may be cleared and is this node's to clear. */
    check: (): Promise<void> => {
      running ??= checkAll().finally(() => {
        running = undefined;
      });
      return running;
    },
    stop: async (): Promise<void> => void (await running?.catch(() => {})),
  };
}
