/**
 * `pnpm scorecard`: writes `docs/scorecard.md`, the page for whoever doubts the claim: what holds it, what it survived, how
 * fast it is and what it costs. Lives so many lives itself; the rest is what other commands have recorded.
 *
 *   pnpm scorecard [--lives 200]
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { liveMany } from "../../oracle/simulation/many.ts";
import { scorecardPage } from "./page.ts";
import { readRecorded } from "./recorded.ts";

const { values } = parseArgs({ options: { lives: { type: "string", default: "200" } } });
const seeds = Number(values.lives);
if (!Number.isSafeInteger(seeds) || seeds < 1)
  throw new Error(`--lives: ${values.lives} is no whole number of at least 1`);

const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
// What was changed since would be told of a commit that does not have it.
const changed = git("status", "--porcelain", "--untracked-files=no") === "" ? "" : ", with changes";

const lives = { lives: 0, failed: 0, steps: 0, settled: 0, cleared: 0, faults: new Map<string, number>() };
await liveMany({
  ...{ first: 1, seeds, workers: availableParallelism(), planted: undefined },
  heard: ({ steps, settled, cleared, faults, failed }) => {
    lives.lives++;
    lives.steps += steps;
    lives.settled += settled;
    lives.cleared += cleared;
    for (const kind of faults) lives.faults.set(kind, (lives.faults.get(kind) ?? 0) + 1);
    if (failed) lives.failed++;
    return true;
  },
});

const made = {
  date: new Date().toISOString().slice(0, 10),
  commit: `${git("rev-parse", "--short", "HEAD")}${changed}`,
};
writeFileSync(new URL("../scorecard.md", import.meta.url), scorecardPage(readRecorded(), lives, made));
console.info(`docs/scorecard.md: ${lives.lives - lives.failed} lives passed, ${lives.failed} failed`);
process.exitCode = lives.failed > 0 ? 1 : 0;
