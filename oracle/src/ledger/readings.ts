/** The log of accepted readings, and each meter's last one at hand. */

import type { NewReading } from "@enerlink/protocol/wire/reading";
import type { Database } from "../store/database.ts";
import { TEXT, WHOLE } from "../store/parameters.ts";

export type StoredReading = NewReading & { id: bigint };

type Row = {
  id: bigint;
  serial: string;
  epoch: bigint;
  sequence: bigint;
  timestamp: bigint;
  export_wh: bigint;
  import_wh: bigint;
  stored_wh: bigint;
  signature: Buffer | null;
};

/** Columns of a reading, for queries that join it as `r`. */
export const readingColumns =
  "r.id, r.serial, r.epoch, r.sequence, r.timestamp, r.export_wh, r.import_wh, r.stored_wh, r.signature";

export function readingOf(row: Row): StoredReading {
  return {
    id: row.id,
    serial: row.serial,
    epoch: Number(row.epoch),
    sequence: row.sequence,
    timestamp: Number(row.timestamp),
    exportWh: row.export_wh,
    importWh: row.import_wh,
    storedWh: row.stored_wh,
    signature: row.signature ?? undefined,
  };
}

export type Readings = ReturnType<typeof makeReadings>;

export function makeReadings(database: Database) {
  const insertRow = database.prepare<unknown[], Row>(
    `INSERT INTO readings (serial, epoch, sequence, timestamp, export_wh, import_wh, stored_wh, signature, received_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
  );
  const lastRow = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ${TEXT} AND epoch = ${WHOLE} AND (signature IS NULL) = ${WHOLE} ORDER BY sequence DESC LIMIT 1`,
  );
  const newestRow = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ${TEXT} AND (signature IS NULL) = ${WHOLE}
     ORDER BY epoch DESC, sequence DESC LIMIT 1`,
  );
  const sameRow = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ${TEXT} AND epoch = ${WHOLE} AND (signature IS NULL) = 0 AND sequence = ${WHOLE}`,
  );
  const beforeRow = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ${TEXT} AND epoch = ${WHOLE} AND (signature IS NULL) = 0 AND sequence < ?
     ORDER BY sequence DESC LIMIT 1`,
  );
  const afterRow = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ${TEXT} AND epoch = ${WHOLE} AND (signature IS NULL) = 0 AND sequence > ?
     ORDER BY sequence LIMIT 1`,
  );
  const pageRows = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ? AND id < ? ORDER BY id DESC LIMIT ?`,
  );
  const cache = new Map<string, StoredReading>();

  /** Adds a reading; inside the caller's transaction. `remember` it once that is committed. */
  function insert(reading: NewReading, receivedAt: number): StoredReading {
    const { serial, epoch, sequence, timestamp, exportWh, importWh, storedWh, signature } = reading;
    const row = insertRow.get(
      serial,
      epoch,
      sequence,
      timestamp,
      exportWh,
      importWh,
      storedWh,
      signature ? Buffer.from(signature) : null,
      receivedAt,
    );
    return readingOf(row!);
  }

  const cacheKey = (serial: string, signed: boolean) => `${signed ? "signed" : "unsigned"} ${serial}`;

  /** Signed and unsigned readings are counted apart: neither makes the other late. */
  function newestOf(serial: string, signed: boolean): StoredReading | undefined {
    const known = cache.get(cacheKey(serial, signed));
    if (known) return known;
    // Not kept at hand: where others write, it may be the newest no longer when it is asked for again.
    const row = newestRow.get(serial, signed ? 0 : 1);
    return row && readingOf(row);
  }

  return {
    insert,
    /** Keeps `reading` at hand: it was committed, and is its meter's newest. */
    remember: (reading: StoredReading) =>
      void cache.set(cacheKey(reading.serial, reading.signature !== undefined), reading),
    /** The meter's newest accepted reading, of the signed ones or of all. */
    newest: (serial: string, which: "signed" | "all"): StoredReading | undefined => {
      const signed = newestOf(serial, true);
      const unsigned = which === "all" ? newestOf(serial, false) : undefined;
      return signed && unsigned
        ? unsigned.timestamp > signed.timestamp
          ? unsigned
          : signed
        : (signed ?? unsigned);
    },
    /** The last accepted reading of one epoch, of the signed or of the unsigned ones. */
    last: (serial: string, epoch: number, signed: boolean): StoredReading | undefined => {
      const known = newestOf(serial, signed);
      if (known?.epoch === epoch) return known;
      const row = lastRow.get(serial, epoch, signed ? 0 : 1);
      return row && readingOf(row);
    },
    /** The meter's readings taken in before the one with the id `before`, newest first. */
    page: (serial: string, before: bigint, limit: number): StoredReading[] =>
      pageRows.all(serial, before, limit).map(readingOf),
    /** The accepted signed readings around a sequence. */
    neighbours: (serial: string, epoch: number, sequence: bigint) => {
      const [before, after] = [beforeRow.get(serial, epoch, sequence), afterRow.get(serial, epoch, sequence)];
      return { before: before && readingOf(before), after: after && readingOf(after) };
    },
    /** The accepted signed reading of a sequence. */
    find: (serial: string, epoch: number, sequence: bigint): StoredReading | undefined => {
      const row = sameRow.get(serial, epoch, sequence);
      return row && readingOf(row);
    },
  };
}
