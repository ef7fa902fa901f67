/**
 * What this node has put its name to. A row is on disk before a signature leaves, and a window of a meter never gets a
 * second, different report: whoever asks, after whatever crash. A restored copy has forgotten what was signed since it
 * was taken: it signs nothing of windows that had begun when it was restored; the next ones carry their energy.
 */
import { meterId, type Report } from "@enerlink/contracts";
import { encodeAbiParameters, type Hex, keccak256 } from "viem";
import { CLOCK_SECONDS } from "../meters/validation.ts";
import { type Database, meta, RESTORED } from "../store/database.ts";
import type { Item } from "./messages.ts";

/** Seconds by which clocks may differ: of the meter whose report was signed, and of whoever restored the copy. */
const MARGIN = 2 * CLOCK_SECONDS;

export type SignedReports = ReturnType<typeof makeSignedReports>;

/** The report that the converter takes of an item's reading. */
export function reportOf({ reading }: Pick<Item, "reading">): Report {
  const { serial, exportWh, importWh, storedWh, timestamp, epoch } = reading;
  return { meterId: meterId(serial), exportWh, importWh, storedWh, timestamp, epoch };
}

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

/** Why an item is not signed. */
export type Unsigned = { item: Item; reason: "already-signed" | "restored" };

/** `interval`: seconds of a settlement window. */
export function makeSignedReports(database: Database, interval: number) {
  const earlier = database.prepare<unknown[], { digest: Hex }>(
    `SELECT digest FROM signed_reports WHERE serial = ? AND epoch = ? AND (window_end = ? OR timestamp = ?) AND digest <> ?`,
  );
  const insert = database.prepare(
    `INSERT INTO signed_reports (serial, epoch, window_end, timestamp, digest, signed_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );

  const restored = meta(database, RESTORED);
  /** Unix seconds: windows that began before may have been signed without this store's knowing. */
  const signsFrom = restored === undefined ? undefined : Number(restored) + MARGIN;

  const claimAll = database.transaction((items: readonly Item[], refused: Unsigned[]) => {
    for (const item of items) {
      const digest = reportDigest(reportOf(item));
      const { windowEnd } = item;
      const { serial, epoch, timestamp } = item.reading;
      // Of the same window, or of the same moment.
      const contradicts = earlier.get(serial, epoch, windowEnd, timestamp, digest) !== undefined;
      const isNew = insert.run(serial, epoch, windowEnd, timestamp, digest, Date.now()).changes === 1;
      const forgotten = isNew && signsFrom !== undefined && windowEnd - interval < signsFrom;
      if (contradicts) refused.push({ item, reason: "already-signed" });
      else if (forgotten) refused.push({ item, reason: "restored" });
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
    /** From when on this node signs windows, if its store was restored: unix seconds. */
    signsFrom: () => signsFrom,
  };
}

/** Takes back what `claim` wrote. */
class Contradiction extends Error {}
