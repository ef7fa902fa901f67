/** A copy of what the contract tests need, where contracts can be changed or instrumented without anybody noticing. */
import { spawnSync } from "node:child_process";
import { cp, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";

export interface Copy {
  path: string;
  /** Runs Hardhat in the copy. */
  hardhat(args: string[], environment?: Record<string, string>): { ok: boolean; output: string };
}

/** Brings `.local/{name}` up to date; what was compiled there before is compiled again only where it changed. */
export async function makeCopy(name: string): Promise<Copy> {
  const project = join(import.meta.dirname, "..");
  const path = join(project, ".local", name);
  await mkdir(path, { recursive: true });
  for (const folder of ["contracts/src", "test/contracts"]) {
    await rm(join(path, folder), { recursive: true, force: true });
    await cp(join(project, folder), join(path, folder), { recursive: true });
  }
  for (const file of ["hardhat.config.ts", "package.json"]) await cp(join(project, file), join(path, file));
  await rm(join(path, "node_modules"), { force: true });
  await symlink(join(project, "node_modules"), join(path, "node_modules"));

  return {
    path,
    hardhat(args, environment = {}) {
      const { status, stdout, stderr } = spawnSync("hardhat", args, {
        cwd: path,
        encoding: "utf8",
        maxBuffer: 2 ** 28,
        env: { ...process.env, ...environment },
      });
      return { ok: status === 0, output: stdout + stderr };
    },
  };
}
