/**
 * From closed windows to a signed batch: waits a moment for windows that close together, leaves out what the chain is
 * already ahead of, signs, and hands the transaction to the outbox.
 */
import {
  energyConverterAbi,
  meterId,
  oracleCommitteeAbi,
  type Report,
  settlementBatchTypedData,
  skipReasons,
} from "@enerlink/contracts";
import type { Deployment } from "@enerlink/contracts/deployment";
import {
  encodeFunctionData,
  type Hex,
  isAddressEqual,
  type LocalAccount,
  parseEventLogs,
  type TransactionReceipt,
} from "viem";
import type { Mirror } from "../chain/mirror.ts";
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
/** Seconds for which the members' signatures hold. */
const SIGNATURE_LIFE = 3_600n;
/** How long the list of meters that are expected to report may be out of date, milliseconds. */
const EXPECTED_AGE = 250;

export type Settler = ReturnType<typeof makeSettler>;

export function makeSettler({
  database,
  deployment,
  mirror,
  settlements,
  outbox,
  signers,
  linger,
  blockTime,
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
  signers: readonly LocalAccount[];
  /** Milliseconds. */
  linger: number;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
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
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let complained: string | undefined;

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
    else timer ??= setTimeout(flush, linger);
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
        timer ??= setTimeout(flush, 1_000);
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
      if (due.length > 0 && !(await submit(due))) break;
    }
    const { count, next } = settlements.waiting();
    metrics.pendingSettlements.set(count);
    if (next !== undefined) timer ??= setTimeout(flush, Math.max(1_000, next - Date.now()));
  }

  /** Whether the settlement still moves anything; what does not is marked so. */
  function isDue({ id, reading }: Settlement): boolean {
    const ahead = mirror.settled(reading.serial);
    if (
      ahead &&
      (ahead.epoch > reading.epoch || (ahead.epoch === reading.epoch && ahead.timestamp >= reading.timestamp))
    ) {
      settlements.settled(id, undefined, undefined, "the chain was already ahead");
      return false;
    }
    const meter = mirror.meter(reading.serial);
    if (!meter || !isReportable(meter, reading)) {
      settlements.skipped(id, "the registry no longer lets it count");
      return false;
    }
    return true;
  }

  /** The keys of this node that are members now, ascending by address as the committee wants its signatures. */
  function ownSigners(): LocalAccount[] {
    const { members } = mirror.committee();
    return signers
      .filter((signer) => members.some((member) => isAddressEqual(member, signer.address)))
      .sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  }

  /** Why nothing can be settled now, if so. */
  function obstacle(): string | undefined {
    const { quorum } = mirror.committee();
    const own = ownSigners().length;
    return own >= quorum
      ? undefined
      : `SIGNER_KEYS can make ${own} of the ${quorum} signatures that the committee wants`;
  }

  /** Signs and stores one transaction. @returns false when this node cannot reach the quorum now. */
  async function submit(batch: Settlement[]): Promise<boolean> {
    const why = obstacle();
    if (why !== undefined) {
      if (why !== complained) log.error(`settlements wait: ${why}`);
      complained = why;
      return false;
    }
    complained = undefined;
    const { quorum, configuration } = mirror.committee();
    const reports = batch.map(({ reading }): Report => {
      const { serial, exportWh, importWh, storedWh, timestamp, epoch } = reading;
      return { meterId: meterId(serial), exportWh, importWh, storedWh, timestamp, epoch };
    });
    const wallTime = BigInt(Math.floor(Date.now() / 1_000));
    const deadline = (wallTime > blockTime() ? wallTime : blockTime()) + SIGNATURE_LIFE;
    const typedData = settlementBatchTypedData(deployment.chainId, oracleCommittee, {
      reports,
      deadline,
      configuration,
    });
    const signatures = await Promise.all(
      ownSigners()
        .slice(0, quorum)
        .map((signer) => signer.signTypedData(typedData)),
    );
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
    return true;
  }

  /** A batch was mined: notes what the converter did with each report. Inside the outbox's database transaction. */
  function mined(transaction: StoredTransaction, receipt: TransactionReceipt): void {
    if (receipt.status === "reverted") {
      settlements.again(transaction.id, Date.now());
      return;
    }
    type Outcome = { tokensWh: bigint; debtWh: bigint } | { skipped: string };
    const outcomes = new Map<string, Outcome>();
    const key = (id: Hex, timestamp: number) => `${id} ${timestamp}`;
    const logs = receipt.logs.filter((entry) => isAddressEqual(entry.address, energyConverter));
    for (const { eventName, args } of parseEventLogs({ abi: energyConverterAbi, logs })) {
      if (eventName === "MeterSettled") outcomes.set(key(args.meterId, args.timestamp), args);
      if (eventName === "ReportSkipped") {
        outcomes.set(key(args.meterId, args.timestamp), {
          skipped: skipReasons[args.reason] ?? `reason ${args.reason}`,
        });
      }
    }
    for (const { id, reading } of settlements.of(transaction.id)) {
      const outcome = outcomes.get(key(meterId(reading.serial), reading.timestamp));
      if (!outcome) {
        settlements.skipped(id, "the converter said nothing about it");
      } else if ("skipped" in outcome) {
        settlements.skipped(id, outcome.skipped);
        log.warn(`the converter skipped ${reading.serial} at ${reading.timestamp}: ${outcome.skipped}`);
      } else {
        settlements.settled(id, outcome.tokensWh, outcome.debtWh);
      }
      metrics.settlements.inc({ outcome: outcome && !("skipped" in outcome) ? "settled" : "skipped" });
    }
  }

  /** A batch can no longer be undone: tells the subscribers. */
  function final(transaction: StoredTransaction): void {
    for (const { id, reading, state, reason, tokensWh, debtWh } of settlements.of(transaction.id)) {
      events.emit("settlement_completed", {
        settlementId: id.toString(),
        meterId: reading.serial,
        state,
        reason: reason ?? null,
        tokensWh: tokensWh?.toString() ?? null,
        debtWh: debtWh?.toString() ?? null,
        transactionHash: transaction.hash,
      });
    }
  }

  outbox.handle("settle", {
    mined: (transaction, receipt) => mined(transaction, receipt),
    unmined: (transaction) => settlements.unmined(transaction.id),
    replaced: (transaction) => settlements.again(transaction.id, Date.now()),
    final,
    after: flush,
  });

  return {
    windowClosed,
    flush,
    obstacle,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
