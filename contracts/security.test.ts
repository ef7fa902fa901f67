/** Every requirement in `SECURITY.md` names tests that exist. */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../", import.meta.url);
const page = readFileSync(new URL("contracts/SECURITY.md", root), "utf8");
const rows = [...page.matchAll(/^\| (R\d+) \|.*\| ([^|]*) \|$/gm)].map(([, id, tests]) => ({
  id,
  tests: tests!,
}));
const tested = globSync("test/contracts/**/*.sol", { cwd: root.pathname })
  .map((file) => readFileSync(new URL(file, root), "utf8"))
  .join("\n");
const written = new Set([...tested.matchAll(/function ((?:test|invariant)\w+)\(/g)].map(([, name]) => name!));

describe("SECURITY.md", () => {
  it("is right that no contract reads the book's prices (R26)", () => {
    const readers = globSync("contracts/src/**/*.sol", { cwd: root.pathname }).filter((file) =>
      /bestPrice|\.depth\(\w+, /.test(readFileSync(new URL(file, root), "utf8")),
    );
    expect(readers.toSorted()).toEqual([
      "contracts/src/market/IEnergyMarket.sol",
      "contracts/src/market/OrderBook.sol",
    ]);
  });

  it("has a row for R1 to R42", () => {
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 42 }, (_, index) => `R${index + 1}`));
  });

  it("names inputs' errors that are, each in a test that exists", () => {
    const section = page.split("\n## What nobody can give in\n")[1]!.split("\n## ")[0]!;
    const inputs = [...section.matchAll(/^\| [^|]* \| (`[^|]*) \| (`[^|]*) \|$/gm)];
    expect(inputs.length).toBe(11);
    const names = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
    for (const [, errors, tests] of inputs) {
      expect(names(tests!).filter((name) => !written.has(name))).toEqual([]);
      for (const error of names(errors!)) expect(tested, error).toContain(`.${error}.selector`);
    }
  });

  for (const { id, tests } of rows) {
    it(`names tests of ${id} that exist`, () => {
      const named = [...tests.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
      if (!tests.includes("security.test.ts")) expect(named.length).toBeGreaterThan(0);
      expect(named.filter((name) => !written.has(name))).toEqual([]);
    });
  }
});
