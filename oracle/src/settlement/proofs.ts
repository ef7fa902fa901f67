/**
 * Settles what roots have brought to the chain: once a day, or as it is set, of each meter the newest report that stands
 * in a committed root, a hundred with one proof; and in a batch, as ever, what stands in none. Which they are follows
 * from the chain and the store alone, so that a node that was away goes on where it was.
 */
import { oracleCommitteeAbi } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import { type Item, LARGEST_BATCH } from "@enerlink/protocol/wire/committee";
import { traceOf } from "@enerlink/protocol/wire/reading";
import type { Log } from "@enerlink/service/log";
import { encodeFunctionData, type PublicClient } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import type { Members } from "../committee/members.ts";
import { reportOf } from "../ledger/report.ts";
import { type Roots, treeOf } from "../ledger/roots.ts";
import { isReportable, type Settlement, type Settlements, SHORTEST_INTERVAL } from "../ledger/settlements.ts";
import { time } from "../seams/time.ts";
import type { Outbox } from "../transactions/outbox.ts";
import { isAhead } from "./roots.ts";
import { readRevert } from "./submission.ts";
import { itemOf } from "./turns.ts";

const GAS_BASE = 250_000n;
const GAS_A_REPORT = 155_000n;
/** No transaction may take more (EIP-7825). */
const MOST_REPORTS = Math.min(LARGEST_BATCH, Number((16_777_216n - GAS_BASE) / GAS_A_REPORT));
/** Milliseconds until what was sent, or refused, is looked at again; and what is not all settled, when nothing moves. */
const LOOK_AFTER = { sent: 2_000, refused: 30_000, idle: 60_000 };
/** So many looks in a row that find nothing to do end it until the next time. */
const LOOKS = 3;
/** The root is gone, or counts no more: its reports go in a batch. */
const GONE: readonly string[] = ["UnknownRoot", "RootOfFormerCommittee", "WrongProofOfMany"];

type Needs = {
  client: PublicClient;
  deployment: Deployment;
  mirror: Pick<Mirror, "meter" | "meters" | "settled" | "committee">;
  settlements: Pick<Settlements, "newestOfRoots" | "toBatch" | "passed" | "atWindow" | "submitted">;
  roots: Pick<Roots, "leaf" | "items" | "committed" | "signed">;
  outbox: Pick<Outbox, "submit" | "full" | "sender">;
  members: Pick<Members, "leads">;
  /** Milliseconds that a leader has, before the next member takes over. */
  takeover: number;
  /** Seconds of a settlement window. */
  interval: number;
  /** Seconds between two settlements. */
  every: number;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
  /** Told of what this node brings to the chain. */
  started: (items: readonly Item[]) => void;
  /** Settles in batches what goes there now. */
  flush: () => void;
  log: Log;
};

/** What was done about one settlement: that of everything until `end`. */
type State = {
  /** Unix seconds. */
  end: number;
  /** Milliseconds: turns are counted from then. */
  since: number;
  /** Milliseconds. */
  lookAt: number;
  idle: number;
  /** Leaves that were sent, by serial and window. */
  sent: Set<string>;
};

const keyOf = ({ windowEnd, reading }: Item) => `${reading.serial} ${windowEnd}`;

/** What of the roots is to be settled, and what is not to wait for them. */
function makeLook({ mirror, settlements, roots, takeover }: Needs, gone: ReadonlySet<number>) {
  /** The meter's newest leaf, where its root still counts. */
  function leafOf(serial: string, end: number): Item | undefined {
    const leaf = roots.leaf(serial, 0, end);
    if (!leaf || gone.has(leaf.item.windowEnd)) return undefined;
    return leaf.committed.configuration === mirror.committee().configuration ? leaf.item : undefined;
  }

  function isDue(item: Item, sent: ReadonlySet<string>): boolean {
    const { serial, epoch, timestamp } = item.reading;
    const meter = mirror.meter(serial);
    if (!meter || meter.slots || !isReportable(meter, item.reading) || sent.has(keyOf(item))) return false;
    const settled = mirror.settled(serial);
    if (isAhead(mirror, item)) return false;
    if (settled?.epoch === epoch && settled.timestamp + SHORTEST_INTERVAL > timestamp) return false;
    const own = settlements.atWindow(serial, epoch, item.windowEnd);
    return own === undefined || own.state === "pending";
  }

  /** Whether a root of that window is there whose reports this node does not know: other members see to them first. */
  const isOthers = (windowEnd: number, { since }: State) =>
    roots.committed(windowEnd) !== undefined &&
    roots.committed(windowEnd)!.root !== roots.signed(windowEnd) &&
    time.now() < since + mirror.committee().members.length * takeover;

  return {
    /** Leaves to settle, by window and serial. */
    due: ({ end, sent }: State): Item[] =>
      mirror.meters().flatMap(({ serial }) => {
        const item = leafOf(serial, end);
        return item && isDue(item, sent) ? [item] : [];
      }),
    /** What stands in no root goes in a batch; what the chain has passed is done. @returns whether anything goes. */
    sort: (state: State): boolean => {
      let goes = false;
      const passed = ({ reading: { serial, epoch } }: Settlement, windowEnd: number) =>
        settlements.passed(serial, epoch, windowEnd);
      for (const settlement of settlements.newestOfRoots(state.end)) {
        const item = itemOf(settlement);
        const leaf = leafOf(item.reading.serial, state.end);
        if (isAhead(mirror, item)) passed(settlement, item.windowEnd);
        else if (leaf && leaf.reading.epoch === item.reading.epoch && leaf.windowEnd >= item.windowEnd) {
          if (isAhead(mirror, leaf)) passed(settlement, item.windowEnd);
        } else if (!isOthers(item.windowEnd, state)) {
          settlements.toBatch(settlement.id);
          goes = true;
        }
      }
      return goes;
    },
  };
}

/** Sends proofs, unless the contract would refuse them. */
function makeSend(
  { client, deployment, mirror, settlements, roots, outbox, started, log }: Needs,
  gone: Set<number>,
) {
  const { oracleCommittee } = deployment.contracts;

  /** Notes of this node's own reports which transaction settles them. */
  const bind = (items: readonly Item[], id: bigint) => {
    for (const { windowEnd, reading } of items) {
      const own = settlements.atWindow(reading.serial, reading.epoch, windowEnd);
      if (own?.state === "pending" && own.reading.timestamp === reading.timestamp)
        settlements.submitted(own.id, id);
    }
  };

  /** Sends those of one window. @returns false when the contract refuses them. */
  return async function send(windowEnd: number, due: readonly Item[], sent: Set<string>): Promise<boolean> {
    const all = roots.items(windowEnd);
    const tree = treeOf(all);
    const place = new Map(all.map(({ reading }, index) => [reading.serial, index]));
    for (let first = 0; first < due.length && !outbox.full(); first += MOST_REPORTS) {
      const asked = due.slice(first, first + MOST_REPORTS).map(({ reading }) => place.get(reading.serial)!);
      const { order, proof, flags } = tree.multiProof(asked);
      const items = order.map((index) => all[index]!);
      const gas = GAS_BASE + GAS_A_REPORT * BigInt(items.length);
      const call = {
        abi: oracleCommitteeAbi,
        functionName: "settleAllProven",
        args: [items.map(reportOf), windowEnd, proof, flags],
      } as const;
      try {
        await client.simulateContract({ ...call, address: oracleCommittee, account: outbox.sender, gas });
      } catch (error) {
        const reason = readRevert(error)?.reason;
        if (reason === undefined) throw error;
        if (GONE.includes(reason)) gone.add(windowEnd);
        log.warn({ windowEnd }, `proofs are not sent, they would revert: ${reason}`);
        return false;
      }
      // Another member was faster.
      if (items.every((item) => isAhead(mirror, item))) continue;
      started(items);
      const data = encodeFunctionData(call);
      const { hash } = await outbox.submit({ kind: "settle", to: oracleCommittee, data, gas }, (id) =>
        bind(items, id),
      );
      for (const item of items) sent.add(keyOf(item));
      const readings = items.map(({ reading }) => traceOf(reading));
      log.info({ readings, windowEnd, transaction: hash }, "settling by proof");
    }
    return true;
  };
}

export function makeProofs(needs: Needs) {
  const { members, outbox, interval, every, blockTime, flush } = needs;
  /** Windows whose roots the contract does not take any more. */
  const gone = new Set<number>();
  const look = makeLook(needs, gone);
  const send = makeSend(needs, gone);
  let state: State | undefined;
  let running: Promise<void> | undefined;

  /** Until when everything is to be settled by now: a window later, so that the last one's root is there. */
  const endNow = () => Math.floor((Number(blockTime()) - interval) / every) * every;

  /** Sends what is this node's to send. @returns the milliseconds until it is worth another look */
  async function settle(now: State): Promise<number> {
    if (look.sort(now)) flush();
    const due = look.due(now);
    if (due.length === 0) {
      now.idle++;
      return LOOK_AFTER.idle;
    }
    now.idle = 0;
    if (!members.leads(`proofs ${now.end}`, now.since)) return LOOK_AFTER.sent;
    for (const [windowEnd, items] of Map.groupBy(due, (item) => item.windowEnd)) {
      if (outbox.full()) break;
      items.sort((a, b) => (a.reading.serial < b.reading.serial ? -1 : 1));
      if (!(await send(windowEnd, items, now.sent))) return gone.has(windowEnd) ? 0 : LOOK_AFTER.refused;
    }
    return LOOK_AFTER.sent;
  }

  async function checkAll(): Promise<void> {
    const end = endNow();
    if (state?.end !== end) state = { end, since: time.now(), lookAt: 0, idle: 0, sent: new Set() };
    if (state.idle >= LOOKS || time.now() < state.lookAt) return;
    state.lookAt = time.now() + (await settle(state));
  }

  return {
    /** Settles what is due. */
    check: (): Promise<void> => {
      running ??= checkAll().finally(() => {
        running = undefined;
      });
      return running;
    },
    /** Blocks were replaced: what they settled may be open again. */
    reorganised: (): void => {
      state = undefined;
    },
    stop: async (): Promise<void> => void (await running?.catch(() => {})),
  };
}
