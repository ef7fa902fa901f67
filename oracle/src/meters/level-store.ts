/** Keeps the levels of meters whose last reading did not count, or does not explain itself. */

import type { Level, Levels, RegisterName, Track } from "../rules/levels.ts";
import type { Database } from "../store/database.ts";

type Row = {
  register: RegisterName;
  epoch: bigint;
  watt_hours: bigint;
  timestamp: bigint;
  excess_wh: bigint;
  heard: bigint;
  /** NULL, all three, while it stayed nowhere. */
  track_wh: bigint | null;
  track_timestamp: bigint | null;
  track_excess_wh: bigint | null;
};

export type LevelStore = ReturnType<typeof makeLevelStore>;

function trackOf({ track_wh, track_timestamp, track_excess_wh }: Row): Track | undefined {
  if (track_wh === null || track_timestamp === null || track_excess_wh === null) return undefined;
  return { wattHours: track_wh, timestamp: Number(track_timestamp), excessWh: track_excess_wh };
}

const levelOf = (row: Row): Level => ({
  wattHours: row.watt_hours,
  timestamp: Number(row.timestamp),
  excessWh: row.excess_wh,
  heard: row.heard === 1n,
  track: trackOf(row),
});

/** Signed and unsigned readings of a meter are kept apart. */
export function makeLevelStore(database: Database) {
  const insert = database.prepare(
    `INSERT OR REPLACE INTO levels (serial, signed, register, epoch, watt_hours, timestamp, excess_wh, heard,
       track_wh, track_timestamp, track_excess_wh)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = database.prepare("DELETE FROM levels WHERE serial = ? AND signed = ?");
  const rows = database.prepare<unknown[], Row>("SELECT * FROM levels WHERE serial = ? AND signed = ?");
  /** Whose levels may be in the table: most meters never have any. */
  const known = new Set(
    database
      .prepare<unknown[], { key: string }>("SELECT DISTINCT signed || ' ' || serial AS key FROM levels")
      .all()
      .map(({ key }) => key),
  );
  const keyOf = (serial: string, signed: boolean) => `${signed ? 1 : 0} ${serial}`;

  return {
    /** What was seen of the meter in `epoch` since its last reading that explains itself; undefined when nothing was. */
    of: (serial: string, signed: boolean, epoch: number): Levels | undefined => {
      if (!known.has(keyOf(serial, signed))) return undefined;
      const found = rows.all(serial, signed ? 1 : 0).filter((row) => Number(row.epoch) === epoch);
      const level = (name: RegisterName) => found.find(({ register }) => register === name);
      const [out, into] = [level("exportWh"), level("importWh")];
      return out && into && { exportWh: levelOf(out), importWh: levelOf(into) };
    },
    keep: (serial: string, signed: boolean, epoch: number, levels: Levels): void => {
      known.add(keyOf(serial, signed));
      for (const name of ["exportWh", "importWh"] as const) {
        const { wattHours, timestamp, excessWh, heard, track } = levels[name];
        const seen = [epoch, wattHours, timestamp, excessWh, heard ? 1 : 0];
        const stayed = track ? [track.wattHours, track.timestamp, track.excessWh] : [null, null, null];
        insert.run(serial, signed ? 1 : 0, name, ...seen, ...stayed);
      }
    },
    forget: (serial: string, signed: boolean) => void remove.run(serial, signed ? 1 : 0),
  };
}
