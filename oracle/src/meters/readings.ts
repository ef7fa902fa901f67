/** The log of accepted readings, and each meter's last one at hand. */
import type { Database } from "../store/database.ts";
import type { Reading } from "./reading.ts";

export type StoredReading = Reading & { id: bigint };

type Row = {
  id: bigint;
  serial: string;
  epoch: bigint;
  sequence: bigint;
  timestamp: bigint;
  export_wh: bigint;
  import_wh: bigint;
  stored_wh: bigint;
  signature: Buffer;
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
    signature: row.signature,
  };
}

export type Readings = ReturnType<typeof makeReadings>;

export function makeReadings(database: Database) {
  const insertRow = database.prepare<unknown[], Row>(
    `INSERT INTO readings (serial, epoch, sequence, timestamp, export_wh, import_wh, stored_wh, signature, received_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
  );
  const lastRow = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ? AND epoch = ? ORDER BY sequence DESC LIMIT 1`,
  );
  const newestRow = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ? ORDER BY epoch DESC, sequence DESC LIMIT 1`,
  );
  const sameRow = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ? AND epoch = ? AND sequence = ?`,
  );
  const cache = new Map<string, StoredReading>();

  /** Adds a reading; inside the caller's transaction. `remember` it once that is committed. */
  function insert(reading: Reading, receivedAt: number): StoredReading {
    const { serial, epoch, sequence, timestamp, exportWh, importWh, storedWh, signature } = reading;
    const row = insertRow.get(
      serial,
      epoch,
      sequence,
      timestamp,
      exportWh,
      importWh,
      storedWh,
      Buffer.from(signature),
      receivedAt,
    );
    return readingOf(row!);
  }

  function newest(serial: string): StoredReading | undefined {
    const known = cache.get(serial);
    if (known) return known;
    const row = newestRow.get(serial);
    if (!row) return undefined;
    const reading = readingOf(row);
    cache.set(serial, reading);
    return reading;
  }

  return {
    insert,
    /** Keeps `reading` at hand: it was committed, and is its meter's newest. */
    remember: (reading: StoredReading) => void cache.set(reading.serial, reading),
    /** The meter's newest accepted reading. */
    newest,
    /** The last accepted reading of one epoch. */
    last: (serial: string, epoch: number): StoredReading | undefined => {
      const known = newest(serial);
      if (known?.epoch === epoch) return known;
      const row = lastRow.get(serial, epoch);
      return row && readingOf(row);
    },
    find: (serial: string, epoch: number, sequence: bigint): StoredReading | undefined => {
      const row = sameRow.get(serial, epoch, sequence);
      return row && readingOf(row);
    },
  };
}
