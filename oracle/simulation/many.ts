/** Many lives at once: each core lives one after another, handed out in the order of their seeds. */
import { Worker } from "node:worker_threads";
import type { Fault } from "./faults.ts";
import type { Told } from "./life.ts";
import type { Edit } from "./mistakes.ts";

/** Of a life that went well no history. */
export type Outcome = Pick<Told, "seed" | "steps" | "settled" | "cleared"> & {
  /** What happened to it. */
  faults: Fault["kind"][];
  failed?: { told: Told; least: Told };
};

/** A mistake that is put into the oracle. */
export type Given = { planted: readonly Edit[] | undefined };

/** Lives make much that is gone at once: with more room for it a tenth of the time is saved. Megabytes. */
const YOUNG_MB = 192;

type Plan = Given & {
  /** The first seed, and how many there are. */
  first: number;
  seeds: number;
  workers: number;
  /** Told of each life as it ends. @returns whether those after it are to be lived */
  heard: (outcome: Outcome) => boolean;
};

/** Lives that were begun are lived to their end. */
export async function liveMany({ first, seeds, workers, heard, planted }: Plan): Promise<void> {
  let next = first;
  let end = first + seeds;

  function work(): Promise<void> {
    const worker = new Worker(new URL("worker.ts", import.meta.url), {
      workerData: { planted } satisfies Given,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const handOut = () => {
      if (next < end) worker.postMessage(next++);
      else void worker.terminate();
    };
    return new Promise((resolve, reject) => {
      worker.on("message", (outcome: Outcome) => {
        if (!heard(outcome)) end = Math.min(end, next);
        handOut();
      });
      worker.once("error", reject);
      worker.once("exit", () => resolve());
      handOut();
    });
  }
  await Promise.all(Array.from({ length: Math.min(workers, seeds) }, work));
}

/** The first life that shows a mistake, of those with the seeds from `first` on; undefined: none does. */
export async function firstShowing({
  heard = () => {},
  ...plan
}: Omit<Plan, "heard"> & { heard?: (outcome: Outcome) => void }): Promise<Outcome | undefined> {
  const failed: Outcome[] = [];
  await liveMany({
    ...plan,
    heard: (outcome) => {
      heard(outcome);
      if (outcome.failed) failed.push(outcome);
      return !outcome.failed;
    },
  });
  // Which of them ended first is chance.
  return failed.sort((a, b) => a.seed - b.seed)[0];
}
