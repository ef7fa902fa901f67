/**
 * From closed windows to the chain: waits a moment for windows that close together, leaves out what the chain is already
 * ahead of, has the committee sign when it is this node's turn, and hands to the outbox what would not revert.
 */
import { energyConverterAbi, oracleCommitteeAbi, revertReason } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import type { Log } from "@enerlink/service/log";
import { makeTrouble } from "@enerlink/service/trouble";
import { BaseError, ContractFunctionRevertedError, encodeFunctionData, type PublicClient } from "viem";
import type { LogListener } from "../chain/follow.ts";
import type { Mirror } from "../chain/mirror.ts";
import type { Committee } from "../committee/committee.ts";
import type { Members } from "../committee/members.ts";
import type { Agreed } from "../committee/rounds.ts";
import { isReportable, type Settlement, type Settlements } from "../ledger/settlements.ts";
import type { Metrics } from "../metrics.ts";
import type { Database } from "../store/database.ts";
import type { Outbox } from "../transactions/outbox.ts";
import { type Item, LARGEST_BATCH } from "../wire/committee.ts";
import { traceOf } from "../wire/reading.ts";
import type { Outcomes } from "./outcomes.ts";

/** A batch may revert with an error of either. */
const submitAbi = [...oracleCommitteeAbi, ...energyConverterAbi] as const;
const GAS_BASE = 250_000n;
const GAS_A_REPORT = 150_000n;
/** Milliseconds until what could not be settled is looked at again. */
const RETRY_AFTER = 1_000;
/** How long the list of meters that are expected to report may be out of date, milliseconds. */
const EXPECTED_AGE = 250;

export type Settler = ReturnType<typeof makeSettler>;

export function makeSettler({
  database,
  client,
  deployment,
  mirror,
  settlements,
  outcomes,
  outbox,
  committee,
  members,
  takeover,
  linger,
  isExpected,
  started,
  metrics,
  log,
}: {
  database: Database;
  client: PublicClient;
  deployment: Deployment;
  mirror: Mirror;
  settlements: Settlements;
  outcomes: Outcomes;
  outbox: Outbox;
  committee: Pick<Committee, "agree" | "portion">;
  members: Pick<Members, "leader" | "leads">;
  /** Milliseconds that a leader has, before the next member takes over. */
  takeover: number;
  /** Milliseconds. */
  linger: number;
  /** Whether a meter is alive, so that its window's end is worth a wait. */
  isExpected: (serial: string) => boolean;
  /** Told of what the committee has signed and this node brings to the chain. */
  started: (items: readonly Item[]) => void;
  metrics: Metrics;
  log: Log;
}) {
  const { oracleCommittee } = deployment.contracts;
  const closed = new Set<string>();
  let expected = { at: 0, serials: new Set<string>() };
  let timer: NodeJS.Timeout | undefined;
  let timerAt = 0;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  const trouble = makeTrouble("settling", log);
  let complained = false;
  /** Reports in the next batch at most: half as many after one that failed as a whole, twice as many after one that did not. */
  let most = LARGEST_BATCH;
  let obstacle: string | undefined;

  /** Meters that settle and are alive. */
  function expectedSerials(): Set<string> {
    if (Date.now() - expected.at > EXPECTED_AGE) {
      const alive = mirror
        .meters()
        .filter((meter) => meter.settles && !meter.suspended && isExpected(meter.serial));
      expected = { at: Date.now(), serials: new Set(alive.map((meter) => meter.serial)) };
    }
    return expected.serials;
  }

  /** A window of `serial` was closed and committed. */
  function windowClosed(serial: string): void {
    closed.add(serial);
    const everybody =
      closed.size >= expectedSerials().size && [...expectedSerials()].every((one) => closed.has(one));
    if (everybody || closed.size >= LARGEST_BATCH) flush();
    else schedule(linger);
  }

  /** Flushes in `delay` milliseconds, or sooner. */
  function schedule(delay: number): void {
    const at = Date.now() + delay;
    if (stopped || (timer && timerAt <= at)) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(flush, delay);
  }

  /** Settles everything that waits, in as many batches as it takes. */
  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    closed.clear();
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    running = settleAll()
      .then(trouble.done)
      .catch((error) => {
        trouble.failed(error);
        schedule(RETRY_AFTER);
      })
      .finally(() => {
        running = undefined;
        if (again) flush();
      });
    again = false;
  }

  async function settleAll(): Promise<void> {
    while (!outbox.full()) {
      const batch = settlements.pending(most, Date.now());
      if (batch.length === 0) break;
      const due = database.transaction(() => batch.filter(isDue))();
      if (due.length === 0) continue;
      log.debug({ readings: traces(due) }, "to be reported");
      const own = ownTurn(due);
      const portion = own.slice(0, committee.portion(own.map(itemOf)));
      if (portion.length === 0 || !(await propose(portion))) break;
    }
    const { count, next } = settlements.waiting();
    metrics.pendingSettlements.set(count);
    if (next !== undefined) schedule(Math.max(RETRY_AFTER, next - Date.now()));
  }

  /** Whether the settlement still moves anything; what does not is marked so. */
  function isDue(settlement: Settlement): boolean {
    const { id, reading } = settlement;
    const ahead = mirror.settled(reading.serial);
    if (
      ahead &&
      (ahead.epoch > reading.epoch || (ahead.epoch === reading.epoch && ahead.timestamp >= reading.timestamp))
    ) {
      settlements.overtaken(settlement);
      return false;
    }
    const meter = mirror.meter(reading.serial);
    if (!meter || !isReportable(meter, reading)) {
      settlements.skipped(id, "the registry no longer lets it count");
      return false;
    }
    return true;
  }

  /** Whose turn decides who sees to all of these: the oldest, before those that were put off, which are due at times of their own. */
  function foremost(settlements: readonly Settlement[]): Settlement | undefined {
    const others = settlements.filter(({ asked }) => !asked);
    const fresh = others.filter(({ tries }) => tries === 0);
    return (fresh.length > 0 ? fresh : others).toSorted((a, b) => Number(a.id - b.id))[0];
  }

  const windowOf = (settlement: Settlement) => `window ${itemOf(settlement).windowEnd}`;

  /** What this node is to propose now: everything when it leads the oldest window, else only what it was asked for. */
  function ownTurn(due: Settlement[]): Settlement[] {
    const first = foremost(due);
    const leads = first && members.leads(windowOf(first), first.createdAt);
    return leads ? due : due.filter(({ asked }) => asked);
  }

  /** @returns false when nothing can be signed now. */
  async function propose(batch: Settlement[]): Promise<boolean> {
    const settlementOf = new Map(batch.map((settlement) => [itemOf(settlement), settlement]));
    const agreement = await committee.agree([...settlementOf.keys()]);
    if (agreement.outcome === "agreed") {
      complained = false;
      await submit(batch, agreement);
      return true;
    }
    if (agreement.outcome === "silent") {
      if (!complained) log.warn("settlements wait: too few members of the committee answer");
      complained = true;
      return false;
    }
    for (const item of agreement.hopeless) settlements.postpone(settlementOf.get(item)!.id, Date.now());
    for (const part of agreement.parts)
      if (!(await propose(part.map((item) => settlementOf.get(item)!)))) return false;
    return true;
  }

  type Submission = { functionName: "submit"; args: [Agreed["reports"], bigint, Agreed["signatures"]] };

  /** Why the batch would revert now, if so. `everybody`: the contract names a reason that no part of it would escape. */
  async function wouldRevert(
    call: Submission,
    gas: bigint,
  ): Promise<{ reason: string; everybody: boolean } | undefined> {
    try {
      const target = { address: oracleCommittee, abi: submitAbi, account: outbox.sender };
      await client.simulateContract({ ...target, ...call, gas });
      return undefined;
    } catch (error) {
      const revert =
        error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
      const named = revert instanceof ContractFunctionRevertedError ? revert.data?.errorName : undefined;
      const reason = named ?? revertReason(error);
      return reason === undefined ? undefined : { reason, everybody: named !== undefined };
    }
  }

  /** A batch of so many failed as a whole: the next ones are smaller. */
  const shrink = (size: number) => {
    most = Math.max(1, Math.floor(size / 2));
  };

  /** Stores the transaction of an agreed batch, and sends it; one that would revert is not sent, and waits or is split. */
  async function submit(batch: Settlement[], { reports, deadline, signatures }: Agreed): Promise<void> {
    started(batch.map(itemOf));
    const call: Submission = { functionName: "submit", args: [reports, deadline, signatures] };
    const gas = GAS_BASE + GAS_A_REPORT * BigInt(batch.length);
    const revert = await wouldRevert(call, gas);
    obstacle = revert && `the contract does not settle now: ${revert.reason}`;
    if (revert) {
      log.warn({ readings: traces(batch) }, `reports are not sent, they would revert: ${revert.reason}`);
      if (!revert.everybody) shrink(batch.length);
      if (revert.everybody || batch.length === 1)
        for (const { id } of batch) settlements.postpone(id, Date.now());
      return;
    }
    const transaction = await outbox.submit(
      {
        kind: "settle",
        to: oracleCommittee,
        data: encodeFunctionData({ abi: submitAbi, ...call }),
        gas,
      },
      (transactionId) => {
        for (const { id } of batch) settlements.submitted(id, transactionId);
      },
    );
    log.info({ readings: traces(batch), transaction: transaction.hash }, "settling");
  }

  outbox.handle("settle", {
    mined: (transaction, receipt) => {
      if (receipt.status === "success") {
        most = Math.min(LARGEST_BATCH, 2 * most);
        outcomes.mined(transaction, receipt);
      } else {
        shrink(settlements.of(transaction.id).length);
        settlements.again(transaction.id, Date.now());
      }
    },
    unmined: ({ id }) => settlements.unmined(id),
    replaced: ({ id }, hopeless) => {
      if (hopeless) shrink(settlements.of(id).length);
      settlements.again(id, Date.now());
    },
    final: () => {},
    after: flush,
  });

  const onLogs: LogListener = (logs) => {
    if (outcomes.onLogs(logs)) obstacle = undefined;
    // The turn may have come to this node.
    if (settlements.waiting().count > 0) schedule(0);
  };

  return {
    windowClosed,
    flush,
    onLogs,
    /** Why what waits is not sent, if it is the contract that would refuse it. */
    obstacle: () => obstacle,
    /**
     * This node signed what `proposer` proposed. Where it was that member's turn, what waits here is left to it for as
     * long as a turn takes; each settlement once, so that nobody holds up others by proposing.
     */
    leave: (items: readonly Item[], proposer: string) =>
      database.transaction(() => {
        const waiting = items.flatMap(({ reading }) => settlements.untouched(reading) ?? []);
        const first = foremost(waiting);
        const leader = first && members.leader(windowOf(first), first.createdAt);
        if (leader?.toLowerCase() !== proposer) return;
        for (const { id } of waiting) settlements.leave(id, Date.now() + takeover);
      })(),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

const traces = (batch: readonly Settlement[]) => batch.map(({ reading }) => traceOf(reading));

/** A settlement as the committee signs it. */
const itemOf = ({ windowEnd, reading }: Settlement): Item => ({
  windowEnd: windowEnd ?? reading.timestamp,
  reading,
});
