import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { accounts } from "./accounts.ts";
import { market } from "./market.ts";
import { metering } from "./metering.ts";
import { groups, mutate } from "./mutant.ts";
import { oracle, testsOf } from "./oracle.ts";
import { pools } from "./pool.ts";

const sources = join(import.meta.dirname, "../../contracts/src");
const mutants = [...market, ...metering, ...pools, ...accounts];

// Running them takes an hour, so that a text that the source no longer has would be found late.
test("every mutant changes what its source says, and belongs to a group", async () => {
  for (const mutant of mutants) {
    const text = await readFile(join(sources, mutant.file), "utf8");
    expect(mutate(text, mutant), mutant.name).not.toBe(text);
    expect(groups, mutant.name).toHaveProperty([mutant.name.split("/")[0] as string]);
  }
});

test("so does every mutant of the oracle", async () => {
  for (const mutant of oracle) {
    const text = await readFile(join(sources, "../../oracle/src", mutant.file), "utf8");
    expect(mutate(text, mutant), mutant.name).not.toBe(text);
    expect(testsOf, mutant.name).toHaveProperty([mutant.name.split("/")[0] as string]);
  }
});

test("no two mutants have one name", () => {
  const names = [...mutants, ...oracle].map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});
