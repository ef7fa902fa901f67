/**
 * Puts a copy in the place of the store. The node must not run; its present store is set aside, never deleted. The copy
 * is told when it was restored, so that the node signs nothing that it may have signed already.
 */
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "@enerlink/service/log";
import { disk } from "../seams/disk.ts";
import { time } from "../seams/time.ts";
import { hold, makePrivate, RESTORED, setMeta } from "../store/database.ts";
import { checkVersion, versionOf } from "../store/migrations.ts";
import { checkCopy } from "./backup.ts";

/**
 * @returns where the former store is, if there was one.
 * @throws when the copy is damaged or of a version that this program cannot read, or a node holds the store.
 */
export function restore(copy: string, folder: string): string | undefined {
  checkCopy(copy);
  checkVersionOf(copy);
  const file = join(folder, "oracle.sqlite");
  const aside = `${file}-set-aside-${new Date(time.now()).toISOString().replaceAll(":", "-")}`;
  const former = existsSync(file);
  if (former) {
    // Takes what is still in the write-ahead log along, and fails while a node has it open.
    const present = disk.sqlite(file, { timeout: 100 });
    try {
      hold(present, file);
      present.pragma("main.journal_mode = DELETE");
    } catch (error) {
      throw new Error(`${file} is in use or damaged (${messageOf(error)}): stop the node, or move it away`);
    } finally {
      present.close();
    }
    renameSync(file, aside);
  }
  makePrivate(folder, file);
  copyFileSync(copy, file);
  // The copy brought its mode along.
  makePrivate(folder, file);
  markRestored(file);
  for (const path of [file, folder]) {
    const handle = openSync(path, "r");
    fsyncSync(handle);
    closeSync(handle);
  }
  return former ? aside : undefined;
}

function checkVersionOf(copy: string): void {
  const database = disk.sqlite(copy, { readonly: true });
  const version = versionOf(database);
  database.close();
  checkVersion(version, copy);
}

/** Writes down the time; not an earlier one than the copy has seen, whatever this machine's clock says. */
function markRestored(file: string): void {
  const database = disk.sqlite(file);
  const latest = (sql: string) => Number(database.prepare(sql).pluck().get() ?? 0);
  const times = [
    time.now(),
    latest("SELECT received_at FROM readings ORDER BY id DESC LIMIT 1"),
    latest("SELECT max(signed_at) FROM signed_reports"),
  ];
  setMeta(database, RESTORED, String(Math.floor(Math.max(...times) / 1_000)));
  database.close();
}
