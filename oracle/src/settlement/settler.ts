/**
 * From closed windows to the chain: waits a moment for windows that close together, leaves out what the chain is already
 * ahead of, has the committee sign when it is this node's turn, and hands the transaction to the outbox.
 */
import { energyConverterAbi, meterId, oracleCommitteeAbi, serialOf, skipReasons } from "@enerlink/contracts";
import type { Deployment } from "@enerlink/contracts/deployment";
import {
  type Log as ChainLog,
  encodeFunctionData,
  type Hex,
  isAddressEqual,
  parseEventLogs,
  type TransactionReceipt,
} from "viem";
import type { Mirror } from "../chain/mirror.ts";
import type { Agreed, Committee } from "../committee/committee.ts";
import type { Members } from "../committee/members.ts";
import type { Item } from "../committee/messages.ts";
import type { Events } from "../events.ts";
import { type Log, messageOf } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Database } from "../store/database.ts";
import type { Outbox, StoredTransaction } from "../transactions/outbox.ts";
import { isReportable, type Settlement, type Settlements } from "./settlements.ts";

/** Reports in one transaction: bounded by what a transaction may cost (16,777,216 gas). */
const LARGEST_BATCH = 100;
const GAS_BASE = 250_000n;
const GAS_A_REPORT = 150_000n;
/** Milliseconds until what could not be settled is looked at again. */
const RETRY_AFTER = 1_000;
/** How long the list of meters that are expected to report may be out of date, milliseconds. */
const EXPECTED_AGE = 250;

export type Settler = ReturnType<typeof makeSettler>;

export function makeSettler({
  database,
  deployment,
  mirror,
  settlements,
  outbox,
  committee,
  members,
  linger,
  isExpected,
  events,
  metrics,
  log,
}: {
  database: Database;
  deployment: Deployment;
  mirror: Mirror;
  settlements: Settlements;
  outbox: Outbox;
  committee: Pick<Committee, "agree">;
  members: Pick<Members, "leads">;
  /** Milliseconds. */
  linger: number;
  /** Whether a meter is alive, so that its window's end is worth a wait. */
  isExpected: (serial: string) => boolean;
  events: Events;
  metrics: Metrics;
  log: Log;
}) {
  const { energyConverter, oracleCommittee } = deployment.contracts;
  const closed = new Set<string>();
  let expected = { at: 0, serials: new Set<string>() };
  let timer: NodeJS.Timeout | undefined;
  let timerAt = 0;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let complained = false;

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
      .catch((error) => {
        log.error(`settling failed: ${messageOf(error)}; trying again`);
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
      const batch = settlements.pending(LARGEST_BATCH, Date.now());
      if (batch.length === 0) break;
      const due = database.transaction(() => batch.filter(isDue))();
      if (due.length === 0) continue;
      const own = ownTurn(due);
      if (own.length === 0 || !(await propose(own))) break;
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

  /** What this node is to propose now: everything when it leads the oldest window, else only what it was asked for. */
  function ownTurn(due: Settlement[]): Settlement[] {
    const oldest = due.find(({ asked }) => !asked);
    const leads = oldest && members.leads(`window ${itemOf(oldest).windowEnd}`, oldest.createdAt);
    return leads ? due : due.filter(({ asked }) => asked);
  }

  /** @returns false when nothing can be signed now. */
  async function propose(batch: Settlement[]): Promise<boolean> {
    const agreement = await committee.agree(batch.map(itemOf));
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
    const keyOf = ({ windowEnd, reading: { serial } }: Item) => `${serial} ${windowEnd}`;
    const named = new Set(agreement.items.map(keyOf));
    const disputed = batch.filter((settlement) => named.has(keyOf(itemOf(settlement))));
    const rest = batch.filter((settlement) => !disputed.includes(settlement));
    if (rest.length > 0 && !(await propose(rest))) return false;
    // Alone, a report that one member refuses is still signed by the others.
    if (batch.length > 1) for (const settlement of disputed) await propose([settlement]);
    else settlements.postpone(batch[0]!.id, Date.now());
    return true;
  }

  /** Stores the transaction of an agreed batch, and sends it. */
  async function submit(batch: Settlement[], { reports, deadline, signatures }: Agreed): Promise<void> {
    const transaction = await outbox.submit(
      {
        kind: "settle",
        to: oracleCommittee,
        data: encodeFunctionData({
          abi: oracleCommitteeAbi,
          functionName: "submit",
          args: [reports, deadline, signatures],
        }),
        gas: GAS_BASE + GAS_A_REPORT * BigInt(batch.length),
      },
      (transactionId) => {
        for (const { id } of batch) settlements.submitted(id, transactionId);
      },
    );
    log.info(`settling ${batch.length} meter${batch.length === 1 ? "" : "s"} in ${transaction.hash}`);
    for (const { id, reading } of batch) {
      events.emit("settlement_started", {
        settlementId: id.toString(),
        meterId: reading.serial,
        transactionHash: transaction.hash,
      });
    }
  }

  /** Notes what the converter settled, whoever reported it. */
  function onLogs(logs: readonly ChainLog<bigint, number, false>[]): void {
    const own = logs.filter((entry) => isAddressEqual(entry.address, energyConverter));
    const settled = parseEventLogs({ abi: energyConverterAbi, eventName: "MeterSettled", logs: [...own] });
    if (settled.length === 0) return;
    database.transaction(() => {
      for (const { args, transactionHash, blockNumber } of settled) {
        const { meterId: id, epoch, timestamp, tokensWh, debtWh } = args;
        const waited = settlements.chainSettled({
          serial: serialOf(id),
          epoch,
          timestamp,
          tokensWh,
          debtWh,
          hash: transactionHash,
          blockNumber,
        });
        if (waited) metrics.settlements.inc({ outcome: "settled" });
      }
    })();
    // The turn may have come to this node.
    if (settlements.waiting().count > 0) schedule(0);
  }

  /** A batch of this node was mined: notes what was settled, and why the rest was not. In the outbox's database transaction. */
  function mined(transaction: StoredTransaction, receipt: TransactionReceipt): void {
    if (receipt.status === "reverted") {
      settlements.again(transaction.id, Date.now());
      return;
    }
    onLogs(receipt.logs);
    const skips = new Map<string, string>();
    const key = (id: Hex, timestamp: number) => `${id} ${timestamp}`;
    const logs = receipt.logs.filter((entry) => isAddressEqual(entry.address, energyConverter));
    for (const { args } of parseEventLogs({ abi: energyConverterAbi, eventName: "ReportSkipped", logs })) {
      skips.set(key(args.meterId, args.timestamp), skipReasons[args.reason] ?? `reason ${args.reason}`);
    }
    for (const { id, reading, state } of settlements.of(transaction.id)) {
      if (state !== "submitted") continue;
      const skipped = skips.get(key(meterId(reading.serial), reading.timestamp));
      settlements.skipped(id, skipped ?? "the converter said nothing about it");
      metrics.settlements.inc({ outcome: "skipped" });
      log.warn(`the converter skipped ${reading.serial} at ${reading.timestamp}: ${skipped}`);
    }
  }

  function completed({ id, reading, state, reason, tokensWh, debtWh, transactionHash }: Settlement): void {
    events.emit("settlement_completed", {
      settlementId: id.toString(),
      meterId: reading.serial,
      state,
      reason: reason ?? null,
      tokensWh: tokensWh?.toString() ?? null,
      debtWh: debtWh?.toString() ?? null,
      transactionHash: transactionHash ?? null,
    });
  }

  /** What a batch did not settle can no longer be undone: tells the subscribers. */
  function final({ id }: StoredTransaction): void {
    for (const settlement of settlements.of(id)) if (settlement.state === "skipped") completed(settlement);
  }

  outbox.handle("settle", {
    mined,
    unmined: ({ id }) => settlements.unmined(id),
    replaced: ({ id }) => settlements.again(id, Date.now()),
    final,
    after: flush,
  });

  return {
    windowClosed,
    flush,
    onLogs,
    /** Blocks up to `upTo` cannot be undone: tells the subscribers what they settled. */
    finalUpTo: (upTo: bigint) => {
      for (const settlement of database.transaction(() => settlements.chainFinal(upTo))())
        completed(settlement);
    },
    /** Blocks from `from` on were replaced by others. */
    reorganised: (from: bigint) => database.transaction(() => settlements.chainReorganised(from))(),
    /** Another member leads these: they are its own for a while. */
    leave: (items: readonly Item[], until: number) =>
      database.transaction(() => {
        for (const { reading } of items) settlements.leave(reading, until);
      })(),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** A settlement as the committee signs it. */
const itemOf = ({ windowEnd, reading }: Settlement): Item => ({
  windowEnd: windowEnd ?? reading.timestamp,
  reading,
});
