/**
 * `pnpm test`: everything that must hold, so that the processor is never idle for long. Ends with what failed and a line
 * of its own, `N passed, N failed`, and exits non-zero when anything failed. A step that is no test suite counts as one.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

type Lane = "unit" | "service" | "system" | "e2e";
type Counts = { passed: number; skipped: number; failures: string[] };
type Step = { name: string; run: (say: (line: string) => void) => Promise<Counts> };
/** What vitest's JSON reporter writes, as far as it is read here. */
type Report = {
  numPassedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
  }[];
};

const total: Counts = { passed: 0, skipped: 0, failures: [] };
const scratch = await mkdtemp(join(tmpdir(), "enerlink-test-"));
// Hundreds of programs are started below, most of them the same few: what they are compiled to is kept for the next.
process.env.NODE_COMPILE_CACHE = join(scratch, "compiled");

/**
 * Runs a command; `say` hears each line that it prints. @returns its exit code and what it printed
 * @param priority of the processor; the usual one unless given
 */
async function run(command: string[], say: (line: string) => void, priority?: number) {
  const child = spawn("pnpm", command, { stdio: ["ignore", "pipe", "pipe"] });
  // What it starts inherits it.
  if (priority !== undefined && child.pid !== undefined) setPriority(child.pid, priority);
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      say(line);
    });
  }
  return { code: await ended, output: lines.join("\n") };
}

const check = (name: string, script: string): Step => ({
  name,
  run: async (say) => {
    const { code } = await run(["run", script], say);
    return code === 0
      ? { passed: 1, skipped: 0, failures: [] }
      : { passed: 0, skipped: 0, failures: [`${script} ended with ${code}`] };
  },
});

/** Lives of the committee under faults, on all cores; of one that shows what must never be its history is printed. */
const lives = (seeds: number, priority: number): Step => ({
  name: "lives",
  run: async (say) => {
    const simulate = ["exec", "node", "oracle/simulation/simulate.ts", "--seeds", `${seeds}`];
    const { code, output } = await run(simulate, say, priority);
    const failures: string[] = [...(output.match(/^seed \d+ fails: .*$/gm) ?? [])];
    if (!output.includes(`${seeds} lives passed, 0 failed`) && failures.length === 0)
      failures.push(`ended with ${code}`);
    return { passed: failures.length === 0 ? 1 : 0, skipped: 0, failures };
  },
});

/** The contracts' tests that are written in one language; those of both are `pnpm test:contracts`. */
const contracts = (language: "solidity" | "nodejs", priority?: number): Step => ({
  name: `contracts in ${language}`,
  run: async (say) => {
    // What is deployed was compiled before; only the tests in Solidity have something of their own to compile.
    const compiled = language === "nodejs" ? ["--no-compile"] : [];
    const { code, output } = await run(["exec", "hardhat", "test", language, ...compiled], say, priority);
    // Read from its text: what the task answers to programs counts the suites in JavaScript as tests as well.
    const numbers = (word: string) =>
      [...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}`, "gm"))].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      );
    const failed = Array.from({ length: numbers("failing") }, () => "see its output above");
    // A compiler error or a crash fails no single test.
    if (code !== 0 && failed.length === 0) failed.push(`ended with ${code}`);
    return { passed: numbers("passing"), skipped: numbers("skipped"), failures: failed };
  },
});

const lane = (name: Lane, options: string[] = []): Step => ({
  name,
  run: async (say) => {
    const file = join(scratch, `${name}.json`);
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const { code } = await run(["exec", "vitest", "run", "--project", name, ...reporters, ...options], say);
    const report = await readFile(file, "utf8").then(
      (text): Report => JSON.parse(text),
      () => undefined,
    );
    const failures = report ? failuresOf(report) : [];
    if (code !== 0 && failures.length === 0) failures.push(`ended with ${code}`);
    const { numPassedTests = 0, numPendingTests = 0, numTodoTests = 0 } = report ?? {};
    return { passed: numPassedTests, skipped: numPendingTests + numTodoTests, failures };
  },
});

/** A file that could not be run fails no test of its own, and counts as one. */
function failuresOf({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults
      .filter((test) => test.status === "failed")
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages[0]?.split("\n")[0]}`);
    return status === "failed" && failed.length === 0 ? [`${name}: ${message.split("\n")[0]}`] : failed;
  });
}

/** Runs steps beside each other; each line says whose it is. */
async function stage(...steps: Step[]): Promise<void> {
  await Promise.all(
    steps.map(async ({ name, run }) => {
      const began = Date.now();
      const { passed, skipped, failures } = await run((line) => console.info(`${name} │ ${line}`));
      total.passed += passed;
      total.skipped += skipped;
      total.failures.push(...failures.map((failure) => `${name}: ${failure}`));
      const seconds = Math.round((Date.now() - began) / 1_000);
      console.info(
        `\n▸ ${name}: ${passed} passed, ${failures.length} failed, ${skipped} skipped in ${seconds} s\n`,
      );
    }),
  );
}

await stage(check("compile", "compile"), check("lint", "lint"));
await Promise.all([
  // They wait for nothing and are waited for by nobody: what is left of the processor is theirs.
  stage(contracts("solidity", constants.priority.PRIORITY_LOW)),
  stage(lives(1_000, constants.priority.PRIORITY_LOW)),
  (async () => {
    // Beside services, which answer in time or not at all, those in nodejs would starve or have them starve.
    await stage(check("types", "typecheck:here"), lane("unit"), contracts("nodejs"));
    await stage(lane("service"));
    // A market each, whose services work beside its tests: more than three at once only wait for each other.
    await stage(lane("system"), lane("e2e", ["--maxWorkers=2"]));
  })(),
]);
await rm(scratch, { recursive: true });

for (const failure of total.failures) console.info(`✗ ${failure}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.info(`${total.passed} passed, ${total.failures.length} failed${skipped}`);
process.exit(total.failures.length === 0 ? 0 : 1);
