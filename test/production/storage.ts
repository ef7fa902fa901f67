/** Where the tests of production keep what takes minutes to be made: bases, layers, images. */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const kept = join(root, ".local/production");
export const targets = ["oracle", "indexer", "tools", "app"] as const;
export type Target = (typeof targets)[number];

const storage = (driver: string) => [
  ...["--root", join(kept, driver), "--runroot", join(kept, "run")],
  ...["--storage-driver", driver],
];
let chosen: string[] | undefined;
/** Layers over each other where this machine's file system can; else each is a copy of all before it, which takes long. */
function options(): string[] {
  const overlay = storage("overlay");
  chosen ??= spawnSync("buildah", [...overlay, "images"]).status === 0 ? overlay : storage("vfs");
  return chosen;
}

export function buildah(...args: string[]): string {
  return execFileSync("buildah", [...options(), ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1e8,
  }).trim();
}

export const hasImage = (name: string) =>
  spawnSync("buildah", [...options(), "inspect", "--type", "image", name]).status === 0;

/** What this machine lacks for a test that needs root and these programs; undefined where it has all. */
export function lacks(...programs: string[]): string | undefined {
  const missing = programs.filter((program) => spawnSync(program, ["--version"]).error !== undefined);
  if (process.getuid?.() !== 0) missing.unshift("root");
  return missing.length === 0 ? undefined : missing.join(", ");
}
