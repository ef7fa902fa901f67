/** What became of reports: by the converter's events, whoever brought them there, and by the receipts of own batches. */
import { energyConverterAbi, meterId, namesOf, SkipReason, serialOf } from "@enerlink/contracts";
import {
  type Address,
  type Log as ChainLog,
  type Hex,
  isAddressEqual,
  parseEventLogs,
  type TransactionReceipt,
} from "viem";
import type { Events } from "../events.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Database } from "../store/database.ts";
import type { StoredTransaction } from "../transactions/outbox.ts";
import type { Settlement, Settlements } from "./settlements.ts";

export type Outcomes = ReturnType<typeof makeOutcomes>;

export function makeOutcomes({
  database,
  energyConverter,
  settlements,
  events,
  metrics,
  log,
}: {
  database: Database;
  energyConverter: Address;
  settlements: Settlements;
  events: Events;
  metrics: Metrics;
  log: Log;
}) {
  const own = (logs: readonly ChainLog<bigint, number, false>[]) =>
    logs.filter((entry) => isAddressEqual(entry.address, energyConverter));

  /** Notes what the converter settled, whoever reported it. @returns whether it settled anything. */
  function onLogs(logs: readonly ChainLog<bigint, number, false>[]): boolean {
    const settled = parseEventLogs({ abi: energyConverterAbi, eventName: "MeterSettled", logs: own(logs) });
    if (settled.length === 0) return false;
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
    return true;
  }

  /** A batch of this node was mined: notes what was settled, and why the rest was not. In the outbox's database transaction. */
  function mined(transaction: StoredTransaction, receipt: TransactionReceipt): void {
    onLogs(receipt.logs);
    const skips = new Map<string, string>();
    const key = (id: Hex, timestamp: number) => `${id} ${timestamp}`;
    const logs = own(receipt.logs);
    for (const { args } of parseEventLogs({ abi: energyConverterAbi, eventName: "ReportSkipped", logs })) {
      skips.set(
        key(args.meterId, args.timestamp),
        namesOf(SkipReason)[args.reason] ?? `reason ${args.reason}`,
      );
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

  return {
    onLogs,
    mined,
    /** What a batch did not settle can no longer be undone: tells the subscribers. */
    final: ({ id }: StoredTransaction): void => {
      for (const settlement of settlements.of(id)) if (settlement.state === "skipped") completed(settlement);
    },
    /** Blocks up to `upTo` cannot be undone: tells the subscribers what they settled. */
    finalUpTo: (upTo: bigint): void => {
      for (const settlement of database.transaction(() => settlements.chainFinal(upTo))())
        completed(settlement);
    },
    /** Blocks from `from` on were replaced by others. */
    reorganised: (from: bigint): void => database.transaction(() => settlements.chainReorganised(from))(),
  };
}
