/** The page of the scorecard, from what other commands have recorded and from lives that were lived for it. */

import type { Recorded } from "./recorded.ts";

/** Lives that were lived for the page. */
export type Lives = {
  lives: number;
  failed: number;
  steps: number;
  settled: number;
  cleared: number;
  /** How often each fault came. */
  faults: ReadonlyMap<string, number>;
};

const thousands = (value: number) => value.toLocaleString("en-US");

/** What `pattern` finds in `text`. @throws when it is not there any more: a page must not be silent about it */
function find(text: string, pattern: RegExp, where: string): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`${where} no longer says ${pattern}`);
  return found.trim();
}

/** The table below a heading, whole. */
function tableBelow(text: string, heading: string): string[] {
  const lines = text.slice(text.indexOf(`\n## ${heading}\n`)).split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const after = lines.findIndex((line, index) => index > first && !line.startsWith("|"));
  if (!text.includes(`\n## ${heading}\n`) || first < 0)
    throw new Error(`docs/measurements.md no longer has a table below ${heading}`);
  return lines.slice(first, after);
}

const COSTS = [
  "settle one report alone, 3 of 5 signatures",
  "settle in a batch, minted",
  "settle in a batch, burned",
  "settle by one proof of 100, 2^17 meters",
  "settle and clear a slot, each of 30 members",
  "settle and clear a slot, each of 256 members",
  "place, resting",
  "take one order",
] as const;

function costs(gas: Recorded["gas"]): string[] {
  return COSTS.map((name) => {
    const figures = gas[name];
    if (!figures) throw new Error(`gas.json no longer has ${name}`);
    return `| ${name} | ${thousands(figures.at(-1)!)} |`;
  });
}

/** Rows of the deep run that are about the claim, as they are: one that was not run says so. */
function deepRows(deep: string): string[] {
  const wanted =
    /^\| (?:SlotPoolFuzz|the contracts and their model|mistakes that simulated|simulated lives|chaos|soak|28 days)/;
  const rows = deep.split("\n").filter((line) => wanted.test(line));
  if (rows.length === 0) throw new Error("test/deep.md has none of the rows that the scorecard shows");
  return rows;
}

const lawProved = (law: string): number => [...law.matchAll(/^ {2}"[^"]+": \[/gm)].length;

function claim(recorded: Recorded, lives: Lives): string[] {
  const counted = (text: string, where: string) =>
    find(text, /: (\d+ (?:killed|found), \d+ \w+(?:, \d+ not run)?)/, where);
  return [
    "## The claim",
    "",
    "For every meter, always: minted − burned − change of debt = change of export − change of import (and what was corrected by agreement). No report counts twice, none is lost that was acknowledged, whatever happens to nodes, broker and chain.",
    "",
    "| doubted by | outcome |",
    "|---|---|",
    `| ${thousands(lives.lives)} simulated lives of three nodes, lived for this page: the law and what else must always hold ([checks.ts](../oracle/simulation/checks.ts)), at each of ${thousands(lives.steps)} steps | ${lives.failed === 0 ? "held" : `**${lives.failed} lives failed**`}: ${thousands(lives.settled)} reports settled, ${thousands(lives.cleared)} slots cleared |`,
    `| mistakes put into the oracle, which lives must show (\`pnpm simulate:mistakes\`) | ${counted(recorded.mistakes, "oracle/simulation/mistakes.md")} |`,
    `| mistakes put into the oracle's core (\`pnpm mutants:oracle\`) | ${counted(recorded.oracleMutants, "test/mutants/oracle.md")} |`,
    `| mistakes put into the contracts (\`pnpm mutants\`) | ${counted(recorded.mutants, "test/mutants/result.md")} |`,
    `| the law proved by the compiler's SMT checker, for all sequences, and ${lawProved(recorded.law)} mistakes refuted (\`pnpm test:service contracts/law\`, \`pnpm test:deep\`) | a test of every change; all mistakes in the deep run |`,
    "",
    "What takes too long for every change (`pnpm test:deep`), as it was run last:",
    "",
    "| what | result | time | commit |",
    "|---|---|---|---|",
    ...deepRows(recorded.deep),
  ];
}

function faults({ faults: counts, lives }: Lives): string[] {
  return [
    "## Faults survived",
    "",
    `In the ${thousands(lives)} lives above:`,
    "",
    "| fault | times |",
    "|---|---:|",
    ...[...counts].sort(([, a], [, b]) => b - a).map(([kind, times]) => `| ${kind} | ${thousands(times)} |`),
    "",
  ];
}

/** @param made When, and of which commit */
export function scorecardPage(
  recorded: Recorded,
  lives: Lives,
  made: { date: string; commit: string },
): string {
  const { measurements } = recorded;
  const slot = find(measurements, /## A neighbourhood's slot\n\n([^\n]+)/, "docs/measurements.md");
  return [
    "# Scorecard",
    "",
    `Written by \`pnpm scorecard\` on ${made.date}, of commit ${made.commit}. What was lived for this page says so; every other figure is what the command beside it recorded last.`,
    "",
    ...claim(recorded, lives),
    "",
    ...faults(lives),
    "By real processes, brokers and a chain ([measurements](measurements.md#faults)):",
    "",
    ...tableBelow(measurements, "Faults"),
    "",
    "## Latency",
    "",
    slot,
    "",
    "From publishing a reading to its acknowledgement, stored and judged, and to its block (`pnpm bench:oracle`, [how](measurements.md#the-oracle)):",
    "",
    ...tableBelow(measurements, "The oracle"),
    "",
    "## Cost",
    "",
    "Gas of whole transactions, in batches each report's share; held by a test of every change ([all operations, beside others'](../contracts/GAS.md)):",
    "",
    "| operation | gas |",
    "|---|---:|",
    ...costs(recorded.gas),
    "",
  ].join("\n");
}
