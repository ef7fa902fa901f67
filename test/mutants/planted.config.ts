/** The oracle's unit tests with a mistake in its sources: `PLANTED` has the mutant, as JSON. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { type Mutant, mutate } from "./mutant.ts";

const project = join(import.meta.dirname, "../..");
const mutant = JSON.parse(process.env.PLANTED!) as Mutant;
const path = join(project, "oracle/src", mutant.file);

export default defineConfig({
  root: project,
  plugins: [
    {
      name: "planted",
      enforce: "pre",
      load: (id) => (id.split("?")[0] === path ? mutate(readFileSync(path, "utf8"), mutant) : undefined),
    },
  ],
  test: {
    // What is kept of a file would be kept with its mistake.
    fsModuleCache: false,
    include: ["oracle/src/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.service.test.ts"],
    pool: "threads",
    isolate: false,
    setupFiles: ["test/patience.ts"],
    testTimeout: 60_000,
  },
});
