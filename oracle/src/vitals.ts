/** Looks now and then at what a node stands on, and shows it as figures: money for gas, room on the disk, its newest copy. */
import { existsSync, statfsSync, statSync } from "node:fs";
import { type Address, formatEther, type PublicClient } from "viem";
import type { Mirror } from "./chain/mirror.ts";
import type { SignedReports } from "./committee/signed.ts";
import type { Backup } from "./keeping/backup.ts";
import type { Metrics } from "./metrics.ts";
import { time } from "./seams/time.ts";
import { fileOf } from "./store/database.ts";

/** Milliseconds between two looks. */
const EVERY = 15_000;

type Needs = {
  client: Pick<PublicClient, "getBalance">;
  /** Who pays, by what for. */
  payers: Record<string, Address>;
  dataDir: string;
  mirror: Pick<Mirror, "meters">;
  signed: Pick<SignedReports, "signsFrom">;
  backup: Pick<Backup, "newest"> | undefined;
  metrics: Metrics;
  now?: () => number;
};

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

export function makeVitals({
  client,
  payers,
  dataDir,
  mirror,
  signed,
  backup,
  metrics,
  now = time.now,
}: Needs) {
  const store = fileOf(dataDir);
  let due = 0;

  async function money(): Promise<void> {
    for (const [account, address] of Object.entries(payers)) {
      // A chain that does not answer is an alert of its own; what was known last stays.
      const wei = await client.getBalance({ address }).catch(() => undefined);
      if (wei !== undefined) metrics.balance.set({ account }, Number(formatEther(wei)));
    }
  }

  /** What cannot be read keeps the figure that it had: a folder that is gone is no reason to stop. */
  function shown(show: () => void): void {
    try {
      show();
    } catch {}
  }

  return {
    /** Looks when it is time. Call it every second or so. Resolves when what it saw is shown. */
    check: async (): Promise<void> => {
      if (now() < due) return;
      due = now() + EVERY;
      metrics.metersRegistered.set(mirror.meters().length);
      shown(() => metrics.storeBytes.set(sizeOf(store) + sizeOf(`${store}-wal`)));
      shown(() => {
        const { bavail, bsize } = statfsSync(dataDir);
        metrics.diskFree.set(bavail * bsize);
      });
      shown(() => metrics.lastBackup.set((backup?.newest() ?? 0) / 1_000));
      metrics.signsFrom.set(signed.signsFrom() ?? 0);
      await money();
    },
  };
}
