/** The trees start by themselves: with nothing set, each service ends with the setting that it lacks. */
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTree } from "./tree.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "enerlink-trees-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program of a tree from elsewhere, with nothing but `settings`. */
function run(tree: string, args: string[], settings: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    args.map((arg) => (arg.endsWith(".ts") ? join(tree, arg) : arg)),
    { cwd: folder, env: settings, encoding: "utf8" },
  );
  return { status, said: stdout + stderr };
}

test.each([
  [
    "oracle" as const,
    ["oracle/src/index.ts"],
    { NODE_ENV: "production" },
    "SIGNER_KEY: set exactly one of SIGNER_KEY, SIGNER_KEYSTORE, SIGNER_URL",
  ],
  [
    "indexer" as const,
    ["indexer/index.ts", "start", "--schema", "enerlink_1"],
    { NODE_ENV: "production" },
    "DATABASE_URL: must name a PostgreSQL database",
  ],
])("the tree of %s", { timeout: 120_000 }, (name, args, settings, words) => {
  const tree = join(folder, name);
  makeTree(name, tree);
  const { status, said } = run(tree, args, settings);
  expect(said).toContain(words);
  expect(status).not.toBe(0);
  for (const left of ["node_modules/hardhat", "node_modules/typescript", `${name}/node_modules/vitest`])
    expect(existsSync(join(tree, left)), left).toBe(false);
  if (name === "indexer")
    expect(lstatSync(join(tree, "indexer/ponder-env.d.ts")).isSymbolicLink()).toBe(true);
  expect(() => makeTree(name, tree)).toThrow("exists");
});
