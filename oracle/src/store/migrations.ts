/**
 * How a store grows with the program: numbered steps, each in a transaction, after a copy. A step that has landed is
 * never changed; the next change is the next step.
 */
import { closeSync, openSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { time } from "../seams/time.ts";
import { FIRST_VERSION, schema } from "./schema.ts";

/** The statements of each step; the first leads from `FIRST_VERSION` to the next version. */
export const migrations: readonly { what: string; sql: string }[] = [
  {
    what: "remember where registers that do not count were seen",
    sql: `
-- Where the registers of a meter were seen last, while its last reading did not count or does not explain itself.
CREATE TABLE levels (
  serial TEXT NOT NULL,
  signed INTEGER NOT NULL,
  register TEXT NOT NULL CHECK (register IN ('exportWh', 'importWh')),
  epoch INTEGER NOT NULL,
  watt_hours INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  excess_wh INTEGER NOT NULL,
  -- 0 while the device has never sent it.
  heard INTEGER NOT NULL,
  PRIMARY KEY (serial, signed, register)
) STRICT, WITHOUT ROWID;`,
  },
  {
    what: "events that are told once, and the registers that the chain settled",
    // Everything is read from the chain once more, for what earlier versions did not note.
    sql: `
-- What was told to listeners, under a key that is the same if it is found again; for a week.
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  event TEXT NOT NULL,
  data TEXT NOT NULL,
  told_at INTEGER NOT NULL
) STRICT;
CREATE INDEX events_told ON events (told_at);
-- Who placed which order: a fill names the order alone.
CREATE TABLE order_owners (order_id TEXT PRIMARY KEY, owner TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- NULL until the chain was read again.
ALTER TABLE chain_settlements ADD COLUMN export_wh INTEGER;
ALTER TABLE chain_settlements ADD COLUMN import_wh INTEGER;
ALTER TABLE chain_settlements ADD COLUMN stored_wh INTEGER;
CREATE INDEX chain_settlements_time ON chain_settlements (timestamp, serial, epoch);
CREATE INDEX chain_settlements_serial ON chain_settlements (serial, timestamp, epoch);
CREATE INDEX settlements_time ON settlements (timestamp, serial, epoch);
CREATE INDEX settlements_serial_time ON settlements (serial, timestamp, epoch);
DELETE FROM meta WHERE key = 'final';
`,
  },
  {
    what: "slots of communities, and which of them this node clears",
    sql: `
-- What the pool cleared, whoever sent it. A reorganisation takes back what is not final.
CREATE TABLE cleared_slots (
  community_id INTEGER NOT NULL,
  slot_end INTEGER NOT NULL,
  -- IDRS base units a Wh; 0 where nothing was shared.
  price INTEGER NOT NULL,
  shared_wh INTEGER NOT NULL,
  -- Of all who were read.
  surplus_wh INTEGER NOT NULL,
  need_wh INTEGER NOT NULL,
  -- How many there are, and how many of them were read at the slot's end.
  members INTEGER NOT NULL,
  present INTEGER NOT NULL,
  hash TEXT NOT NULL,
  block_number INTEGER NOT NULL,
  final INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (community_id, slot_end)
) STRICT, WITHOUT ROWID;
CREATE INDEX cleared_slots_open ON cleared_slots (block_number) WHERE final = 0;
CREATE INDEX cleared_slots_time ON cleared_slots (slot_end, community_id);
-- Which slot a transaction of this node clears.
CREATE TABLE clearings (
  transaction_id INTEGER PRIMARY KEY REFERENCES transactions (id),
  community_id INTEGER NOT NULL,
  slot_end INTEGER NOT NULL
) STRICT;
CREATE INDEX clearings_slot ON clearings (community_id, slot_end);
`,
  },
  {
    what: "calls that households signed and this node pays for",
    sql: `
CREATE TABLE relayed (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  -- Decimal: it has 256 bits.
  nonce TEXT NOT NULL,
  -- For the record: contract and function of each call, JSON.
  calls TEXT NOT NULL,
  -- What it may use, and once it is mined what it used.
  gas INTEGER NOT NULL,
  at INTEGER NOT NULL,
  transaction_id INTEGER NOT NULL REFERENCES transactions (id)
) STRICT;
CREATE INDEX relayed_account ON relayed (account, at);
CREATE INDEX relayed_nonce ON relayed (account, nonce);
CREATE INDEX relayed_at ON relayed (at);
CREATE INDEX relayed_transaction ON relayed (transaction_id);
`,
  },
  {
    what: "refused messages of each meter by itself",
    sql: "CREATE INDEX rejects_serial ON rejects (serial, id);",
  },
  {
    what: "what each refusal is about",
    sql: `
-- The message's field; NULL where it is none of them, or was not noted yet.
ALTER TABLE rejects ADD COLUMN field TEXT;
-- Options of the binding that may be what is wrong, a space between them.
ALTER TABLE rejects ADD COLUMN settings TEXT NOT NULL DEFAULT '';
`,
  },
  {
    what: "remember where registers that do not count were seen to stay",
    sql: `
-- NULL, all three, while it stayed nowhere.
ALTER TABLE levels ADD COLUMN track_wh INTEGER;
ALTER TABLE levels ADD COLUMN track_timestamp INTEGER;
ALTER TABLE levels ADD COLUMN track_excess_wh INTEGER;
`,
  },
  {
    what: "keys of programs",
    sql: `
-- By which an account's programs ask; of a key only its hash is kept.
CREATE TABLE api_keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  address TEXT NOT NULL REFERENCES accounts (address),
  name TEXT NOT NULL,
  -- Separated by blanks.
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX api_keys_address ON api_keys (address, id);
`,
  },
  {
    what: "what people with a say did",
    sql: `
-- Append-only; each row's hash is over the one before it and what the row says (keeping/audit.ts).
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
`,
  },
  {
    what: "roots of windows",
    sql: `
-- Roots that this node has put its name to, written before the signature leaves. Never changed, never deleted.
CREATE TABLE signed_roots (
  window_end INTEGER PRIMARY KEY,
  root TEXT NOT NULL,
  signed_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER signed_roots_stay BEFORE UPDATE ON signed_roots BEGIN SELECT RAISE(ABORT, 'signed roots stay'); END;
CREATE TRIGGER signed_roots_remain BEFORE DELETE ON signed_roots BEGIN SELECT RAISE(ABORT, 'signed roots stay'); END;
-- The readings of which they are, one a meter; for some days.
CREATE TABLE root_leaves (
  window_end INTEGER NOT NULL,
  serial TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  export_wh INTEGER NOT NULL,
  import_wh INTEGER NOT NULL,
  stored_wh INTEGER NOT NULL,
  signature BLOB,
  PRIMARY KEY (window_end, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX root_leaves_serial ON root_leaves (serial, window_end);
-- What the chain has, whoever sent it. A reorganisation takes back what is not final.
CREATE TABLE committed_roots (
  window_end INTEGER PRIMARY KEY,
  root TEXT NOT NULL,
  configuration INTEGER NOT NULL,
  hash TEXT NOT NULL,
  block_number INTEGER NOT NULL,
  final INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX committed_roots_open ON committed_roots (block_number) WHERE final = 0;
-- Which window's root a transaction of this node commits.
CREATE TABLE commitments (
  transaction_id INTEGER PRIMARY KEY REFERENCES transactions (id),
  window_end INTEGER NOT NULL
) STRICT;
CREATE INDEX commitments_window ON commitments (window_end);
-- How a report goes to the chain: in a batch, or within its window's root, of which it is settled later.
ALTER TABLE settlements ADD COLUMN route TEXT NOT NULL DEFAULT 'batch';
CREATE INDEX settlements_of_roots ON settlements (window_end, serial) WHERE route = 'root';
CREATE INDEX settlements_within_roots ON settlements (serial, window_end) WHERE route = 'root' AND state = 'pending';
`,
  },
  {
    what: "commands that several members sign",
    sql: `
-- Whose signed wish it follows from (JSON: by, signature); NULL where none was needed.
ALTER TABLE commands ADD COLUMN given TEXT;
`,
  },
  {
    what: "for which household what was relayed was paid",
    sql: `
-- Out of whose gas of the day: the account's own, or that of the household whose guardian it is.
ALTER TABLE relayed ADD COLUMN paid_for TEXT NOT NULL DEFAULT '';
UPDATE relayed SET paid_for = account;
DROP INDEX relayed_account;
CREATE INDEX relayed_paid_for ON relayed (paid_for, at);
`,
  },
];

/** The version that this program works with. */
export const LATEST_VERSION = FIRST_VERSION + migrations.length;

/** The version of a store; 0 when it has no tables yet. */
export const versionOf = (database: Database): number =>
  Number(database.pragma("user_version", { simple: true }));

/** @throws when no steps lead from `version` to this program's; `file` is named in the error. */
export function checkVersion(version: number, file: string): void {
  if (version > LATEST_VERSION)
    throw new Error(
      `${file} is of version ${version}, written by a newer oracle; this one reads versions ${FIRST_VERSION} to ${LATEST_VERSION}`,
    );
  if (version < FIRST_VERSION)
    throw new Error(
      `${file} is of version ${version}; versions ${FIRST_VERSION} to ${LATEST_VERSION} can be read`,
    );
}

/** Runs `sql` and writes down the version that it leads to: both or neither. */
function step(database: Database, sql: string, version: number): void {
  database.transaction(() => {
    database.exec(sql);
    database.pragma(`user_version = ${version}`);
  })();
}

/** Makes the tables of a new store, up to `steps`. */
export function create(database: Database, steps = migrations): void {
  step(database, schema, FIRST_VERSION);
  for (const [index, { sql }] of steps.entries()) step(database, sql, FIRST_VERSION + index + 1);
}

/**
 * Brings a store of an earlier version up to date. Its copy as it was stays beside it.
 * @returns the copy's file, or undefined when nothing was to be done.
 * @throws when a step fails: the store is then as the step before left it, and the copy is whole.
 */
export function migrate(database: Database, file: string, steps = migrations): string | undefined {
  const version = versionOf(database);
  const due = steps.slice(version - FIRST_VERSION);
  if (due.length === 0) return undefined;
  const copy = `${file}-version-${version}-${new Date(time.now()).toISOString().replaceAll(":", "-")}`;
  closeSync(openSync(copy, "wx", 0o600));
  database.prepare("VACUUM INTO ?").run(copy);
  for (const [index, { what, sql }] of due.entries()) {
    const next = version + index + 1;
    try {
      step(database, sql, next);
    } catch (cause) {
      throw new Error(`${file} could not be brought to version ${next} (${what}); its copy is ${copy}`, {
        cause,
      });
    }
  }
  return copy;
}
