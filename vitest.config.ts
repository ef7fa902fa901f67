import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Three suites: `unit` beside the code, `system` and `e2e` against the whole thing started for real.
export default defineConfig({
  test: {
    // Three files at a time on two cores as well: those that start a chain wait more than they work.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: "unit",
          include: ["{packages,contracts,docs,oracle,indexer,local}/**/*.test.ts", "app/**/*.test.{ts,tsx}"],
          exclude: ["**/node_modules/**"],
          setupFiles: ["test/patience.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "system",
          include: ["test/system/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
