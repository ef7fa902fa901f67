/**
 * What this node has put its name to. A row is on disk before a signature leaves, and a window of a meter never gets a
 * second, different report: whoever asks, after whatever crash. A restored copy has forgotten what was signed since it
 * was taken: it signs nothing of windows that had begun when it was restored; the next ones carry their energy.
 */
import type { Report } from "@enerlink/protocol";
import type { Item } from "@enerlink/protocol/wire/committee";
import { encodeAbiParameters, type Hex, keccak256 } from "viem";
import type { Owns } from "../chain/mirror.ts";
import { reportOf } from "../ledger/report.ts";
import { CLOCK_SECONDS } from "../rules/validation.ts";
import { type Slots, slotEndOf, windowEnd as windowEndOf } from "../rules/windows.ts";
import { time } from "../seams/time.ts";
import { type Database, meta, RESTORED, setMeta } from "../store/database.ts";
import { TEXT, WHOLE } from "../store/parameters.ts";

/** Seconds by which clocks may differ: of the meter whose report was signed, and of whoever restored the copy. */
const MARGIN = 2 * CLOCK_SECONDS;

export type SignedReports = ReturnType<typeof makeSignedReports>;

/**
 * Reports in the middle of windows that are signed of a meter within an hour: one is published for whoever asks for it, and
 * one a minute would be a diary of who is at home. Windows of less than a quarter of an hour tell more by themselves.
 */
const MIDDLES = { most: 4, within: 3_600, windowsFrom: 900 };

const reportWords = ["bytes32", "uint64", "uint64", "uint64", "uint40", "uint32"].map((type) => ({ type }));

export const reportDigest = (report: Report): Hex =>
  keccak256(
    encodeAbiParameters(reportWords, [
      report.meterId,
      report.exportWh,
      report.importWh,
      report.storedWh,
      report.timestamp,
      report.epoch,
    ]),
  );

/**
 * What of a report may never be contradicted. Observations of what nobody signed carry the time at which each member had
 * them: of a window's, only the registers count.
 */
function identityOf(item: Item): { timestamp: number; digest: Hex } {
  const report = reportOf(item);
  const timestamp = item.reading.signature ? report.timestamp : item.windowEnd;
  return { timestamp, digest: reportDigest({ ...report, timestamp }) };
}

/** Why an item is not signed. */
export type Unsigned = { item: Item; reason: "already-signed" | "restored" | "not-yet" | "other-shard" };

/** `interval`: seconds of a settlement window. `slotsOf`: of a slotted meter. `owns`: the meters that this process signs for. */
export function makeSignedReports(
  database: Database,
  interval: number,
  slotsOf: (serial: string) => Slots | undefined = () => undefined,
  owns: Owns = () => true,
) {
  const earlier = database.prepare<unknown[], { same: bigint }>(
    `SELECT digest = ? AS same FROM signed_reports WHERE serial = ${TEXT} AND epoch = ${WHOLE} AND (window_end = ${WHOLE} OR timestamp = ${WHOLE})
     ORDER BY same LIMIT 1`,
  );
  const insert = database.prepare(
    `INSERT INTO signed_reports (serial, epoch, window_end, timestamp, digest, signed_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );

  const reported = database.prepare(
    `SELECT 1 FROM signed_reports WHERE serial = ${TEXT} AND epoch = ${WHOLE} AND timestamp = ${WHOLE} AND digest = ?`,
  );

  const middles = database
    .prepare<unknown[], bigint>(
      `SELECT count(*) FROM signed_reports
       WHERE serial = ${TEXT} AND epoch = ${WHOLE} AND timestamp > ? AND timestamp < ? AND window_end = timestamp AND timestamp % ? <> 0`,
    )
    .pluck();

  /** Whether so many reports in the middle of windows were signed of the meter near this one that it has to wait. */
  function isTooOften({ windowEnd, reading: { serial, epoch, timestamp } }: Item): boolean {
    const length = slotsOf(serial)?.length ?? interval;
    if (windowEnd !== timestamp || timestamp % length === 0 || length < MIDDLES.windowsFrom) return false;
    const { most, within } = MIDDLES;
    return middles.get(serial, epoch, timestamp - within, timestamp + within, length)! >= most;
  }

  /** Unix seconds: windows that began before may have been signed without this store's knowing. */
  let signsFrom: number | undefined;
  function readRestored(): void {
    const restored = meta(database, RESTORED);
    signsFrom = restored === undefined ? undefined : Number(restored) + MARGIN;
  }
  readRestored();
  /** Whether what was signed of the window that ended at `windowEnd` may not be known here. */
  const isForgotten = (windowEnd: number) => signsFrom !== undefined && windowEnd - interval < signsFrom;

  /** Why `item` cannot be signed, if so. */
  function problem(item: Item): Unsigned["reason"] | undefined {
    const { windowEnd, reading } = item;
    // Another process with this key has the store that knows what was signed of it.
    if (!owns(reading.serial)) return "other-shard";
    const { timestamp, digest } = identityOf(item);
    // Of the same window, or of the same moment.
    const known = earlier.get(digest, reading.serial, reading.epoch, windowEnd, timestamp);
    if (known) return known.same ? undefined : "already-signed";
    if (isTooOften(item)) return "not-yet";
    return isForgotten(windowEnd) ? "restored" : undefined;
  }

  const claimAll = database.transaction((items: readonly Item[], refused: Unsigned[]) => {
    for (const item of items) {
      const reason = problem(item);
      if (reason) refused.push({ item, reason });
      const { serial, epoch } = item.reading;
      const { timestamp, digest } = identityOf(item);
      insert.run(serial, epoch, item.windowEnd, timestamp, digest, time.now());
    }
    if (refused.length > 0) throw new Contradiction();
  });

  /**
   * Notes all items as signed, or none of them.
   * @returns those that contradict what was signed, or may have been, or each other.
   */
  function claim(items: readonly Item[]): Unsigned[] {
    const refused: Unsigned[] = [];
    try {
      claimAll(items, refused);
    } catch (error) {
      if (!(error instanceof Contradiction)) throw error;
    }
    return refused;
  }

  return {
    claim,
    isForgotten,
    /** The items that could not be claimed now. */
    refused: (items: readonly Item[]): Unsigned[] =>
      items.flatMap((item) => {
        const reason = problem(item);
        return reason ? [{ item, reason }] : [];
      }),
    /** Whether this node has signed this report, as far as its store tells; what another process signs is none of its. */
    knows: (serial: string, report: Report): boolean => {
      if (!owns(serial)) return true;
      const slots = slotsOf(serial);
      // Of what nobody signed the window's end was noted.
      const ends = [windowEndOf(report.timestamp, interval), slots && slotEndOf(report.timestamp, slots)];
      return [report.timestamp, ...ends].some(
        (timestamp) =>
          timestamp !== undefined &&
          reported.get(serial, report.epoch, timestamp, reportDigest({ ...report, timestamp })),
      );
    },
    /** The store has forgotten what was signed before `now` (unix seconds). */
    forget: (now: number): void => {
      setMeta(database, RESTORED, String(now));
      readRestored();
    },
    /** From when on this node signs windows, if its store was restored: unix seconds. */
    signsFrom: () => signsFrom,
  };
}

/** Takes back what `claim` wrote. */
class Contradiction extends Error {}
