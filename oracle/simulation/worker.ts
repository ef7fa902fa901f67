/** Lives the seeds that it is handed, on a core of its own: the simulated machine is one for each thread. */
import { parentPort, workerData } from "node:worker_threads";
import type { Given, Outcome } from "./many.ts";
import { plantMistake } from "./mistakes.ts";

const { planted } = workerData as Given;
if (planted !== undefined) plantMistake(planted);
const { live } = await import("./life.ts");
const { shrink } = await import("./shrink.ts");

async function outcomeOf(seed: number): Promise<Outcome> {
  const told = await live(seed);
  const { steps, settled, cleared } = told;
  const outcome = { seed, steps, settled, cleared, faults: told.faults.map(({ kind }) => kind) };
  return told.problem ? { ...outcome, failed: { told, least: await shrink(told) } } : outcome;
}

parentPort!.on("message", async (seed: number) => parentPort!.postMessage(await outcomeOf(seed)));
