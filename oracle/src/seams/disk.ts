/** Where SQLite's files are opened: whatever a node must not forget is in one. */
import Sqlite, { type Database, type Options } from "better-sqlite3";

export type Disk = {
  /** `:memory:` is a store that is gone with the process. */
  sqlite: (file: string, options?: Options) => Database;
};

const machine: Disk = { sqlite: (file, options) => new Sqlite(file, options) };

let inUse = machine;

export const disk: Disk = { sqlite: (file, options) => inUse.sqlite(file, options) };

/** For simulations: `other` is the disk from now on; undefined: the machine's again. */
export const replaceDisk = (other: Disk | undefined): void => {
  inUse = other ?? machine;
};
