import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { contractsPage } from "./generate.ts";

test("the contracts' page is what `pnpm reference` writes now", async () => {
  expect(readFileSync(new URL("contracts.md", import.meta.url), "utf8")).toBe(await contractsPage());
});

test("whatever the outside may call says what it does", async () => {
  const silent = (await contractsPage())
    .split("### ")
    .filter((section) => section.startsWith("Functions"))
    .flatMap((section) => section.split("\n").filter((row) => /^\| `.*` \| +\|$/.test(row)));
  expect(silent).toEqual([]);
});
