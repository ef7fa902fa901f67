/**
 * One root a window: once every meter that is expected has reported, or a moment after the first that did, the member
 * whose turn it is has the others stand for the reports and sign their root, and commits it. The next member takes over.
 * What is late is in the next window's: registers are cumulative.
 */
import { oracleCommitteeAbi } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import type { Item } from "@enerlink/protocol/wire/committee";
import type { Log } from "@enerlink/service/log";
import { encodeFunctionData, type PublicClient } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import type { Committee } from "../committee/committee.ts";
import type { Members } from "../committee/members.ts";
import type { AgreedRoot } from "../committee/round.ts";
import type { Roots } from "../ledger/roots.ts";
import { isReportable, type Settlement, type Settlements } from "../ledger/settlements.ts";
import type { Metrics } from "../metrics.ts";
import { settledBy } from "../rules/windows.ts";
import { time } from "../seams/time.ts";
import type { Outbox } from "../transactions/outbox.ts";
import { readRevert } from "./submission.ts";
import { itemOf } from "./turns.ts";

/** What committing takes at most, with the signatures of a committee as large as may be. */
const GAS = 600_000n;
/** Milliseconds until a root that was not signed, or that the contract would refuse, is tried again. */
const TRY_AGAIN = { unsigned: 2_000, refused: 30_000 };
/** Milliseconds after which a window gets no root any more: the next ones' carry what its would have. */
const GIVEN_UP_AFTER = 3_600_000;

type Needs = {
  client: PublicClient;
  deployment: Deployment;
  mirror: Pick<Mirror, "meter" | "meters" | "settled">;
  settlements: Pick<Settlements, "openWindows" | "ofRoot">;
  roots: Pick<Roots, "newest" | "signed" | "items" | "committed" | "isUnderWay" | "bind">;
  outbox: Pick<Outbox, "submit" | "full" | "sender" | "handle">;
  committee: Pick<Committee, "gather" | "agreeRoot">;
  members: Pick<Members, "leads">;
  /** Whether a meter is alive, so that its window's end is worth a wait. */
  isExpected: (serial: string) => boolean;
  /** Milliseconds for which a window's root waits for meters that have not reported. */
  linger: number;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
  metrics: Metrics;
  log: Log;
};

/** Whether energy of a meter counts already: before, its first report has to be settled by itself. */
export const isRooted = ({ settled }: Pick<Mirror, "settled">, serial: string): boolean =>
  (settled(serial)?.timestamp ?? 0) > 0;

/** Whether the chain already stands where a report would take it. */
export const isAhead = ({ settled }: Pick<Mirror, "settled">, item: Item): boolean => {
  const { serial, epoch } = item.reading;
  const ahead = settled(serial);
  return (
    ahead !== undefined &&
    (ahead.epoch > epoch || (ahead.epoch === epoch && ahead.timestamp >= settledBy(item)))
  );
};

/** Brings a root to the chain, unless the contract would refuse it. */
function makeSubmit({ client, deployment, outbox, roots, log }: Needs) {
  const { oracleCommittee } = deployment.contracts;
  /** @returns whether it is sent */
  return async function submit({ root, windowEnd, deadline, signatures }: AgreedRoot): Promise<boolean> {
    const call = {
      abi: oracleCommitteeAbi,
      functionName: "commitRoot",
      args: [root, windowEnd, deadline, signatures],
    } as const;
    try {
      // Its time is the next block's.
      await client.simulateContract({
        ...{ ...call, address: oracleCommittee, account: outbox.sender, gas: GAS },
        blockTag: "pending",
      });
    } catch (error) {
      const reason = readRevert(error)?.reason;
      if (reason === undefined) throw error;
      log.warn({ windowEnd, root }, `a root is not sent, it would revert: ${reason}`);
      return false;
    }
    const data = encodeFunctionData(call);
    const { hash } = await outbox.submit({ kind: "root", to: oracleCommittee, data, gas: GAS }, (id) =>
      roots.bind(id, windowEnd),
    );
    log.info({ windowEnd, root, transaction: hash }, "committing a root");
    return true;
  };
}

export type RootKeeper = ReturnType<typeof makeRootKeeper>;

/** Which meters and reports roots are of. */
const makeRooted = ({ mirror, isExpected }: Pick<Needs, "mirror" | "isExpected">) => ({
  /** How many meters are alive that stand in roots. */
  expected: (): number =>
    mirror
      .meters()
      .filter(
        ({ serial, settles, suspended, slots }) =>
          settles && !suspended && !slots && isRooted(mirror, serial) && isExpected(serial),
      ).length,
  isLeaf: (settlement: Settlement): boolean => {
    const meter = mirror.meter(settlement.reading.serial);
    return (
      meter !== undefined &&
      !meter.slots &&
      isReportable(meter, settlement.reading) &&
      !isAhead(mirror, itemOf(settlement))
    );
  },
});

export function makeRootKeeper(needs: Needs) {
  const { settlements, roots, outbox, committee, members, linger, blockTime, metrics, log } = needs;
  const submit = makeSubmit(needs);
  const { expected, isLeaf } = makeRooted(needs);
  let running: Promise<void> | undefined;
  /** When each window is tried again, milliseconds. */
  const tryAt = new Map<number, number>();

  /** Has the window's root signed and sends it. `until`: so long a member that has heard less is waited for, milliseconds. */
  async function commit(windowEnd: number, until: number): Promise<void> {
    // Whoever has signed one stands for no other.
    const own = roots.signed(windowEnd) !== undefined;
    const items = own ? roots.items(windowEnd) : settlements.ofRoot(windowEnd).filter(isLeaf).map(itemOf);
    if (items.length === 0) return;
    const { chosen, left } = await committee.gather(items);
    if (chosen.length === 0 || (own && left.length > 0)) return;
    if (left.some(({ early }) => early) && time.now() < until) return;
    // Another member was faster.
    if (roots.committed(windowEnd)) return;
    const agreed = await committee.agreeRoot(windowEnd, chosen);
    if (!agreed) {
      log.debug({ windowEnd }, "a root waits: too few members sign it");
      return;
    }
    const count = (parts: typeof chosen) => parts.reduce((sum, part) => sum + part.items.length, 0);
    metrics.rootLeaves.inc({ outcome: "in" }, count(chosen));
    metrics.rootLeaves.inc({ outcome: "left-out" }, count(left));
    if (!(await submit(agreed))) tryAt.set(windowEnd, time.now() + TRY_AGAIN.refused);
  }

  async function checkAll(): Promise<void> {
    const newest = roots.newest();
    const open = settlements.openWindows(newest?.windowEnd ?? 0);
    const lag = newest && open.length > 0 ? Number(blockTime()) - newest.windowEnd : 0;
    metrics.rootLag.set(Math.max(0, lag));
    for (const windowEnd of tryAt.keys()) if (windowEnd <= (newest?.windowEnd ?? 0)) tryAt.delete(windowEnd);
    const awaited = expected();
    for (const { windowEnd, first, meters } of open) {
      const until = first + linger;
      const now = time.now();
      const isReady = (now >= until || meters >= awaited) && now >= (tryAt.get(windowEnd) ?? 0);
      if (!isReady || now > first + GIVEN_UP_AFTER || outbox.full() || roots.isUnderWay(windowEnd)) continue;
      if (!members.leads(`root ${windowEnd}`, until) || BigInt(windowEnd) > blockTime()) continue;
      tryAt.set(windowEnd, now + TRY_AGAIN.unsigned);
      await commit(windowEnd, until + linger);
    }
  }

  // What became of it is read from the committee's events.
  const nothing = () => {};
  outbox.handle("root", {
    mined: nothing,
    unmined: nothing,
    replaced: nothing,
    final: nothing,
    after: nothing,
  });

  return {
    /** Commits what is this node's to commit. */
    check: (): Promise<void> => {
      running ??= checkAll().finally(() => {
        running = undefined;
      });
      return running;
    },
    stop: async (): Promise<void> => void (await running?.catch(() => {})),
  };
}
