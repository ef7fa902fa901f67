/**
 * `pnpm test`: everything that must hold, in the order in which it is quickest to fail. Ends with a line of its own,
 * `N passed, N failed`, and exits non-zero when anything failed. A step that is no test suite counts as one test.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Count = { passed: number; failed: number; skipped: number };

const total: Count = { passed: 0, failed: 0, skipped: 0 };
const scratch = await mkdtemp(join(tmpdir(), "enerlink-test-"));

/** Runs a command with its output shown. @returns its exit code and what it printed */
function run(command: string, args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

function count(name: string, began: number, { passed, failed, skipped }: Count): void {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  const seconds = Math.round((Date.now() - began) / 1_000);
  console.info(`\n▸ ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s\n`);
}

async function check(name: string, script: string): Promise<void> {
  const began = Date.now();
  const { code } = await run("pnpm", ["run", script]);
  count(name, began, { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 });
}

async function contracts(): Promise<void> {
  const began = Date.now();
  const { code, output } = await run("pnpm", ["run", "test:contracts"]);
  const sum = (word: string) =>
    [...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}`, "gm"))].reduce((all, [, n]) => all + Number(n), 0);
  const counted = { passed: sum("passing"), failed: sum("failing"), skipped: sum("skipped") };
  // A compiler error or a crash fails no single test.
  if (code !== 0 && counted.failed === 0) counted.failed = 1;
  count("contracts", began, counted);
}

async function suite(project: "unit" | "system" | "e2e"): Promise<void> {
  const began = Date.now();
  const report = join(scratch, `${project}.json`);
  const args = [
    "run",
    `test:${project}`,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  const { code } = await run("pnpm", args);
  const counted = await readFile(report, "utf8").then(
    (text) => {
      const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(text);
      return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
    },
    () => ({ passed: 0, failed: 0, skipped: 0 }),
  );
  if (code !== 0 && counted.failed === 0) counted.failed = 1;
  count(project, began, counted);
}

await check("compile", "compile");
await check("lint", "lint");
await check("types", "typecheck");
await suite("unit");
await contracts();
await suite("system");
await suite("e2e");
await rm(scratch, { recursive: true });

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.info(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed === 0 ? 0 : 1);
