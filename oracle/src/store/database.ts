/**
 * The node's one SQLite file: what was acknowledged to a meter, decided, signed or sent is in it first. Readings are
 * append-only. One process at a time: a file beside it is locked while it is open, so that the thread that answers over
 * HTTP may read it too.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Shard, shardText, WHOLE } from "@enerlink/protocol/wire/shard";
import { type Log, messageOf } from "@enerlink/service/log";
import type Sqlite from "better-sqlite3";
import { disk } from "../seams/disk.ts";
import { time } from "../seams/time.ts";
import { checkVersion, create, LATEST_VERSION, migrate, versionOf } from "./migrations.ts";

export type Database = Sqlite.Database;

/** A larger store is checked at start for its form only: seconds instead of minutes. Bytes. */
const THOROUGHLY_CHECKED = 2 ** 30;

/** The chain whose meters and transactions a store is about. */
export type ChainIdentity = { chainId: number; genesisHash: string };

/** Makes `folder`, and `file` in it, for this node's user alone: what meters say is nobody else's. */
export function makePrivate(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
  // SQLite gives the files beside it the same mode; these are of an earlier run.
  for (const one of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(one)) chmodSync(one, 0o600);
}

/**
 * Holds the store `file` for as long as `database`, which is open on it, is: no other process may have it.
 * @throws SQLITE_BUSY when one does
 */
export function hold(database: Database, file: string): void {
  const lock = `${file}-lock`;
  makePrivate(dirname(lock), lock);
  database.prepare("ATTACH ? AS held").run(lock);
  database.pragma("held.locking_mode = EXCLUSIVE");
  database.pragma("held.journal_mode = MEMORY");
  // A write takes the lock, which is then kept.
  database.pragma("held.user_version = 1");
}

/** Where the store of `folder` is. */
export const fileOf = (folder: string) => join(folder, "oracle.sqlite");

/** What SQLite sorts or may have to undo it would put into a file in a temporary folder, which need not be writable. */
const keepInMemory = (database: Database) => void database.pragma("temp_store = MEMORY");

/** The store of `folder` to read from beside the connection that writes, in another thread of the same process. */
export function openReader(folder: string): Database {
  const database = disk.sqlite(fileOf(folder), { readonly: true, timeout: 2_000 });
  database.defaultSafeIntegers(true);
  keepInMemory(database);
  return database;
}

function open(file: string): Database {
  const database = disk.sqlite(file, { timeout: 2_000 });
  database.defaultSafeIntegers(true);
  keepInMemory(database);
  try {
    hold(database, file);
    database.pragma("main.journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.pragma("foreign_keys = ON");
    const thorough = statSync(file).size < THOROUGHLY_CHECKED;
    const found = database.pragma(thorough ? "integrity_check" : "quick_check", { simple: true });
    if (found !== "ok") throw new Error(`DATA_DIR: the store ${file} is damaged: ${found}`);
    if (versionOf(database) === 0) create(database);
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") {
      throw new Error(`DATA_DIR: another process holds ${file}; one oracle at a time`);
    }
    throw error;
  }
  return database;
}

/**
 * Opens the store of `identity` in `folder`, brought up to date. A store of another chain is renamed aside, never mixed
 * in or deleted.
 * @throws when another process has it open, it is damaged, a newer version wrote it, or it is another shard's.
 */
export function openDatabase(folder: string, identity: ChainIdentity, log: Log, shard = WHOLE): Database {
  const file = fileOf(folder);
  makePrivate(folder, file);
  const expected = `${identity.chainId} ${identity.genesisHash}`;
  const database = open(file);
  const found = meta(database, "chain");
  if (found === undefined) {
    database.transaction(() => {
      setMeta(database, "chain", expected);
      setMeta(database, SHARD, shardText(shard));
    })();
    return database;
  }
  if (found === expected) {
    checkShard(database, shard, file);
    return upToDate(database, file, log);
  }
  database.close();
  const aside = `${file}-set-aside-${new Date(time.now()).toISOString().replaceAll(":", "-")}`;
  renameSync(file, aside);
  log.warn(`the store belongs to another chain (${found}): set aside as ${aside}, starting a fresh one`);
  return openDatabase(folder, identity, log, shard);
}

function upToDate(database: Database, file: string, log: Log): Database {
  try {
    checkVersion(versionOf(database), file);
    const copy = migrate(database, file);
    if (copy) log.info(`the store is of version ${LATEST_VERSION} now; as it was: ${copy}`);
    return database;
  } catch (error) {
    database.close();
    throw new Error(`DATA_DIR: ${messageOf(error)}`, { cause: error });
  }
}

/** A store that is gone with the process: for trying things out. */
export function openMemory(): Database {
  const database = disk.sqlite(":memory:");
  database.defaultSafeIntegers(true);
  create(database);
  return database;
}

/** Key in `meta`: of which shard's meters the store is; without it of all. */
export const SHARD = "shard";

/** The shard of whose meters a store is. */
export const shardTextOf = (database: Database): string => meta(database, SHARD) ?? shardText(WHOLE);

/**
 * Another shard's store knows nothing of what was signed of this one's meters, or is wanted by another process.
 * @throws when a store is not that of `shard`
 */
function checkShard(database: Database, shard: Shard, file: string): void {
  const found = shardTextOf(database);
  if (found === shardText(shard)) return;
  database.close();
  throw new Error(
    `SHARD: ${shardText(shard)} is set, but the store ${file} is that of ${found}; enerlink store split makes two of one`,
  );
}

/** Key in `meta`: when the store was put in its place as a copy, unix seconds. */
export const RESTORED = "restored";

/** Prepared once for each connection: some of it is asked each second. */
const statements = new WeakMap<Database, { get: Sqlite.Statement; set: Sqlite.Statement }>();

function statementsOf(database: Database) {
  const known = statements.get(database) ?? {
    get: database.prepare("SELECT value FROM meta WHERE key = ?").pluck(),
    set: database.prepare(
      "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    ),
  };
  statements.set(database, known);
  return known;
}

export const meta = (database: Database, key: string): string | undefined =>
  statementsOf(database).get.get(key) as string | undefined;

export function setMeta(database: Database, key: string, value: string): void {
  statementsOf(database).set.run(key, value);
}
