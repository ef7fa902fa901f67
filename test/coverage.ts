/**
 * `pnpm coverage`: which lines of the contracts the directed tests run, without the random sequences and invariants,
 * which would run nearly everything by chance. Writes `test/coverage.md` and exits non-zero when a line is not run and not
 * explained below, or when no test names a custom error.
 */
import { globSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeCopy } from "./copy.ts";

/** Not directed, or about gas, which counting lines costs. */
const LEFT_OUT =
  "invariant_|test_TheBookDoesWhatItsModelDoes|test_TheBoardAddsUp|testFuzz_C2|test_B10|P1_to_P8|testFuzz_P4|testFuzz_SignersGuardian|TooLittleGas|TakeNoMoreThanTheOracleGives";
/** Lines that no directed test runs, by their text, and why. */
const EXPLAINED: Record<string, string> = {};

const copy = await makeCopy("coverage");
const { ok, output } = copy.hardhat(["test", "solidity", "--coverage", "--grep-exclude", LEFT_OUT]);
if (!ok) throw new Error(output);

const lcov = await readFile(join(copy.path, "coverage/lcov.info"), "utf8");
const rows: string[] = [];
const left: string[] = [];
let bad = 0;
for (const record of lcov.split("end_of_record\n")) {
  const file = /^SF:contracts\/src\/(.*)$/m.exec(record)?.[1];
  if (!file) continue;
  const lines = [...record.matchAll(/^DA:(\d+),(\d+)$/gm)].map(([, line, hits]) => [
    Number(line),
    Number(hits),
  ]);
  const missed = lines.filter(([, hits]) => hits === 0).map(([line]) => line as number);
  const source = (await readFile(join(copy.path, "contracts/src", file), "utf8")).split("\n");
  rows.push(`| ${file} | ${lines.length} | ${lines.length - missed.length} |`);
  for (const line of missed) {
    const text = source[line - 1]?.trim() ?? "";
    const reason = EXPLAINED[text];
    if (!reason) bad++;
    left.push(`- ${file}:${line} \`${text}\`: ${reason ?? "NOT EXPLAINED"}`);
  }
}

const read = (pattern: string) =>
  Promise.all(globSync(pattern, { cwd: copy.path }).map((file) => readFile(join(copy.path, file), "utf8")));
const errors = new Set(
  (await read("contracts/src/**/*.sol")).flatMap((text) =>
    [...text.matchAll(/^ *error (\w+)\(/gm)].map(([, name]) => name as string),
  ),
);
const tests = (await read("test/contracts/**/*.{sol,ts}")).join("\n");
const unnamed = [...errors].filter((name) => !new RegExp(`\\b${name}\\b`).test(tests));
bad += unnamed.length;

const text = [
  "# Coverage of the contracts",
  "",
  "Written by `pnpm coverage`. Hardhat counts lines; every statement behind an `if`, every revert among them, is a line of its own. Only directed tests count here: random sequences and invariants are left out, and what runs from TypeScript (device signatures against OpenSSL, cells against h3-js) counts for nothing. What a line cannot show, the `.tree` files beside the tests list branch by branch.",
  "",
  "| file | lines | run |",
  "|---|---|---|",
  ...rows.sort(),
  "",
  "Lines that are not run:",
  "",
  ...(left.length > 0 ? left : ["- none"]),
  "",
  `Custom errors: ${errors.size}, of which the tests name ${errors.size - unnamed.length}${unnamed.map((name) => `, not ${name}`).join("")}.`,
  "",
].join("\n");
await writeFile(join(import.meta.dirname, "coverage.md"), text);
console.info(text);
process.exit(bad === 0 ? 0 : 1);
