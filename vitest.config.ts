import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { whole } from "./test/whole.ts";

const beside = "{packages,contracts,docs,oracle,indexer,local,app,cli,deploy,test/mutants}/**/*";
const exclude = ["**/node_modules/**"];

/** What takes minutes begins first: begun later it would end alone. */
const LONGEST = ["indexer/test/index.service", "e2e/journeys", "e2e/long-journeys", "e2e/transactions"];
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const others = LONGEST.length;
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.includes(name));
      return place < 0 ? others : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

// A test's lane follows from its name: `x.test.ts` is pure and quick, `x.service.test.ts` starts what a service is made
// of (a chain, a broker, a database, a server); those in `test/` start the whole thing.
export default defineConfig({
  test: {
    // Three files at a time on two cores as well: those that start a chain wait more than they work.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // A page may take its time where other programs are at work as well: only never is too late.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        test: {
          name: "unit",
          include: [`${beside}.test.{ts,tsx}`],
          exclude: [...exclude, `${beside}.service.test.ts`],
          // Nothing pure leaves anything behind: one world for all of them is read once.
          pool: "threads",
          isolate: false,
          setupFiles: ["test/patience.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "service",
          include: [`${beside}.service.test.ts`],
          // A tree of each service is what its image is made of: `pnpm test:production`. Newcomers wait for minutes.
          exclude: whole
            ? exclude
            : [...exclude, "deploy/tree.service.test.ts", "oracle/testing/newcomers.service.test.ts"],
          setupFiles: ["test/patience.ts"],
          globalSetup: ["test/recordings.ts"],
          // What a test waits for has its own time (`test/patience.ts`): this ends only what hangs.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "system",
          include: ["test/system/**/*.test.ts"],
          // Minutes of waiting for windows: `pnpm test:deep`.
          exclude: whole ? exclude : [...exclude, "test/system/devices.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/recordings.ts"],
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
