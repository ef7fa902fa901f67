/** Lives of the committee under faults, and what they must find. `pnpm test` lives a thousand, `pnpm test:deep` more. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { whole } from "../../test/whole.ts";
import { live } from "./life.ts";
import { filesOf, mistakes, plant, sourceOf } from "./mistakes.ts";

function simulate(...args: string[]): { lines: string[]; status: number | null } {
  const program = join(import.meta.dirname, "simulate.ts");
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  return { lines: `${stdout}${stderr}`.trimEnd().split("\n"), status };
}

/** Its log, without how long it took. */
const historyOf = (seed: number) =>
  simulate("--seeds", "1", "--seed", `${seed}`).lines.slice(0, -1).join("\n");

test("the same seed is the same life, byte for byte, and another is not", { timeout: 300_000 }, async () => {
  const [one, again, other] = [historyOf(7), historyOf(7), historyOf(8)];
  expect(one.split("\n").length).toBeGreaterThan(50);
  expect(again).toBe(one);
  expect(other).not.toBe(one);
  // Nor does it matter what was lived before in the same process.
  expect((await live(8)).history.join("\n")).toBe(other);
  expect((await live(7)).history.join("\n")).toBe(one);
});

test("what was settled in blocks that were replaced while a member was away is open to it again", async () => {
  // A member that was killed had seen such a settlement, and nobody settled the same once more.
  const { problem, history } = await live(5_254);
  expect(history.filter((line) => line.includes("is taken back"))).toHaveLength(1);
  expect(problem).toBeUndefined();
});

test.each(Object.entries(mistakes))("the oracle still says what is changed by: %s", (_, mistake) => {
  for (const file of filesOf(mistake)) expect(plant(sourceOf(file), file, mistake)).not.toBe(sourceOf(file));
});

/** The first seed of each, as `pnpm simulate:mistakes` found it. */
const seeds = [
  ...readFileSync(join(import.meta.dirname, "mistakes.md"), "utf8").matchAll(/^\| ([^|]+) \| (\d+) \|/gm),
].map(([, name, seed]) => [name!, Number(seed)] as const);

test("of every mistake it is known which life shows it", () => {
  expect(seeds.map(([name]) => name)).toEqual(Object.keys(mistakes));
});

const tried = seeds.filter((_, index) => whole || index % 3 === 0);

test.each(tried)("found: %s", { timeout: 300_000 }, (name, seed) => {
  const { lines, status } = simulate("--mistake", name, "--seed", `${seed}`, "--seeds", "1");
  expect(lines[0]).toContain(`seed ${seed} fails: `);
  expect(lines.join("\n")).toMatch(/\d+ of \d+ faults have no part in it/);
  expect(status).toBe(1);
});
