/**
 * Readings summed up and, once they are old, let go: the registers at the end of every quarter hour, hour and day stay
 * for good, and so do the readings that closed a window and each meter's latest.
 */

import { type Timer, time } from "../seams/time.ts";
import { type Database, meta, setMeta } from "../store/database.ts";

/** Seconds. */
export const spans = [900, 3_600, 86_400] as const;
export type Span = (typeof spans)[number];

/** Rows in one transaction, some 8 ms: readings that come in meanwhile need not wait longer. */
const PORTION = 500n;
/** Milliseconds for everything else between two portions. */
const PAUSE = 50;
const DAY = 86_400_000;

export type Rollup = {
  /** Unix seconds. */
  start: number;
  epoch: number;
  signed: boolean;
  /** Registers at its end, Wh. */
  exportWh: bigint;
  importWh: bigint;
  /** How many readings came in it. */
  readings: number;
};

/** The place before all. */
const NEWEST = Array<bigint>(3).fill(2n ** 63n - 1n);

/** What puts it in its place among a meter's of one length: in one span there may be several epochs, signed and not. */
export const rollupPlace = ({ start, epoch, signed }: Rollup): number[] => [start, epoch, Number(signed)];

type Row = {
  start: bigint;
  epoch: bigint;
  signed: bigint;
  export_wh: bigint;
  import_wh: bigint;
  readings: bigint;
};

export type Rollups = ReturnType<typeof makeRollups>;

export function makeRollups({
  database,
  retentionDays,
  now = time.now,
}: {
  database: Database;
  /** Days for which every reading is kept; for ever when undefined. */
  retentionDays: number | undefined;
  now?: () => number;
}) {
  // Registers never fall within an epoch, so that the highest is the last, in whatever order readings came.
  const add = database.prepare(
    `INSERT INTO rollups (span, serial, start, epoch, signed, export_wh, import_wh, readings)
     SELECT :span, serial, timestamp / :span * :span, epoch, signature IS NOT NULL, max(export_wh), max(import_wh), count(*)
     FROM readings WHERE id > :from AND id <= :to GROUP BY serial, timestamp / :span, epoch, signature IS NOT NULL
     ON CONFLICT DO UPDATE SET export_wh = max(export_wh, excluded.export_wh),
       import_wh = max(import_wh, excluded.import_wh), readings = readings + excluded.readings`,
  );
  const newest = database.prepare<unknown[], bigint | null>("SELECT max(id) FROM readings").pluck();
  const oldest = database
    .prepare<unknown[], bigint | null>(
      `SELECT max(id) FROM (SELECT id, received_at FROM readings WHERE id > :from AND id <= :to ORDER BY id LIMIT :portion)
       WHERE received_at < :horizon`,
    )
    .pluck();
  const remove = database.prepare(
    `DELETE FROM readings AS r WHERE id > :from AND id <= :to AND received_at < :horizon
     AND NOT EXISTS (SELECT 1 FROM settlements s WHERE s.reading_id = r.id)
     AND EXISTS (SELECT 1 FROM readings n WHERE n.serial = r.serial AND n.id > r.id)`,
  );
  const page = database.prepare<unknown[], Row>(
    `SELECT * FROM rollups WHERE span = ? AND serial = ? AND start >= ? AND start < ? AND (start, epoch, signed) < (?, ?, ?)
     ORDER BY start DESC, epoch DESC, signed DESC LIMIT ?`,
  );
  const mark = (key: "rolled" | "released") => BigInt(meta(database, key) ?? "0");

  const roll = database.transaction((from: bigint, to: bigint) => {
    for (const span of spans) add.run({ span: BigInt(span), from, to });
    setMeta(database, "rolled", to.toString());
  });

  /** Sums up a portion of what is new. @returns whether there is more. */
  function sumUp(): boolean {
    const from = mark("rolled");
    const last = newest.get() ?? 0n;
    if (last <= from) return false;
    const to = last - from > PORTION ? from + PORTION : last;
    roll(from, to);
    return to < last;
  }

  const releaseUpTo = database.transaction((horizon: bigint, from: bigint, to: bigint): number => {
    setMeta(database, "retention", horizon.toString());
    setMeta(database, "released", to.toString());
    return remove.run({ from, to, horizon }).changes;
  });

  /** Lets a portion of what is older than the retention go, once it is summed up. @returns how many readings went. */
  function release(): number {
    if (retentionDays === undefined) return 0;
    const horizon = BigInt(now() - retentionDays * DAY);
    const from = mark("released");
    const to = oldest.get({ from, to: mark("rolled"), portion: PORTION, horizon });
    return to ? releaseUpTo(horizon, from, to) : 0;
  }

  let timer: Timer | undefined;
  /** Sums up and lets go all that is due, portion by portion. */
  function work(): void {
    timer = sumUp() || release() > 0 ? time.setTimeout(work, PAUSE) : undefined;
  }

  return {
    sumUp,
    release,
    /** Call it every second or so. */
    check: () => {
      if (!timer) work();
    },
    stop: () => time.clear(timer),
    /** A meter's spans that begin at `from` or later and before `to` (unix seconds), newest first, behind `place`. */
    page: (
      serial: string,
      span: Span,
      { from, to }: { from: number; to: number },
      limit: number,
      place: readonly bigint[] = NEWEST,
    ): Rollup[] =>
      page.all(span, serial, from, to, ...place, limit).map((row) => ({
        start: Number(row.start),
        epoch: Number(row.epoch),
        signed: row.signed === 1n,
        exportWh: row.export_wh,
        importWh: row.import_wh,
        readings: Number(row.readings),
      })),
  };
}
