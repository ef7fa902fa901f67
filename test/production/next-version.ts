/** The next version of the oracle, as an upgrade brings it: a tree of its own, of a higher version, with a step more in its store. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTree } from "../../deploy/tree.ts";

export const NEXT_VERSION = "99.0.0";

/** @returns the program to start */
export function makeNextVersion(folder: string): string {
  makeTree("oracle", folder);
  const manifest = join(folder, "oracle/package.json");
  const text = readFileSync(manifest, "utf8");
  writeFileSync(manifest, text.replace(/"version": "[^"]+"/, `"version": "${NEXT_VERSION}"`));
  const migrations = join(folder, "oracle/src/store/migrations.ts");
  const steps = readFileSync(migrations, "utf8");
  const step =
    '  { what: "of the next version", sql: "CREATE TABLE next_version (id INTEGER) STRICT;" },\n];\n';
  if (!steps.includes("\n];\n")) throw new Error(`${migrations}: its steps do not end as they did`);
  writeFileSync(migrations, steps.replace("];\n", step));
  return join(folder, "oracle/src/index.ts");
}
