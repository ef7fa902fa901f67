/**
 * Clears the communities' slots: in the transaction of the batch that completes a slot where that fits, else in one of
 * its own; slot by slot after an outage. The member whose turn it is sends, the next one takes over. What the pool would
 * refuse is not sent, and no community waits for another.
 */
import { revertOf, slotPoolAbi } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import { MOST_COMMUNITIES } from "@enerlink/protocol/wire/committee";
import type { Log } from "@enerlink/service/log";
import { makeTrouble, type Trouble } from "@enerlink/service/trouble";
import { encodeFunctionData, type PublicClient } from "viem";
import type { Alerts } from "../alerts/alerts.ts";
import type { Mirror } from "../chain/mirror.ts";
import type { Members } from "../committee/members.ts";
import type { Siblings } from "../committee/siblings.ts";
import type { Settlement, Settlements } from "../ledger/settlements.ts";
import type { Metrics } from "../metrics.ts";
import { type Community, type NextSlot, nextSlot } from "../rules/clearing.ts";
import { slotEndOf } from "../rules/windows.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import { WHOLE } from "../store/parameters.ts";
import type { Outbox } from "../transactions/outbox.ts";

/** What clearing takes at most: a member who pays, falls behind and had nothing before writes three new words. */
const GAS_BASE = 400_000n;
const GAS_A_MEMBER = 50_000n;
/** Milliseconds until a slot that the pool refused for an unknown reason is tried again. */
const RETRY_AFTER = 30_000;
/** Milliseconds after which a slot that could be cleared, and is not, is an alert, and no report waits for it any more. */
const OVERDUE = 120_000;
/** Milliseconds after which another shard's process clears what the one whose community it is has not. */
const OTHER_SHARDS_AFTER = 60_000;
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
  siblings: Pick<Siblings, "reportsOf" | "clearsFirst">;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
  alerts: Pick<Alerts, "raise" | "end">;
  metrics: Metrics;
  log: Log;
  /** Milliseconds. */
  now?: () => number;
};

const slotOf = ({ community: { id, members }, next: { slotEnd } }: Found): Slot => ({
  communityId: id,
  slotEnd,
  gas: GAS_BASE + GAS_A_MEMBER * BigInt(members.length),
});
const keyOf = ({ communityId, slotEnd }: Slot) => `slot ${communityId} ${slotEnd}`;

/** A community's next slot, and how many reports for it are on their way to the chain. */
type Found = { community: Community; next: NextSlot; underWay: number };

/** Whether nobody is waited for any more: neither a reading that may still come, nor a report on its way. `time`: unix seconds. */
const isDue = ({ next: { missing, until }, underWay }: Found, time: number) =>
  underWay === 0 && (missing.length === 0 || time >= until);

/** What the chain has, and what goes to it. */
function makeLook({ mirror, settlements }: Needs) {
  const settledAt = (serial: string) => mirror.settled(serial)?.timestamp;
  const reportsAt = ({ members, slots }: Community, slotEnd: number) =>
    settlements.underWay(members, slotEnd, slotEnd + slots.tolerance);

  return {
    /** As it is now. */
    now: (community: Community): Found | undefined => {
      const next = nextSlot(community, settledAt);
      return next && { community, next, underWay: reportsAt(community, next.slotEnd).length };
    },
    /** The earliest slot that is not cleared and of which reports are on their way from here. */
    open: ({ id, clearedTo, members, slots }: Community): [number, number][] => {
      const reports = settlements.underWay(members, clearedTo + 1, Number.MAX_SAFE_INTEGER);
      const ends = reports
        .map(({ timestamp }) => slotEndOf(timestamp, slots) ?? 0)
        .filter((end) => end > clearedTo);
      return ends.length === 0 ? [] : [[id, Math.min(...ends)]];
    },
    /** As it will be once the chain has settled `batch`, and what this node has sent before it. */
    after: (community: Community, batch: readonly Settlement[]): Found | undefined => {
      const isMember = ({ reading }: Settlement) => community.members.includes(reading.serial);
      const end = batch.filter(isMember).find(({ windowEnd }) => windowEnd !== undefined)?.windowEnd;
      if (end === undefined) return undefined;
      const coming = new Map(batch.map(({ reading }) => [reading.serial, reading.timestamp]));
      let underWay = 0;
      for (const { serial, timestamp, state } of reportsAt(community, end)) {
        if (coming.get(serial) === timestamp) continue;
        if (state === "submitted") coming.set(serial, timestamp);
        else underWay++;
      }
      const next = nextSlot(community, (serial) => coming.get(serial) ?? settledAt(serial));
      return next?.slotEnd === end ? { community, next, underWay } : undefined;
    },
  };
}

/**
 * What the member's other processes have to do with it, where communities' meters are of several shards: no slot is cleared
 * while another has reports for it, one of them clears first, and what is not known is not waited for without end.
 */
const makeShards = ({ siblings, now = time.now }: Pick<Needs, "siblings" | "now">) => ({
  /** Whether reports of other shards are waited for. */
  isWaiting: ({ communityId, slotEnd }: Slot) => siblings.reportsOf(communityId, slotEnd) === "under-way",
  /** Whether nothing is under way elsewhere, as far as all have said. */
  isComplete: ({ communityId, slotEnd }: Slot) => siblings.reportsOf(communityId, slotEnd) === "none",
  /** Whether this process clears what is due since `since` (milliseconds). */
  isOwn: ({ communityId, slotEnd }: Slot, since: number) =>
    now() - since >= OTHER_SHARDS_AFTER ||
    (siblings.clearsFirst(communityId) && siblings.reportsOf(communityId, slotEnd, since) === "none"),
});

/** Sends what is due, unless the pool would refuse it. */
function makeSending(
  { client, deployment, outbox, log }: Needs,
  bind: (transactionId: bigint, slot: Slot) => void,
) {
  const { slotPool } = deployment.contracts;
  const troubles = new Map<number, Trouble>();
  const notBefore = new Map<number, number>();

  function refused(slot: Slot, error: unknown): void {
    if (NOT_NOW.includes(revertOf(error)?.data?.errorName)) return;
    const { communityId } = slot;
    notBefore.set(communityId, time.now() + RETRY_AFTER);
    const trouble = troubles.get(communityId) ?? makeTrouble(`clearing community ${communityId}`, log);
    troubles.set(communityId, trouble);
    trouble.failed(error);
  }

  return async function send(slot: Slot): Promise<void> {
    const { communityId, slotEnd, gas } = slot;
    if ((notBefore.get(communityId) ?? 0) > time.now()) return;
    const call = { abi: slotPoolAbi, functionName: "clear", args: [communityId, slotEnd] } as const;
    try {
      await client.simulateContract({
        ...{ address: slotPool, ...call, account: outbox.sender, gas },
        // Its time is the next block's.
        blockTag: "pending",
      });
    } catch (error) {
      return refused(slot, error);
    }
    troubles.get(communityId)?.done();
    const data = encodeFunctionData(call);
    const { hash } = await outbox.submit({ kind: "clear", to: slotPool, data, gas }, (id) => bind(id, slot));
    log.info({ transaction: hash, community: communityId, slotEnd }, "clearing");
  };
}

/** Which slots this node has known to be due, and since when: turns are counted from then, and patience ends. */
function makeWatch({ alerts, metrics, now = time.now }: Needs) {
  const dueSince = new Map<string, number>();
  let overdue = new Set<number>();

  return {
    /** Milliseconds. */
    since: (slot: Slot): number => {
      const since = dueSince.get(keyOf(slot)) ?? now();
      dueSince.set(keyOf(slot), since);
      return since;
    },
    isOverdue: (communityId: number) => overdue.has(communityId),
    /** Says how clearing stands: `found` of all communities, `due` of them by the chain's `time` (unix seconds). */
    note: (found: readonly Found[], due: readonly Slot[], time: number): void => {
      const keys = new Set(found.map((one) => keyOf(slotOf(one))));
      for (const key of dueSince.keys()) if (!keys.has(key)) dueSince.delete(key);
      const late = due.filter((slot) => now() - (dueSince.get(keyOf(slot)) ?? now()) >= OVERDUE);
      overdue = new Set(late.map(({ communityId }) => communityId));
      metrics.slotsOverdue.set(late.length);
      metrics.clearingLag.set(Math.max(0, ...found.map(({ next }) => time - next.slotEnd)));
      metrics.membersWaitedFor.set(found.reduce((sum, { next }) => sum + next.missing.length, 0));
      const [first] = late;
      if (!first) {
        alerts.end("clearing", undefined);
        return;
      }
      const until = new Date(first.slotEnd * 1_000).toISOString();
      const detail = `the slot until ${until} of community ${first.communityId} is not cleared`;
      alerts.raise("clearing", undefined, detail);
    },
  };
}

/** Which slot a transaction clears. */
function makeBinding(database: Database) {
  const insert = database.prepare(
    "INSERT INTO clearings (transaction_id, community_id, slot_end) VALUES (?, ?, ?)",
  );
  const pending = database
    .prepare<unknown[], bigint>(
      `SELECT 1 FROM clearings c JOIN transactions t ON t.id = c.transaction_id
       WHERE c.community_id = ${WHOLE} AND c.slot_end = ${WHOLE} AND t.state = 'pending' AND t.kind <> 'noop'`,
    )
    .pluck();
  return {
    bind: (transactionId: bigint, { communityId, slotEnd }: Slot): void =>
      void insert.run(transactionId, communityId, slotEnd),
    isUnderWay: ({ communityId, slotEnd }: Slot) => pending.get(communityId, slotEnd) !== undefined,
  };
}

export type Clearing = ReturnType<typeof makeClearing>;

export function makeClearing(needs: Needs) {
  const { database, client, mirror, outbox, members, blockTime, now = time.now } = needs;
  const { bind, isUnderWay } = makeBinding(database);
  const look = makeLook(needs);
  const watch = makeWatch(needs);
  const send = makeSending(needs, bind);
  const shards = makeShards(needs);
  let running: Promise<void> | undefined;

  /** The next block's time, unix seconds: where blocks only come with transactions, nobody would clear what waits for its time. */
  async function nextTime(): Promise<number> {
    const { timestamp } = await client.getBlock({ blockTag: "pending" });
    return Number(timestamp);
  }

  async function checkAll(): Promise<void> {
    const time = Number(blockTime());
    const found = mirror.communities().flatMap((community) => look.now(community) ?? []);
    const soon = found.some((one) => !isDue(one, time) && isDue(one, now() / 1_000))
      ? await nextTime()
      : time;
    const turns = found
      .filter((one) => isDue(one, soon))
      .map(slotOf)
      .filter((slot) => !shards.isWaiting(slot))
      .map((slot) => ({ slot, since: watch.since(slot) }));
    const due = found.filter((one) => isDue(one, time)).map(slotOf);
    watch.note(
      found,
      due.filter((slot) => !shards.isWaiting(slot)),
      time,
    );
    for (const { slot, since } of turns.filter(({ slot, since }) => shards.isOwn(slot, since)))
      if (!outbox.full() && !isUnderWay(slot) && members.leads(keyOf(slot), since)) await send(slot);
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
      const ids = batch.flatMap(({ reading }) => mirror.meter(reading.serial)?.slots?.communityId ?? []);
      for (const id of new Set(ids)) {
        const community = mirror.community(id);
        const found = community && look.after(community, batch);
        if (!found || !isDue(found, Number(blockTime()))) continue;
        const slot = slotOf(found);
        if (shards.isComplete(slot) && !isUnderWay(slot)) return slot;
      }
      return undefined;
    },
    /** Of communities the ends of the earliest slots that are not cleared and of which reports are under way, for the member's other processes. */
    openSlots: (): [number, number][] => mirror.communities().flatMap(look.open).slice(0, MOST_COMMUNITIES),
    /** Notes which slot a transaction clears. In the database transaction that stores it. */
    bind,
    /** Whether a community's slot cannot be cleared, though it should long have been. */
    isOverdue: watch.isOverdue,
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
