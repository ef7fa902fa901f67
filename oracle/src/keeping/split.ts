/**
 * Makes two stores of one, each for half of its shard's meters, so that a member grows without forgetting what it has heard
 * and signed. The node must not run. The store becomes that of the first half and keeps the paying account; broken off, the
 * same call goes on where it was.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { halvesOf, isOf, readShard, type Shard, shardText } from "@enerlink/protocol/wire/shard";
import { type Log, messageOf } from "@enerlink/service/log";
import { disk } from "../seams/disk.ts";
import {
  type Database,
  fileOf,
  hold,
  makePrivate,
  meta,
  SHARD,
  setMeta,
  shardTextOf,
} from "../store/database.ts";
import { checkVersion, LATEST_VERSION, versionOf } from "../store/migrations.ts";
import { makeAudit } from "./audit.ts";

/** What is under way of meters that are not of the store's shard any more: their own process sees to it. */
const OTHERS = `
DELETE FROM settlements WHERE state = 'pending' AND is_other(serial);
UPDATE trades SET state = 'closed' WHERE state = 'open' AND is_other(serial);
INSERT INTO command_events (command_id, at, event, detail)
  SELECT id, CAST(unixepoch('subsec') * 1000 AS INTEGER), 'expired', 'the process of another shard sees to it'
  FROM commands WHERE state IN ('queued', 'sent') AND is_other(serial);
UPDATE commands SET state = 'expired', reason = 'the process of another shard sees to it'
  WHERE state IN ('queued', 'sent') AND is_other(serial);
DELETE FROM holds WHERE is_other(serial);
DELETE FROM levels WHERE is_other(serial);
DELETE FROM alerts WHERE ended_at IS NULL AND serial <> '' AND is_other(serial);
`;

/** The account that paid is the other process's, which goes on with what it has sent: here it is sent again. */
const NOT_PAID_HERE = `
UPDATE settlements SET state = iif(state = 'submitted', 'pending', state), transaction_id = NULL, not_before = 0
  WHERE transaction_id IN (SELECT id FROM transactions WHERE state IN ('pending', 'mined'));
UPDATE trades SET delivery_id = NULL WHERE delivery_id IN (SELECT id FROM transactions WHERE state IN ('pending', 'mined'));
UPDATE transactions SET state = 'replaced' WHERE state IN ('pending', 'mined');
`;

/** Key in `meta`: where the other half of this store was put, until it had its name there. */
const OTHER_HALF = "other-half";

/** Makes a store that of `shard`; one whose other half is put somewhere goes on with what was sent. */
function become(database: Database, shard: Shard, former: string, log: Log, otherHalf?: string): void {
  database.function("is_other", { deterministic: true }, (serial) => (isOf(String(serial), shard) ? 0 : 1));
  database.transaction(() => {
    database.exec(otherHalf ? OTHERS : NOT_PAID_HERE + OTHERS);
    setMeta(database, SHARD, shardText(shard));
    if (otherHalf) setMeta(database, OTHER_HALF, otherHalf);
    makeAudit({ database, log }).note("node", "store-split", "", `${former} became ${shardText(shard)}`);
  })();
}

/** Opens a store that no process has, in one file without a log beside it. */
function openAlone(file: string): Database {
  const database = disk.sqlite(file, { timeout: 100, fileMustExist: true });
  database.defaultSafeIntegers(true);
  try {
    hold(database, file);
    database.pragma("main.journal_mode = DELETE");
    database.pragma("synchronous = FULL");
    database.pragma("temp_store = MEMORY");
    const version = versionOf(database);
    checkVersion(version, file);
    if (version < LATEST_VERSION) throw new Error(`it is of version ${version}: let its node start once`);
    return database;
  } catch (error) {
    database.close();
    throw new Error(`${file} is in use or cannot be read (${messageOf(error)}): stop the node`, {
      cause: error,
    });
  }
}

function sync(path: string): void {
  const handle = openSync(path, "r");
  fsyncSync(handle);
  closeSync(handle);
}

/** Whether an earlier call was broken off when the second store was made, and the first had become the other half. */
function isHalfDone(part: string, shard: Shard): boolean {
  if (!existsSync(part)) return false;
  const copy = disk.sqlite(part, { readonly: true });
  try {
    const half = readShard(shardTextOf(copy));
    return half?.count === shard.count && half.number === shard.number + shard.count / 2;
  } catch {
    return false;
  } finally {
    copy.close();
  }
}

/**
 * @param folder The stopped node's DATA_DIR @param into That of the new process, without a store
 * @returns the shards of the two, `folder`'s first
 * @throws when a node has the store, there is one in `into`, or an earlier call was broken off that named another folder.
 */
export function splitStore(folder: string, into: string, log: Log): [Shard, Shard] {
  const [file, target] = [fileOf(folder), fileOf(into)];
  const part = `${resolve(target)}.part`;
  if (existsSync(target)) throw new Error(`${target} is there already: name a folder without a store`);
  const database = openAlone(file);
  let halves: [Shard, Shard];
  try {
    const former = shardTextOf(database);
    const shard = readShard(former)!;
    const begun = meta(database, OTHER_HALF) ?? part;
    const goesOn = isHalfDone(begun, shard);
    if (goesOn && begun !== part)
      throw new Error(`its other half was being put in ${dirname(begun)}: name that folder`);
    if (goesOn) halves = [shard, { ...shard, number: shard.number + shard.count / 2 }];
    else {
      halves = halvesOf(shard);
      if (!readShard(shardText(halves[1])))
        throw new Error(`${file} is that of ${former}: there are no more shards`);
      rmSync(part, { force: true });
      makePrivate(into, part);
      database.prepare("VACUUM main INTO ?").run(part);
      const copy = disk.sqlite(part);
      copy.defaultSafeIntegers(true);
      become(copy, halves[1], former, log);
      copy.close();
      sync(part);
      become(database, halves[0], former, log, part);
    }
  } finally {
    database.close();
  }
  sync(file);
  renameSync(part, target);
  for (const path of [target, dirname(target)]) sync(path);
  return halves;
}
