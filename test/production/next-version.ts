/** The next version of the oracle, as an upgrade brings it: a tree of its own, of a higher version, with a step more in its store. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeTree } from "../../deploy/tree.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const NEXT_VERSION = "99.0.0";

/** Writes the files that the next version has others of, into a tree of the oracle or an empty folder. */
export function writeChanges(folder: string): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const manifest = "oracle/package.json";
  const version = `"version": "${NEXT_VERSION}"`;
  write(manifest, readFileSync(join(root, manifest), "utf8").replace(/"version": "[^"]+"/, version));
  const migrations = "oracle/src/store/migrations.ts";
  const steps = readFileSync(join(root, migrations), "utf8");
  const step =
    '  { what: "of the next version", sql: "CREATE TABLE next_version (id INTEGER) STRICT;" },\n];\n';
  if (!steps.includes("\n];\n")) throw new Error(`${migrations}: its steps do not end as they did`);
  write(migrations, steps.replace("];\n", step));
}

/** @returns the program to start */
export function makeNextVersion(folder: string): string {
  makeTree("oracle", folder);
  writeChanges(folder);
  return join(folder, "oracle/src/index.ts");
}
