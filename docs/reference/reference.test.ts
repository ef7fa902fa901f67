import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { contractsPage, written } from "./generate.ts";
import { settingsPage } from "./settings.ts";

test.each(written)("%s is what `pnpm reference` writes now", async (file, write) => {
  expect(readFileSync(file, "utf8")).toBe(await write());
});

test("a setting that several programs read is the same for all of them", () => {
  const rows = settingsPage().matchAll(/^\| `(\w+)` \| .*? \| (.*) \|$/gm);
  const meanings = Map.groupBy(rows, ([, name]) => name!);
  const different = [...meanings].filter(([, all]) => new Set(all.map(([, , text]) => text)).size > 1);
  expect(different.map(([name]) => name)).toEqual([]);
});

test("whatever the outside may call says what it does", async () => {
  const silent = (await contractsPage())
    .split("### ")
    .filter((section) => section.startsWith("Functions"))
    .flatMap((section) => section.split("\n").filter((row) => /^\| `.*` \| +\|$/.test(row)));
  expect(silent).toEqual([]);
});
