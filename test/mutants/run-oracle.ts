/**
 * `pnpm mutants:oracle`: negative controls. Each mutant is a deliberate mistake in the oracle's core; the unit tests beside
 * it must fail on it, or else a simulated life must show it. Writes `test/mutants/oracle.md`, prints `N killed, M survived`,
 * and exits non-zero when a mutant survives that is not explained, or no longer applies.
 *
 *   pnpm mutants:oracle [--only text] [--lives 200]   only those whose name contains the text; the others keep their result
 *   pnpm mutants:oracle --new                          only those that were not run yet
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { firstShowing } from "../../oracle/simulation/many.ts";
import type { Mutant } from "./mutant.ts";
import { oracle, testsOf } from "./oracle.ts";
import { choice, tryMutants } from "./results.ts";

const { values: asked } = parseArgs({ options: { ...choice, lives: { type: "string", default: "200" } } });
const report = join(mkdtempSync(join(tmpdir(), "enerlink-mutants-")), "report.json");
/** Tests of a group take some seconds; some mistakes have the oracle do the same for ever. */
const LONGEST_MS = 90_000;
const foldersOf = ({ name }: Mutant): readonly string[] => testsOf[name.split("/")[0]!]!;

type Report = {
  testResults: { name: string; message: string; assertionResults: { status: string; title: string }[] }[];
};

/** @returns the unit test that fails on the mutant, undefined when none does */
function failingTest(mutant: Mutant, folders: readonly string[]): string | undefined {
  rmSync(report, { force: true });
  const { stdout, stderr, status, signal } = spawnSync(
    "vitest",
    [
      ...["run", "--config", join(import.meta.dirname, "planted.config.ts")],
      ...["--bail", "1", "--reporter", "json", "--outputFile", report],
      ...folders.map((folder) => `oracle/src/${folder}/`),
    ],
    {
      ...{ encoding: "utf8", maxBuffer: 2 ** 28, timeout: LONGEST_MS, killSignal: "SIGKILL" },
      env: { ...process.env, PLANTED: JSON.stringify(mutant) },
    },
  );
  if (status === 0) return undefined;
  if (signal === "SIGKILL") return `does not come to its end in ${LONGEST_MS / 1_000} s`;
  if (!existsSync(report)) throw new Error(`the tests did not run: ${stderr}${stdout}`);
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter((test) => test.status === "failed"),
  )[0];
  // A module that no longer loads is no test that noticed.
  if (!failed) throw new Error(`no test ran: ${testResults.map(({ message }) => message).join()}`);
  return failed.title;
}

async function killerOf(mutant: Mutant): Promise<string | undefined> {
  const test = failingTest(mutant, foldersOf(mutant));
  if (test) return `“${test.replaceAll("|", "\\|")}”`;
  const { file } = mutant;
  const planted = mutant.edits.map(([search, replace]) => ({ file, search, replace }));
  const workers = availableParallelism();
  const shown = await firstShowing({ first: 1, seeds: Number(asked.lives), workers, planted });
  return shown && `life ${shown.seed}: ${shown.failed!.least.problem}`;
}

const page = {
  file: join(import.meta.dirname, "oracle.md"),
  title: "Mutants of the oracle",
  command: "mutants:oracle",
  about:
    "Each is a mistake put into the oracle's core on purpose, which the unit tests beside it, or a simulated life, must notice.",
};
function check(chosen: readonly Mutant[]): void {
  const none = { name: "none", file: "none", edits: [] };
  const failing = failingTest(none, [...new Set(chosen.flatMap(foldersOf))]);
  if (failing) throw new Error(`“${failing}” fails without a mutant`);
}
const code = await tryMutants(page, oracle, asked, check, killerOf);
rmSync(dirname(report), { recursive: true });
process.exit(code);
