/** Lives of the committee under faults, and what they must find. `pnpm test:deep` lives more of them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { whole } from "../../test/whole.ts";
import { live } from "./life.ts";
import { mistakes, plant, sourceOf } from "./mistakes.ts";

const SEEDS = whole ? 1_000 : 25;
const program = join(import.meta.dirname, "simulate.ts");

test(`nothing that must never be in ${SEEDS} lives`, { timeout: 1_800_000 }, async () => {
  const problems: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { problem } = await live(seed);
    if (problem) problems.push(`pnpm simulate --seeds 1 --seed ${seed}: ${problem}`);
  }
  expect(problems).toEqual([]);
});

test("the same seed is the same life, letter for letter, and another is not", {
  timeout: 300_000,
}, async () => {
  const [one, again, other] = [await live(7), await live(7), await live(8)];
  expect(one.history.length).toBeGreaterThan(50);
  expect(again.history.join("\n")).toBe(one.history.join("\n"));
  expect(other.history.join("\n")).not.toBe(one.history.join("\n"));
});

test.each(Object.entries(mistakes))("the oracle still says what is changed by: %s", (_, mistake) => {
  expect(plant(sourceOf(mistake), mistake)).not.toBe(sourceOf(mistake));
});

const tried = Object.entries(mistakes).filter((_, index) => whole || index % 3 === 0);

test.each(tried)("found: %s", { timeout: 300_000 }, (name, { seed }) => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [program, "--mistake", name, "--seed", `${seed}`, "--seeds", "1"],
    {
      encoding: "utf8",
    },
  );
  expect(stdout).toContain(`seed ${seed} fails: `);
  expect(stdout).toMatch(/\d+ of \d+ faults have no part in it/);
  expect(status).toBe(1);
});
