/**
 * `pnpm simulate`: lives of a committee under faults, each from its seed and the same each time.
 *
 *   pnpm simulate [--seeds 100] [--seed 1]   so many lives, from that seed on; ends with 1 where one shows what must never be
 *   pnpm simulate --seeds 1 --seed 7         one life, with its history
 *   pnpm simulate --mistake "a quorum of one"   with a mistake put into the oracle, until a life shows it
 *   pnpm simulate --workers 1                on so many cores at once; without, on all of them
 *
 * Of a life that fails, the history is printed with as few faults as it takes.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { firstShowing, liveMany, type Outcome } from "./many.ts";
import { mistakeOf } from "./mistakes.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: `${availableParallelism()}` },
    mistake: { type: "string" },
  },
});

function whole(name: "seeds" | "seed" | "workers", least: number): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name}: ${values[name]} is no whole number of at least ${least}`);
  return value;
}
const [seeds, first, workers] = [whole("seeds", 1), whole("seed", 0), whole("workers", 1)];
const { mistake } = values;

function print({ seed, failed }: Outcome): void {
  if (!failed) return;
  const { told, least } = failed;
  const dropped = told.faults.length - least.faults.length;
  console.info(`seed ${seed} fails: ${least.problem}`);
  console.info(
    `\n${least.history.join("\n")}\n\n(${dropped} of ${told.faults.length} faults have no part in it)\n`,
  );
}

const began = { cpu: process.cpuUsage(), at: Date.now() };
let [lived, failed, steps] = [0, 0, 0];
const count = (outcome: Outcome) => {
  lived++;
  steps += outcome.steps;
  if (outcome.failed) failed++;
};

const plan = { first, seeds, workers, planted: mistake === undefined ? undefined : mistakeOf(mistake) };
if (mistake !== undefined) {
  const shown = await firstShowing({ ...plan, heard: count });
  if (shown) print(shown);
} else {
  await liveMany({
    ...plan,
    heard: (outcome) => {
      count(outcome);
      print(outcome);
      return true;
    },
  });
}
if (seeds === 1 && failed === 0) {
  const { live } = await import("./life.ts");
  console.info((await live(first)).history.join("\n"));
}

const { user, system } = process.cpuUsage(began.cpu);
const each = Math.round((user + system) / 1_000 / lived);
const seconds = ((Date.now() - began.at) / 1_000).toFixed(1);
console.info(
  `${lived - failed} lives passed, ${failed} failed; ${steps} steps, ${each} ms of a core each, ${seconds} s on ${Math.min(workers, seeds)} cores`,
);
process.exitCode = failed > 0 ? 1 : 0;
