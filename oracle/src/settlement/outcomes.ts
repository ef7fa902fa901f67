/** What became of reports: by the converter's events, whoever brought them there, and by the receipts of own batches. */
import { energyConverterAbi, meterId, namesOf, SkipReason, serialOf } from "@enerlink/protocol";
import { traceOf } from "@enerlink/protocol/wire/reading";
import type { Log } from "@enerlink/service/log";
import { type Address, type Hex, isAddressEqual, type TransactionReceipt } from "viem";
import { type Logs, parseEventLogs } from "../chain/logs.ts";
import type { Settlements } from "../ledger/settlements.ts";
import type { Metrics } from "../metrics.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import type { StoredTransaction } from "../transactions/outbox.ts";

/** Reasons that lie in the report and the chain's last one: no later transaction changes them. */
const LASTING: readonly number[] = [
  SkipReason.WrongEpoch,
  SkipReason.BeforeEpoch,
  SkipReason.NotActiveYet,
  SkipReason.Stale,
  SkipReason.Decreasing,
  SkipReason.Impossible,
];
const placeOf = (serial: string, epoch: number | bigint, timestamp: number | bigint, hash: Hex) =>
  `${serial} ${epoch} ${timestamp} ${hash}`;
const nameOf = (reason: number) => namesOf(SkipReason)[reason] ?? `reason ${reason}`;

/** What was told to be settled: blocks are read again after a restart, and what they say is no news then. */
function makeTold({ settledFrom }: Pick<Settlements, "settledFrom">) {
  const blocks = new Map<string, bigint>();
  return {
    /** Blocks from `from` on are read again. */
    remember: (from: bigint): void => {
      for (const { serial, epoch, timestamp, hash, block_number } of settledFrom(from))
        blocks.set(placeOf(serial, epoch, timestamp, hash), block_number);
    },
    /** Whether it was told of the same block; asked once. */
    has: (place: string, block: bigint): boolean => {
      const told = blocks.get(place) === block;
      blocks.delete(place);
      return told;
    },
    /** Blocks up to `upTo` are not read again. */
    forget: (upTo: bigint): void => {
      for (const [place, block] of blocks) if (block <= upTo) blocks.delete(place);
    },
  };
}

export type Outcomes = ReturnType<typeof makeOutcomes>;

export function makeOutcomes({
  database,
  energyConverter,
  settlements,
  metrics,
  log,
  now = time.now,
}: {
  database: Database;
  energyConverter: Address;
  settlements: Settlements;
  metrics: Metrics;
  log: Log;
  /** Milliseconds. */
  now?: () => number;
}) {
  const told = makeTold(settlements);
  const own = (logs: Logs) => logs.filter((entry) => isAddressEqual(entry.address, energyConverter));

  /** Notes what became of reports, whoever brought them there. @returns whether the converter settled anything. */
  function onLogs(logs: Logs): boolean {
    const anySettled = onSettled(logs);
    onSkipped(logs);
    return anySettled;
  }

  /** What another member brought to the chain in vain is not brought there once more. */
  function onSkipped(logs: Logs): void {
    const skips = parseEventLogs({ abi: energyConverterAbi, eventName: "ReportSkipped", logs: own(logs) });
    const lasting = skips.filter(({ args }) => LASTING.includes(args.reason));
    if (lasting.length === 0) return;
    database.transaction(() => {
      for (const { args, transactionHash: transaction, blockNumber: block } of lasting) {
        const [serial, reason] = [serialOf(args.meterId), nameOf(args.reason)];
        if (!settlements.chainSkipped(serial, args.timestamp, reason)) continue;
        metrics.settlements.inc({ outcome: "skipped" });
        log.info(
          { serial, timestamp: args.timestamp, transaction, block },
          `the converter skipped it for another member: ${reason}`,
        );
      }
    })();
  }

  function onSettled(logs: Logs): boolean {
    const settled = parseEventLogs({ abi: energyConverterAbi, eventName: "MeterSettled", logs: own(logs) });
    if (settled.length === 0) return false;
    database.transaction(() => {
      for (const { args, transactionHash, blockNumber } of settled) {
        const { epoch, timestamp, tokensWh, debtWh } = args;
        const [serial, hash] = [serialOf(args.meterId), transactionHash];
        const waited = settlements.chainSettled({ ...args, serial, hash, blockNumber });
        if (!waited || told.has(placeOf(serial, epoch, timestamp, hash), blockNumber)) continue;
        metrics.settlements.inc({ outcome: "settled" });
        metrics.lastSettled.set(Math.floor(now() / 1_000));
        metrics.readToSettled.observe(Math.max(0, now() / 1_000 - timestamp));
        const reading = traceOf({ serial, epoch, timestamp });
        log.info({ reading, transaction: hash, block: blockNumber, tokensWh, debtWh }, "settled");
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
      skips.set(key(args.meterId, args.timestamp), nameOf(args.reason));
    }
    for (const { id, reading, state } of settlements.of(transaction.id)) {
      if (state !== "submitted") continue;
      const skipped =
        skips.get(key(meterId(reading.serial), reading.timestamp)) ?? "the converter said nothing about it";
      settlements.skipped(id, skipped);
      metrics.settlements.inc({ outcome: "skipped" });
      const { transactionHash: hash, blockNumber: block } = receipt;
      log.warn(
        { reading: traceOf(reading), transaction: hash, block },
        `the converter skipped it: ${skipped}`,
      );
    }
  }

  return {
    onLogs,
    mined,
    /** Blocks up to `upTo` cannot be undone. */
    finalUpTo: (upTo: bigint): void => {
      told.forget(upTo);
      settlements.chainFinal(upTo);
    },
    /** Blocks from `from` on were replaced by others, or may have been: they are read again. */
    reorganised: (from: bigint): void => {
      told.remember(from);
      database.transaction(() => settlements.chainReorganised(from))();
    },
  };
}
