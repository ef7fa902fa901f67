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
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { firstShowing } from "../../oracle/simulation/many.ts";
import type { Mutant } from "./mutant.ts";
import { oracle, testsOf } from "./oracle.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    lives: { type: "string", default: "200" },
    new: { type: "boolean", default: false },
  },
});
const lives = Number(values.lives);
const report = join(mkdtempSync(join(tmpdir(), "enerlink-mutants-")), "report.json");
const NOT_RUN = "not run";
/** Tests of a group take some seconds; some mistakes have the oracle do the same for ever. */
const LONGEST_MS = 90_000;
const resultFile = join(import.meta.dirname, "oracle.md");

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

async function rowOf(mutant: Mutant): Promise<string> {
  const test = failingTest(mutant, testsOf[mutant.name.split("/")[0]!]!);
  if (test) return `killed by “${test.replaceAll("|", "\\|")}”`;
  const { file } = mutant;
  const planted = mutant.edits.map(([search, replace]) => ({ file, search, replace }));
  const shown = await firstShowing({ first: 1, seeds: lives, workers: availableParallelism(), planted });
  if (shown) return `killed by life ${shown.seed}: ${shown.failed!.least.problem}`;
  return `survived: ${mutant.equivalent ?? "UNEXPLAINED"}`;
}

async function lastRows(): Promise<Map<string, string>> {
  const text = await readFile(resultFile, "utf8").catch(() => "");
  return new Map(
    [...text.matchAll(/^\| ([^|]+\/[^|]+) \| (.*) \|$/gm)].map(([, name, row]) => [name!, row!]),
  );
}

/** @returns `N killed, M survived` */
async function save(rows: ReadonlyMap<string, string>): Promise<string> {
  const all = oracle.map(({ name }) => [name, rows.get(name) ?? NOT_RUN] as const);
  const count = (what: string) => all.filter(([, row]) => row.startsWith(what)).length;
  const left = count(NOT_RUN);
  const summary = `${count("killed")} killed, ${count("survived")} survived${left > 0 ? `, ${left} not run` : ""}`;
  const text = [
    "# Mutants of the oracle",
    "",
    `The last result of \`pnpm mutants:oracle\`: ${summary}. Each is a mistake put into the oracle's core on purpose, which the unit tests beside it, or a simulated life, must notice.`,
    "",
    "| mutant | result |",
    "|---|---|",
    ...all.map(([name, row]) => `| ${name} | ${row} |`),
    "",
  ];
  await writeFile(resultFile, text.join("\n"));
  return summary;
}

const rows = await lastRows();
const chosen = oracle.filter(
  ({ name }) => name.includes(values.only) && (!values.new || (rows.get(name) ?? NOT_RUN) === NOT_RUN),
);
const folders = [...new Set(chosen.flatMap(({ name }) => testsOf[name.split("/")[0]!]!))];
const failing = failingTest({ name: "none", file: "none", edits: [] }, folders);
if (failing) throw new Error(`“${failing}” fails without a mutant`);

let bad = 0;
for (const mutant of chosen) {
  let row: string;
  try {
    row = await rowOf(mutant);
    if (row.startsWith("survived") && !mutant.equivalent) bad++;
    if (row.startsWith("killed") && mutant.equivalent) throw new Error(`called equivalent, but ${row}`);
  } catch (error) {
    bad++;
    row = `FAILED: ${(error as Error).message.split("\n")[0]}`;
  }
  console.info(`${mutant.name}: ${row}`);
  rows.set(mutant.name, row);
  await save(rows);
}
console.info(`\n${await save(rows)}`);
rmSync(dirname(report), { recursive: true });
process.exit(bad === 0 ? 0 : 1);
