/** What became of mutants: which are tried, and the page that says so. */
import { readFile, writeFile } from "node:fs/promises";
import type { ParseArgsOptionsConfig } from "node:util";
import type { Mutant } from "./mutant.ts";

const NOT_RUN = "not run";

type Page = {
  /** Where it is written. */
  file: string;
  title: string;
  /** The command that writes it. */
  command: string;
  /** What each mutant is, a sentence. */
  about: string;
};

/** The rows of the last result, by name. */
async function lastRows(file: string): Promise<Map<string, string>> {
  const text = await readFile(file, "utf8").catch(() => "");
  return new Map(
    [...text.matchAll(/^\| ([^|]+\/[^|]+) \| (.*) \|$/gm)].map(([, name, row]) => [name!, row!]),
  );
}

/** Writes what is known so far. @returns `N killed, M survived` */
async function save(
  { file, title, command, about }: Page,
  mutants: readonly Mutant[],
  rows: ReadonlyMap<string, string>,
): Promise<string> {
  const all = mutants.map(({ name }) => [name, rows.get(name) ?? NOT_RUN] as const);
  const count = (what: string) => all.filter(([, row]) => row.startsWith(what)).length;
  const left = count(NOT_RUN);
  const summary = `${count("killed")} killed, ${count("survived")} survived${left > 0 ? `, ${left} not run` : ""}`;
  const text = [
    `# ${title}`,
    "",
    `The last result of \`pnpm ${command}\`: ${summary}. ${about}`,
    "",
    "| mutant | result |",
    "|---|---|",
    ...all.map(([name, row]) => `| ${name} | ${row} |`),
    "",
  ];
  await writeFile(file, text.join("\n"));
  return summary;
}

/** Which are tried: `--only` those whose name contains a text, or one of several; `--new` those that were not run yet. */
export const choice = {
  only: { type: "string", multiple: true, default: [""] },
  new: { type: "boolean", default: false },
} satisfies ParseArgsOptionsConfig;

/**
 * Tries the mutants that are asked for, one after the other; those that are not keep their last result.
 * @param asked by `choice`
 * @param check throws when what is to notice them fails without any
 * @param killerOf what noticed a mutant, in words; undefined where it survived
 * @returns the exit code: 1 when one survives that is not explained, or could not be tried
 */
export async function tryMutants(
  page: Page,
  mutants: readonly Mutant[],
  asked: { only: string[]; new: boolean },
  check: (chosen: readonly Mutant[]) => void,
  killerOf: (mutant: Mutant) => Promise<string | undefined>,
): Promise<number> {
  const rows = await lastRows(page.file);
  const isNew = (name: string) => (rows.get(name) ?? NOT_RUN) === NOT_RUN;
  const chosen = mutants.filter(
    ({ name }) => asked.only.some((text) => name.includes(text)) && (!asked.new || isNew(name)),
  );
  check(chosen);

  let bad = 0;
  for (const mutant of chosen) {
    let row: string;
    try {
      const killer = await killerOf(mutant);
      row = killer ? `killed by ${killer}` : `survived: ${mutant.equivalent ?? "UNEXPLAINED"}`;
      if (!killer && !mutant.equivalent) bad++;
      if (killer && mutant.equivalent) throw new Error(`called equivalent, but ${row}`);
    } catch (error) {
      bad++;
      row = `FAILED: ${(error as Error).message.split("\n")[0]}`;
    }
    console.info(`${mutant.name}: ${row}`);
    rows.set(mutant.name, row);
    await save(page, mutants, rows);
  }
  console.info(`\n${await save(page, mutants, rows)}`);
  return bad === 0 ? 0 : 1;
}
