/** What a browser loads, module by module, has nothing of Node.js in it: a build would leave a hole there, and say little. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const project = join(import.meta.dirname, "../..");
const exportsOf = (name: string): Record<string, string> =>
  JSON.parse(readFileSync(join(project, "packages", name, "package.json"), "utf8")).exports;

/** What a module loads; types alone load nothing. */
function loadedBy(file: string): string[] {
  const loads =
    /^(?:import|export)(?! type\b)[^;"]*? from "([^"]+)"|^import "([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;
  return [...readFileSync(file, "utf8").matchAll(loads)].map((found) => found.slice(1).find(Boolean)!);
}

/** The file that is meant, if it is one of the project's. */
function fileOf(path: string, from: string): string | undefined {
  if (path.startsWith(".")) return join(dirname(from), path.replace(/\?.*$/, ""));
  const [, name, entry] = /^@enerlink\/(\w+)(\/.*)?$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  const entries = exportsOf(name);
  for (const [pattern, target] of Object.entries(entries)) {
    const [before, after] = pattern.split("*") as [string, string?];
    const asked = `.${entry ?? ""}`;
    if (after === undefined ? asked === pattern : asked.startsWith(before))
      return join(project, "packages", name, target.replace("*", asked.slice(before.length)));
  }
  throw new Error(`${relative(project, from)} takes ${path}, which @enerlink/${name} does not export`);
}

test("nothing that the dApp loads needs Node.js", () => {
  const start = globSync("app/src/**/*.{ts,tsx}", { cwd: project }).filter(
    (file) => !file.includes(".test."),
  );
  const files = new Set(start.map((file) => join(project, file)));
  const wrong: string[] = [];
  for (const file of files) {
    if (!/\.tsx?$/.test(file) || !existsSync(file)) continue;
    for (const path of loadedBy(file)) {
      if (isBuiltin(path)) wrong.push(`${relative(project, file)} loads ${path}`);
      const next = fileOf(path, file);
      if (next) files.add(next);
    }
  }
  for (const seen of ["index.ts", "units.ts", "keystore.ts", "wire/reading.ts", "generated/abis.ts"])
    expect(files).toContain(join(project, "packages/protocol", seen));
  expect(wrong).toEqual([]);
});
