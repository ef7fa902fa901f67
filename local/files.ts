/** What one run of the local system keeps on disk, below `.local/run`; earlier runs are set aside, never mixed in. */
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export const root = new URL("../", import.meta.url);
const local = new URL(
  process.env.ENERLINK_LOCAL_DIR ? `file://${process.env.ENERLINK_LOCAL_DIR}/` : ".local/",
  root,
);
const run = new URL("run/", local);
const earlier = new URL("earlier/", local);
const KEEP_EARLIER = 3;

export const files = {
  logs: new URL("logs/", run),
  oracle: new URL("oracle/", run),
  indexer: new URL("indexer/", run),
  /** Every reading that the simulator signed, written before it is published. */
  readings: new URL("readings.jsonl", run),
  /** Which recorded hours this run replays, and how far it is: `ReplayRecord`. */
  replay: new URL("replay.json", run),
  /** The dApp as it is built for this run. */
  app: new URL("app/", run),
  /** From it follows every user's password at the broker: `brokerPassword`. */
  brokerSecret: new URL("broker-secret", run),
  /** Accounts that a person uses, an address a line; kept from run to run. */
  people: new URL("people", local),
};

export const path = (url: URL): string => fileURLToPath(url);

/** Empties `run`. @returns where an earlier chain's state was set aside, if there was any. */
export async function freshRun(): Promise<string | undefined> {
  let aside: string | undefined;
  const found = await stat(run).catch(() => undefined);
  if (found) {
    await mkdir(earlier, { recursive: true });
    const name = found.mtime.toISOString().replaceAll(":", "-");
    await rename(run, new URL(name, earlier));
    aside = path(new URL(name, earlier));
    const kept = (await readdir(earlier)).sort();
    for (const old of kept.slice(0, -KEEP_EARLIER)) await rm(new URL(old, earlier), { recursive: true });
  }
  for (const folder of [files.logs, files.oracle, files.indexer]) await mkdir(folder, { recursive: true });
  return aside;
}
