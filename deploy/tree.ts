/**
 * A pruned tree of one service: its sources and those of the workspace's packages that it needs, without tests, with the
 * dependencies that it has at run time and no others. `pnpm deploy` would put the workspace's packages below
 * `node_modules`, where Node runs no TypeScript.
 *
 *   node deploy/tree.ts <oracle | indexer | tools> <folder, which must not exist>
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const PNPM = "pnpm@12";
const ENVIRONMENT = "indexer/ponder-env.d.ts";
const workspace = ["pnpm-workspace.yaml", "pnpm-lock.yaml", "package.json", "LICENSE"];

/** What a tree has beside its package and what that depends on. */
type Plan = { folder: string; filter: string; more?: string[]; without?: string[]; development?: boolean };

export const plans = {
  oracle: {
    folder: "oracle",
    filter: "@enerlink/oracle...",
    without: ["oracle/simulator", "oracle/functions", "oracle/mosquitto"],
  },
  indexer: { folder: "indexer", filter: "@enerlink/indexer..." },
  // The command line deploys as well: with Hardhat, Ignition and what was compiled.
  tools: {
    folder: "cli",
    filter: "enerlink...",
    more: ["contracts", "local", "app/settings.ts", "hardhat.config.ts", "artifacts", "cache"],
    development: true,
  },
} satisfies Record<string, Plan>;
export type Tree = keyof typeof plans;

const NOT_RUN = new Set([
  ...["node_modules", "bench", "chaos", "test", "testing", "testdata", "deployments", ".ponder", "generated"],
]);
/** Written by `pnpm compile`, and part of what runs. */
const GENERATED = "packages/protocol/generated";

/** Whether a file of the workspace is part of a service's tree. */
export function belongs(path: string, without: readonly string[] = []): boolean {
  if (without.includes(path)) return false;
  if (path === GENERATED || path.startsWith("artifacts") || path.startsWith("cache")) return true;
  return !NOT_RUN.has(basename(path)) && !/\.test\.ts$/.test(path);
}

type Manifest = { name: string; dependencies?: Record<string, string> };
const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));

/** `folder` and the folders of the workspace's packages that it needs at run time. */
export function foldersOf(folder: string, found = new Set<string>()): string[] {
  if (found.has(folder)) return [];
  found.add(folder);
  const needed = Object.entries(manifestOf(folder).dependencies ?? {})
    .filter(([, version]) => version.startsWith("workspace:"))
    .map(([name]) => name.replace("@enerlink/", ""))
    .map((name) => (existsSync(join(root, "packages", name)) ? `packages/${name}` : name));
  return [folder, ...needed.flatMap((one) => foldersOf(one, found))];
}

/** @throws when the folder exists, or its dependencies cannot be installed. */
export function makeTree(name: Tree, folder: string): void {
  const { folder: main, filter, more = [], without, development = false }: Plan = plans[name];
  const target = resolve(folder);
  if (existsSync(target)) throw new Error(`${target}: exists; name a folder that does not`);
  const parts = name === "tools" ? foldersOf(".") : foldersOf(main);
  for (const part of [...workspace, ...parts.filter((one) => one !== "."), ...more]) {
    if (!existsSync(join(root, part)))
      throw new Error(`${part}: is missing; run pnpm install and compile first`);
    cpSync(join(root, part), join(target, part), {
      recursive: true,
      filter: (source) => belongs(relative(root, source), without),
    });
  }
  const pnpm = ["-y", PNPM, "install", "--frozen-lockfile", "--prefer-offline", "--filter", filter];
  execFileSync("npx", [...pnpm, ...(development ? [] : ["--prod"])], {
    cwd: target,
    stdio: ["ignore", 2, 2],
  });
  // Ponder writes this file, which only editors read, at each start: here it may, and nothing comes of it.
  if (name === "indexer") {
    rmSync(join(target, ENVIRONMENT));
    symlinkSync("/dev/null", join(target, ENVIRONMENT));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name = "", folder] = process.argv.slice(2);
  if (!(name in plans) || folder === undefined)
    throw new Error(`node deploy/tree.ts <${Object.keys(plans).join(" | ")}> <folder>`);
  makeTree(name as Tree, folder);
}
