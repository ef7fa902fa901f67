/** What is deployed is what the sources say, wherever they are compiled: anybody may compare. Minutes: `pnpm test:deep`. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeCopy } from "../test/copy.ts";
import { whole } from "../test/whole.ts";

const project = join(import.meta.dirname, "..");
const bytecodeOf = (folder: string, artifact: string) => {
  const { bytecode, deployedBytecode } = JSON.parse(readFileSync(join(folder, artifact), "utf8"));
  return { bytecode, deployedBytecode };
};

test.runIf(whole)(
  "compiled in another folder, from nothing, every contract is the same byte for byte",
  {
    timeout: 1_800_000,
  },
  async () => {
    const copy = await makeCopy("reproducible");
    const { ok, output } = copy.hardhat(["build", "--no-tests", "--force", "--quiet"]);
    expect(output).toBe("");
    expect(ok).toBe(true);
    const artifacts = globSync("artifacts/contracts/src/**/*.json", { cwd: copy.path });
    expect(artifacts.length).toBeGreaterThan(20);
    for (const artifact of artifacts)
      expect(bytecodeOf(copy.path, artifact), artifact).toEqual(bytecodeOf(project, artifact));
  },
);
