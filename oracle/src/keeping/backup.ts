/** Copies of the store, taken while it is in use: each is checked before it counts, and the oldest go. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { type Log, messageOf } from "@enerlink/service/log";
import type { Alerts } from "../alerts/alerts.ts";
import { disk } from "../seams/disk.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";

const NAME = /^oracle-[\dTZ-]+\.sqlite$/;

/** @throws when `file` is no intact database. */
export function checkCopy(file: string): void {
  const copy = disk.sqlite(file, { readonly: true, fileMustExist: true });
  try {
    const result = copy.pragma("integrity_check", { simple: true });
    if (result !== "ok") throw new Error(`${file} is damaged: ${result}`);
  } finally {
    copy.close();
  }
}

export type Backup = ReturnType<typeof makeBackup>;

export function makeBackup({
  database,
  folder,
  every,
  kept,
  alerts,
  log,
  now = time.now,
}: {
  database: Database;
  folder: string;
  /** Milliseconds between two copies. */
  every: number;
  /** How many copies are kept. */
  kept: number;
  alerts: Pick<Alerts, "raise" | "end">;
  log: Log;
  now?: () => number;
}) {
  let running: Promise<void> | undefined;
  let due = now() + every;

  /** The oldest first. */
  const copies = () =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => NAME.test(name))
          .sort()
      : [];

  async function copy(): Promise<void> {
    const file = join(folder, `oracle-${new Date(now()).toISOString().replaceAll(/[:.]/g, "-")}.sqlite`);
    const part = `${file}.part`;
    rmSync(part, { force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    closeSync(openSync(part, "wx", 0o600));
    await database.backup(part);
    // One file, without a log beside it.
    const copied = disk.sqlite(part);
    copied.pragma("journal_mode = DELETE");
    copied.close();
    checkCopy(part);
    renameSync(part, file);
    for (const old of copies().slice(0, -kept)) rmSync(join(folder, old));
    log.info(`copied to ${file}`);
  }

  /** Takes a copy now. A failure raises an alert, and does not stop the node. */
  function take(): Promise<void> {
    due = now() + every;
    running ??= copy()
      .then(
        () => alerts.end("backup", undefined),
        (error) => alerts.raise("backup", undefined, `BACKUP_DIR: ${messageOf(error)}`),
      )
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  return {
    take,
    /** When the newest copy was made, milliseconds; undefined without one. */
    newest: (): number | undefined => {
      const name = copies().at(-1);
      return name === undefined ? undefined : statSync(join(folder, name)).mtimeMs;
    },
    /** Takes a copy when it is time. Call it every second or so. */
    check: (): void => {
      if (now() >= due) void take();
    },
    /** Resolves when no copy is being taken. */
    stop: async (): Promise<void> => void (await running),
  };
}
