/** What other commands have recorded, as it stands in the repository. */
import { readFileSync } from "node:fs";

export type Recorded = ReturnType<typeof readRecorded>;

export function readRecorded() {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  return {
    deep: read("test/deep.md"),
    measurements: read("docs/measurements.md"),
    /** Gas by operation, one figure or one for each size of the book. */
    gas: JSON.parse(read("test/contracts/gas/gas.json")) as Record<string, number[]>,
    mistakes: read("oracle/simulation/mistakes.md"),
    mutants: read("test/mutants/result.md"),
    oracleMutants: read("test/mutants/oracle.md"),
    law: read("contracts/law/law.service.test.ts"),
  };
}
