/**
 * `pnpm simulate:mistakes`: looks for each planted mistake, in a thousand lives if it takes so many. Writes which life shows
 * it first to `mistakes.md`, and ends with 1 where none does.
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { firstShowing } from "./many.ts";
import { mistakes } from "./mistakes.ts";

const SEEDS = 1_000;

const rows: string[] = [];
let missed = 0;
for (const [name, planted] of Object.entries(mistakes)) {
  const shown = await firstShowing({ first: 1, seeds: SEEDS, workers: availableParallelism(), planted });
  if (!shown) missed++;
  const least = shown?.failed?.least;
  const row = shown ? `${shown.seed} | ${least!.faults.length} | ${least!.problem}` : "none | | NOT FOUND";
  rows.push(`| ${name} | ${row} |`);
  console.info(rows.at(-1));
}

const text = [
  "# Mistakes that simulated lives find",
  "",
  `The last result of \`pnpm simulate:mistakes\`: ${rows.length - missed} found, ${missed} not, in at most ${SEEDS} lives each. Each is put into the oracle on purpose ([mistakes.ts](mistakes.ts)); \`pnpm simulate --mistake "<name>" --seed <seed> --seeds 1\` tells the life that shows it.`,
  "",
  "| mistake | first seed | faults it takes | what is seen |",
  "|---|---:|---:|---|",
  ...rows,
  "",
];
await writeFile(new URL("mistakes.md", import.meta.url), text.join("\n"));
console.info(`${rows.length - missed} found, ${missed} not`);
process.exitCode = missed > 0 ? 1 : 0;
