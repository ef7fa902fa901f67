/**
 * What this node has put its name to. A row is on disk before a signature leaves, and a window of a meter never gets a
 * second, different report: whoever asks, after whatever crash.
 */
import { meterId, type Report } from "@enerlink/contracts";
import { encodeAbiParameters, type Hex, keccak256 } from "viem";
import type { Database } from "../store/database.ts";
import type { Item } from "./messages.ts";

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

export function makeSignedReports(database: Database) {
  const earlier = database.prepare<unknown[], { digest: Hex }>(
    `SELECT digest FROM signed_reports WHERE serial = ? AND epoch = ? AND (window_end = ? OR timestamp = ?) AND digest <> ?`,
  );
  const insert = database.prepare(
    `INSERT INTO signed_reports (serial, epoch, window_end, timestamp, digest, signed_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );

  /** Whether another report of the same window, or of the same moment, has this node's name. */
  function contradicts({ windowEnd, reading }: Item, digest: Hex): boolean {
    const { serial, epoch, timestamp } = reading;
    return earlier.get(serial, epoch, windowEnd, timestamp, digest) !== undefined;
  }

  const claimAll = database.transaction((items: readonly Item[], refused: Item[]) => {
    for (const item of items) {
      const digest = reportDigest(reportOf(item));
      if (contradicts(item, digest)) refused.push(item);
      const { serial, epoch, timestamp } = item.reading;
      insert.run(serial, epoch, item.windowEnd, timestamp, digest, Date.now());
    }
    if (refused.length > 0) throw new Contradiction();
  });

  /**
   * Notes all items as signed, or none of them.
   * @returns those that contradict what was signed before, or each other.
   */
  function claim(items: readonly Item[]): Item[] {
    const refused: Item[] = [];
    try {
      claimAll(items, refused);
    } catch (error) {
      if (!(error instanceof Contradiction)) throw error;
    }
    return refused;
  }

  return { claim };
}

/** Takes back what `claim` wrote. */
class Contradiction extends Error {}
