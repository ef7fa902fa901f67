/**
 * `pnpm simulate`: lives of a committee under faults, each from its seed and the same each time.
 *
 *   pnpm simulate [--seeds 100] [--seed 1]   so many lives, from that seed on; ends with 1 where one shows what must never be
 *   pnpm simulate --seeds 1 --seed 7         one life, with its history
 *   pnpm simulate --mistake "a quorum of one"   with a mistake put into the oracle, until a life shows it
 *
 * Of a life that fails, the history is printed with as few faults as it takes.
 */
import { parseArgs } from "node:util";
import { mistakes, plantMistake } from "./mistakes.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    mistake: { type: "string" },
  },
});

function whole(name: "seeds" | "seed", least: number): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name}: ${values[name]} is no whole number of at least ${least}`);
  return value;
}
const [seeds, first] = [whole("seeds", 1), whole("seed", 0)];

if (values.mistake !== undefined) plantMistake(values.mistake, mistakes);
const { live } = await import("./life.ts");
const { shrink } = await import("./shrink.ts");

const began = process.cpuUsage();
let [failed, steps] = [0, 0];
for (let seed = first; seed < first + seeds; seed++) {
  const told = await live(seed);
  steps += told.steps;
  if (seeds === 1 && !told.problem) console.info(told.history.join("\n"));
  if (!told.problem) continue;
  failed++;
  const least = await shrink(told);
  const dropped = told.faults.length - least.faults.length;
  console.info(`seed ${seed} fails: ${least.problem}`);
  console.info(
    `\n${least.history.join("\n")}\n\n(${dropped} of ${told.faults.length} faults have no part in it)\n`,
  );
  if (values.mistake !== undefined) break;
}
const { user, system } = process.cpuUsage(began);
const each = Math.round((user + system) / 1_000 / seeds);
console.info(`${seeds - failed} lives passed, ${failed} failed; ${steps} steps, ${each} ms of a core each`);
process.exitCode = failed > 0 ? 1 : 0;
