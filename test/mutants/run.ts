/**
 * `pnpm mutants`: negative controls. Each mutant is a deliberate mistake in a contract; the tests of its group must
 * fail on it. Works in a copy of the project under `.local/mutants`, writes `test/mutants/result.md`, prints
 * `N killed, M survived`, and exits non-zero when a mutant survives that is not explained, no longer applies, or does
 * not compile.
 *
 *   pnpm mutants [--only text]   only those whose name contains the text, or one of several; the others keep their last
 *                                result
 *   pnpm mutants --new           only those that were not run yet
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeCopy } from "../copy.ts";
import { accounts } from "./accounts.ts";
import { market } from "./market.ts";
import { metering } from "./metering.ts";
import { type Group, groups, type Mutant, mutate } from "./mutant.ts";
import { pools } from "./pool.ts";
import { choice, tryMutants } from "./results.ts";

const { values: asked } = parseArgs({ options: choice });
const copy = await makeCopy("mutants");

function groupOf({ name }: Mutant): Group {
  const group = groups[name.split("/")[0] as string];
  if (!group) throw new Error(`${name}: no such group`);
  return group;
}

/** Few random sequences: a mutant that only many would find is not controlled by what runs on every change. */
const test = (file: string) =>
  copy.hardhat(["test", "solidity", "--no-compile", `test/contracts/${file}.t.sol`], {
    ENERLINK_FUZZ_RUNS: "40",
  });

const compile = (contract: string) => copy.hardhat(["build", "--quiet", `contracts/src/${contract}`]).ok;
/** The contract whose artifact is still a mutant's. */
let mutated: string | undefined;

/** @returns the test that failed on the mutant, undefined when it survived */
async function killerOf(mutant: Mutant): Promise<string | undefined> {
  const { contract, tests } = groupOf(mutant);
  if (mutated !== undefined && mutated !== contract) compile(mutated);
  mutated = contract;
  const path = join(copy.path, "contracts/src", mutant.file);
  const original = await readFile(path, "utf8");
  await writeFile(path, mutate(original, mutant));
  try {
    if (!compile(contract)) throw new Error("does not compile");
    for (const file of tests) {
      const { ok, output } = test(file);
      if (ok) continue;
      const failed = /^\s+1\) (\S+#\S+)/m.exec(output)?.[1];
      if (!failed) throw new Error(`the tests did not run:\n${output}`);
      return `\`${failed}\``;
    }
    return undefined;
  } finally {
    await writeFile(path, original);
  }
}

const build = copy.hardhat(["build", "--quiet"]);
if (!build.ok) throw new Error(`The contracts do not compile:\n${build.output}`);

const page = {
  file: join(import.meta.dirname, "result.md"),
  title: "Mutants",
  command: "mutants",
  about: "Each is a mistake put into a contract on purpose, which the tests must notice.",
};
function check(chosen: readonly Mutant[]): void {
  for (const file of new Set(chosen.flatMap((mutant) => groupOf(mutant).tests)))
    if (!test(file).ok) throw new Error(`${file} fails without a mutant`);
}
const mutants = [...market, ...metering, ...pools, ...accounts];
process.exit(await tryMutants(page, mutants, asked, check, killerOf));
