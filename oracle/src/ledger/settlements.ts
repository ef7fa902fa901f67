/**
 * Which readings are to be reported, and what became of each: the settlement table. A report is settled when the chain
 * says so, whichever member brought it there.
 */

import { constants } from "@enerlink/protocol";
import type { NewReading } from "@enerlink/protocol/wire/reading";
import type { Meter } from "../chain/mirror.ts";
import { closings, slotClosings, windowEnd as windowEndOf } from "../rules/windows.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import type { StoredReading } from "./readings.ts";
import {
  type ChainPlace,
  type ChainSettlement,
  makeRootedRows,
  makeSettlementRows,
  type RootedRows,
  type Settlement,
  type SettlementRows,
  settlementOf,
  type UnderWay,
  windowEndOf as windowEndOfRow,
} from "./settlement-rows.ts";

export type { ChainSettlement, Settlement, SettlementState, UnderWay } from "./settlement-rows.ts";

/** The converter settles a meter at most once in so many seconds. */
export const SHORTEST_INTERVAL = Number(constants.Settlement.MINIMUM_INTERVAL);

/** Whether readings that nobody signed count for this meter. Those of meters with a key are only shown. */
export const countsUnsigned = (meter: Pick<Meter, "trust">): boolean => meter.trust === "C";

/** Whether the converter would count a report of this reading, as far as the registry tells. */
export function isReportable(meter: Meter, reading: NewReading): boolean {
  return (
    meter.settles &&
    !meter.suspended &&
    (reading.signature !== undefined || countsUnsigned(meter)) &&
    reading.epoch === meter.epoch &&
    reading.timestamp > meter.epochDeclaredAt &&
    reading.timestamp >= meter.activeFrom
  );
}

/** A settlement that was tried so often is not waited for by what comes after it. */
const FEW_TRIES = 3;

/** So much of a slot a meter may be late at every slot's end. */
const LATE = 1 / 10;

const isZero = ({ exportWh, importWh }: NewReading) => exportWh === 0n && importWh === 0n;
const isBlank = (reading: NewReading) => reading.signature === undefined && isZero(reading);

/** Whether a reading is settled at once: energy counts from the first one that is. Not where its window ends soon. */
function makeBegins(rows: SettlementRows, interval: number) {
  /** Epochs of meters of which something was reported. */
  const begun = new Set<string>();

  return ({ slots }: Meter, reading: StoredReading): boolean => {
    const { serial, epoch, timestamp } = reading;
    if (slots || reading.signature === undefined || isZero(reading)) return false;
    const name = `${serial} ${epoch}`;
    if (!begun.has(name) && rows.everReported.get(serial, epoch)) begun.add(name);
    return !begun.has(name) && windowEndOf(timestamp, interval) - timestamp >= interval / 2;
  };
}

/** Which readings are recorded to be reported. @param rooted Whether windows of a meter go to the chain within roots */
function makeRecording(rows: SettlementRows, interval: number, rooted: (meter: Meter) => boolean) {
  /** Meters whose next reading is settled at once. */
  const urgent = new Set<string>();
  const begins = makeBegins(rows, interval);

  /** Records that `reading` is to be reported, unless the converter would not take it so soon after the last one. */
  function add(meter: Meter, reading: StoredReading, windowEnd: number | undefined, asked = false): boolean {
    const { serial } = meter;
    const { id, epoch, timestamp } = reading;
    if (!isReportable(meter, reading) || timestamp < earliest(serial, epoch)) return false;
    const route = windowEnd !== undefined && !meter.slots && rooted(meter) ? "root" : "batch";
    const { changes } = rows.insert.run(
      ...[id, serial, epoch, timestamp, windowEnd ?? null, asked ? 1 : 0, route, time.now()],
    );
    return changes === 1;
  }

  // What the committee has refused again and again holds up no other report: the members count from what is settled.
  const lastReported = (serial: string, epoch: number) => rows.lastReported.get(serial, epoch, FEW_TRIES);

  /** When the meter can be settled next, unix seconds. */
  function earliest(serial: string, epoch: number): number {
    const row = lastReported(serial, epoch);
    return row ? Number(row.timestamp) + SHORTEST_INTERVAL : 0;
  }

  /**
   * Whether a slotted meter is not reported for the slot that ended at `end`. Where slots are no longer than the converter
   * takes between two reports, a meter that was read late once could never be read sooner again, and everybody's slots
   * would be late for ever: it leaves out one, and is in time from then on.
   */
  function leavesOut({ serial, epoch, slots }: Meter, end: number): boolean {
    if (!slots) return false;
    if (end <= slots.since) return true;
    const last = lastReported(serial, epoch);
    if (last?.window_end !== BigInt(end - slots.length)) return false;
    const late = Number(last.timestamp - last.window_end) - slots.length * LATE;
    // Read as late as the last time it would have been heard sooner by more than it may be late.
    return rows.wasHeard.get(serial, last.reading_id, epoch, end, Math.ceil(end + late) - 1) !== undefined;
  }

  const closingsOf = ({ slots }: Meter, previous: number | undefined, current: number) =>
    slots ? slotClosings(previous, current, slots) : closings(previous, current, interval);

  /** Whether a report stamped `timestamp` in the middle of a window leaves time for the one of the window's end. */
  function leavesTime({ slots }: Meter, timestamp: number): boolean {
    const untilLast = slots
      ? slots.length - (timestamp % slots.length) + slots.tolerance
      : windowEndOf(timestamp, interval) - timestamp;
    return untilLast >= SHORTEST_INTERVAL;
  }

  /**
   * Records the windows that `current`, the meter's reading after `previous`, closes. Inside the transaction that stores
   * the reading.
   * @returns whether any window closed.
   */
  function close(meter: Meter, previous: StoredReading | undefined, current: StoredReading): boolean {
    let closed = false;
    for (const { reading, windowEnd } of closingsOf(meter, previous?.timestamp, current.timestamp)) {
      const closing = reading === "previous" ? previous! : current;
      if (windowEnd === undefined ? !leavesTime(meter, closing.timestamp) : leavesOut(meter, windowEnd))
        continue;
      // Registers that stand at 0 unsigned may not be known yet: what follows says whether they count from there.
      if (isBlank(closing) && isBlank(current)) continue;
      closed = add(meter, closing, windowEnd) || closed;
    }
    const inTime = urgent.has(meter.serial) && leavesTime(meter, current.timestamp);
    if ((inTime || begins(meter, current)) && add(meter, current, undefined)) closed = true;
    if (closed) urgent.delete(meter.serial);
    return closed;
  }

  /**
   * Records the window of `previous` when something of the meter at `timestamp` (unix seconds) shows that it is over,
   * though that does not count. @returns whether it closed.
   */
  function closeOver(meter: Meter, previous: StoredReading, timestamp: number): boolean {
    if (isBlank(previous)) return false;
    const [closing] = closingsOf(meter, previous.timestamp, timestamp);
    // Of a slotted meter: it was not read at the slot's end.
    const isOver = meter.slots ? closing && closing.windowEnd === undefined : closing?.reading === "previous";
    return isOver === true && add(meter, previous, closing?.windowEnd);
  }

  return {
    close,
    closeOver,
    /** Settles the next reading of `serial` that the converter will take, without waiting for its window's end. */
    hurry: (serial: string) => void urgent.add(serial),
    /**
     * Settles `reading` now, whether or not its window has closed.
     * @returns the settlement, an earlier one of the same reading included; or when the meter can be settled next.
     */
    byHand: (meter: Meter, reading: StoredReading): Settlement | { earliest: number } => {
      const find = () => rows.ofReading.get(reading.id);
      const row = find() ?? (add(meter, reading, undefined, true) ? find() : undefined);
      return row ? settlementOf(row) : { earliest: earliest(meter.serial, reading.epoch) };
    },
  };
}

/** What the chain says has become of them. */
const makeChainOutcomes = (rows: SettlementRows) => ({
  /** The chain stands where the report would take it, or beyond. */
  overtaken: ({ id, reading: { serial, epoch, timestamp } }: Settlement) => {
    const settled = rows.onChain.get(serial, epoch, timestamp);
    rows.markOutcome.run("settled", settled ? null : "the chain was already ahead", id);
  },
  /** The chain settled a report. @returns whether a settlement here was waiting for it. */
  chainSettled: (settled: ChainSettlement) => {
    const { serial, epoch, timestamp, tokensWh, debtWh, exportWh, importWh, storedWh } = settled;
    const registers = [exportWh, importWh, storedWh];
    const { hash, blockNumber } = settled;
    rows.insertChain.run(serial, epoch, timestamp, tokensWh, debtWh, ...registers, hash, blockNumber);
    return rows.markChainSettled.run(serial, epoch, timestamp).changes > 0;
  },
  /** The chain skipped a report that another member brought there. @returns whether one waited here. */
  chainSkipped: (serial: string, timestamp: number, reason: string) =>
    rows.markChainSkipped.run(reason, serial, timestamp).changes > 0,
  /** What this node knows to be settled by blocks from `from` on, and where. */
  settledFrom: (from: bigint): ChainPlace[] => rows.settledFrom.all(from),
  /** Blocks from `from` on were replaced: what they settled is open again until it is read again. */
  chainReorganised: (from: bigint) => {
    rows.reopen.run(from);
    rows.forgetChain.run(from);
  },
  /** Blocks up to `upTo` cannot be undone. */
  chainFinal: (upTo: bigint): void => void rows.markFinal.run(upTo),
});

export type Settlements = ReturnType<typeof makeSettlements>;

/** Of those that go to the chain within roots. */
const makeRooted = (rows: RootedRows) => ({
  /** What waits of the window that ended at `windowEnd` (unix seconds), by serial. */
  ofRoot: (windowEnd: number): Settlement[] => rows.ofRoot.all(windowEnd).map(settlementOf),
  /** Of each meter the newest that waits, of windows that ended by `end`. */
  newestOfRoots: (end: number): Settlement[] => rows.newestOfRoots.all(end).map(settlementOf),
  /** It goes in a batch instead. */
  toBatch: (id: bigint): void => void rows.toBatch.run(id),
  /**
   * What of a meter must not wait for a root any more: of one that shares slots each report comes before the next, and of
   * an epoch that is over none counts. Nothing later of the meter would be reported before.
   */
  outOfRoots: ({ serial, epoch, slots }: Meter): void => {
    rows.dropEpochs.run(serial, epoch);
    if (slots) rows.allToBatches.run(serial);
  },
  /** The chain has settled the meter at the end of that window, or later. */
  passed: (serial: string, epoch: number, windowEnd: number): void =>
    void rows.passed.run(serial, epoch, windowEnd),
  /** This node's own of a window. */
  atWindow: (serial: string, epoch: number, windowEnd: number): Settlement | undefined => {
    const row = rows.atWindow.get(serial, epoch, windowEnd);
    return row && settlementOf(row);
  },
  /** Windows that ended after `after` (unix seconds), the oldest first: of how many meters, and when the first was heard (milliseconds). */
  openWindows: (after: number): { windowEnd: number; first: number; meters: number }[] =>
    rows.openWindows.all(after).map(({ window_end, first, count }) => ({
      windowEnd: Number(window_end),
      first: Number(first),
      meters: Number(count),
    })),
});

export function makeSettlements({
  database,
  interval,
  rooted = () => false,
}: {
  database: Database;
  /** Seconds of a settlement window. */
  interval: number;
  /** Whether windows of a meter that is in no community go to the chain within roots. */
  rooted?: (meter: Meter) => boolean;
}) {
  const rows = makeSettlementRows(database);
  return {
    ...makeRecording(rows, interval, rooted),
    ...makeChainOutcomes(rows),
    ...makeRooted(makeRootedRows(database)),
    /** Whether this window of the meter is over by what this node has heard. */
    isClosed: (serial: string, epoch: number, windowEnd: number): boolean =>
      rows.closing.get(serial, epoch, windowEnd) !== undefined,
    /** Whether a reading of this epoch was to be reported. */
    isReported: (serial: string, epoch: number): boolean =>
      rows.everReported.get(serial, epoch) !== undefined,
    /** Those asked for here, then the oldest settlements that wait for a transaction. `now` in milliseconds. */
    pending: (limit: number, now: number) => rows.pendingRows.all(now, limit).map(settlementOf),
    /** Reports of `serials` stamped from `from` to `to` (unix seconds) that are on their way to the chain. */
    underWay: (serials: readonly string[], from: number, to: number): UnderWay[] =>
      rows.underWay.all(JSON.stringify(serials), from, to, FEW_TRIES).map((row) => ({
        serial: row.serial,
        timestamp: Number(row.timestamp),
        windowEnd: windowEndOfRow(row),
        state: row.state,
      })),
    /** The registers of the report of the same meter and epoch that goes before this one, after `after` (unix seconds). */
    earlier: ({ serial, epoch, timestamp }: NewReading, after: number): StoredReading | undefined => {
      const row = rows.earlier.get(serial, epoch, after, timestamp, FEW_TRIES);
      return row && settlementOf(row).reading;
    },
    /** What waits of `serials`, and was not tried yet, may be tried at once. */
    recall: (serials: readonly string[]): void => void rows.recall.run(JSON.stringify(serials)),
    /** How many wait, and when the first of them may be tried (milliseconds). */
    waiting: () => {
      const { count, next } = rows.pendingCount.get()!;
      return { count: Number(count), next: next === null ? undefined : Number(next) };
    },
    of: (transactionId: bigint) => rows.ofTransaction.all(transactionId).map(settlementOf),
    submitted: (id: bigint, transactionId: bigint) => void rows.markSubmitted.run(transactionId, id),
    skipped: (id: bigint, reason: string) => void rows.markOutcome.run("skipped", reason, id),
    /** The members did not agree on it: it waits, longer each time. `now` in milliseconds. */
    postpone: (id: bigint, now: number) => void rows.markPostponed.run(now, id),
    /** The settlement of a reading that waits, and was neither put off nor left to another member yet. */
    untouched: ({ serial, epoch, timestamp }: NewReading): Settlement | undefined => {
      const row = rows.untouched.get(serial, epoch, timestamp);
      return row && settlementOf(row);
    },
    /** Another member sees to it, and has until `until` (milliseconds). */
    leave: (id: bigint, until: number) => void rows.leaveTo.run(until, id),
    /** The transaction moved nothing: its settlements wait again, longer each time. `now` in milliseconds. */
    again: (transactionId: bigint, now: number) => void rows.markAgain.run(now, transactionId),
    /** The transaction's block left the chain: what it did not settle is open again. */
    unmined: (transactionId: bigint) => void rows.markUnmined.run(transactionId),
    /** What is, or was, to be reported of the meter last. */
    newest: (serial: string): Settlement | undefined => {
      const row = rows.newest.get(serial);
      return row && settlementOf(row);
    },
    /** The meter's newest settlement whose reading is signed, and stamped at or before `cutoff`. Others can verify those. */
    last: (serial: string, cutoff = Number.MAX_SAFE_INTEGER): Settlement | undefined => {
      const row = rows.lastRow.get(serial, cutoff);
      return row && settlementOf(row);
    },
  };
}
