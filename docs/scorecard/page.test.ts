/** The scorecard says what was recorded, and is not written where a record is gone. */
import { expect, test } from "vitest";
import { scorecardPage } from "./page.ts";
import { readRecorded } from "./recorded.ts";

const recorded = readRecorded();
const made = { date: "2026-01-02", commit: "abc1234" };
const lives = (failed = 0) => ({
  ...{ lives: 1_000, failed, steps: 7_000_000, settled: 12_345, cleared: 2_000 },
  faults: new Map([
    ["kill", 900],
    ["reorganisation", 1_100],
  ]),
});

test("says what was lived, when and of which commit, and how often each fault came", () => {
  const page = scorecardPage(recorded, lives(), made);
  expect(page).toContain("on 2026-01-02, of commit abc1234.");
  expect(page).toContain("at each of 7,000,000 steps | held: 12,345 reports settled, 2,000 slots cleared |");
  expect(page).toContain("| reorganisation | 1,100 |\n| kill | 900 |");
  expect(page).not.toMatch(/undefined|NaN/);
});

test("a life that failed is not hidden", () => {
  expect(scorecardPage(recorded, lives(3), made)).toContain("**3 lives failed**");
});

test("every figure is the record's own", () => {
  const page = scorecardPage(recorded, lives(), made);
  const gas = recorded.gas["settle in a batch, minted"]!.at(-1)!;
  expect(page).toContain(`| settle in a batch, minted | ${gas.toLocaleString("en-US")} |`);
  expect(page).toContain(/: (\d+ found, \d+ not)/.exec(recorded.mistakes)![1]);
  expect(page).toContain("| 28 days, oracle killed (SIGKILL)");
  expect(page).toContain("| `pnpm chaos --seed 7` |");
  expect(page).toContain("| meters | readings/s |");
  expect(page).toContain(/`pnpm bench:slot` has [^\n]+/.exec(recorded.measurements)![0]);
  expect(page).toMatch(/ and 1\d mistakes refuted/);
});

test.each([
  ["measurements", "## Faults", "Faults"],
  ["measurements", "## A neighbourhood's slot", "neighbourhood"],
  ["mistakes", " found, ", "mistakes.md"],
  ["deep", "| 28 days", undefined],
] as const)("without what %s had at “%s” it is not written", (name, text, said) => {
  const less = { ...recorded, [name]: recorded[name].replaceAll(text, "") };
  const write = () => scorecardPage(less, lives(), made);
  if (said) expect(write).toThrow(said);
  else expect(write()).not.toContain(text);
});

test("nor without a figure of gas", () => {
  const { "take one order": _, ...gas } = recorded.gas;
  expect(() => scorecardPage({ ...recorded, gas }, lives(), made)).toThrow("take one order");
});
