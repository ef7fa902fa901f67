/**
 * `pnpm bench:scale`: all meters close one window at once. Up to a hundred thousand go through a real broker to three real
 * oracles and a real chain; a million through one root, whose tree, commitment and proofs are real (`million.ts`). Every
 * Wh is accounted for: exits 1 where a meter, or the supply, differs by one.
 *
 *   pnpm bench:scale [--meters 10000,25000] [--way batches|roots] [--write]
 *
 * `--write` notes each size in `oracle/bench/scale.md`; the others keep their last result.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { type Burst, runBurst, type Way } from "./burst.ts";
import { type Figures, table } from "./figures.ts";
import { runMillion } from "./million.ts";

const { values } = parseArgs({
  options: {
    meters: { type: "string", default: "10000,25000" },
    way: { type: "string", default: "batches" },
    write: { type: "boolean", default: false },
  },
});
/** As many as three oracles are asked for at once; more go through one root, without them. */
const MOST_REAL = 100_000;
const MOST = 1_000_000;
/** Stated prices: what a unit of gas costs in gwei, by chain, and an ether in US dollars. */
const PRICES = { "a shared chain at 1 gwei": 1, "a rollup at 0.01 gwei": 0.01 };
const ETHER_USD = 3_000;
/** Gas of a block, as anvil is started here and Ethereum has it. */
const BLOCK_GAS = 60_000_000;
/** The only published figures of a comparable system, mints a second. */
const PUBLISHED: Record<number, string> = { 10000: "62.8", 25000: "23.2" };

const sizes = values.meters.split(",").map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 10 || size > MOST))
  throw new Error(`--meters: must be numbers from 10 to ${MOST}, comma-separated`);
if (values.way !== "batches" && values.way !== "roots") throw new Error("--way: must be batches or roots");
const way: Way = values.way;

const elapsed = () => `${Math.round(performance.now() / 1_000)} s:`;
const whole = (value: number) => Math.round(value).toLocaleString("en");
const commit = () => {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const changed =
    git("status", "--porcelain", "--untracked-files=no", "--", ":!oracle/bench/scale.md") !== "";
  return `${git("rev-parse", "--short", "HEAD")}${changed ? ", with changes" : ""}`;
};

/** What a reading costs, US cents. */
const costs = (gasOfOne: number) =>
  Object.values(PRICES)
    .map((gwei) => (gasOfOne * gwei * 1e-9 * ETHER_USD * 100).toPrecision(2))
    .join(" / ");

function figuresOf(size: number, load: string, burst: Burst): Figures {
  const modelled = size > MOST_REAL;
  const { seconds, rootSeconds, settled, gas, transactions, cores, memory, problem } = burst;
  const one = settled > 0 ? Number(gas) / settled : 0;
  const used = Object.values(cores).map((value) => value.toFixed(2));
  return {
    meters: whole(size),
    way: modelled ? "one root, modelled" : way,
    "root, s": rootSeconds?.toFixed(1) ?? "",
    "all settled, s": problem || modelled ? "" : seconds.toFixed(1),
    "mints/s": modelled ? "" : whole(settled / seconds),
    "published, mints/s": PUBLISHED[size] ?? "",
    "gas a reading": whole(one),
    "US cents a reading": costs(one),
    "transactions / full blocks": `${whole(transactions)} / ${whole(Math.ceil(Number(gas) / BLOCK_GAS))}`,
    "cores: oracles, broker, chain, meters": modelled ? "" : used.join(", "),
    "MB: oracle, broker": `${memory.oracle}, ${memory.broker}`,
    "every Wh": problem ? `**no**: ${problem} (${whole(settled)} settled)` : "accounted for",
    load,
    commit: commit(),
  };
}

const resultFile = new URL("scale.md", import.meta.url);
const HEAD = `# Bursts, as measured last

Written by \`pnpm bench:scale --meters … --way … --write\`, size by size. All meters close one window at once: so many seconds from publishing the first of their readings to the block that settles the last, on 2 cores that meters, broker, three oracles (two must sign) and chain share; \`load\` is what the machine had to run besides, before and after. Meters beyond 10,000 have no connection of their own but speak over a hundred. Costs are at ${Object.keys(PRICES).join(" / ")} and ${ETHER_USD} US dollars an ether; a full block has 60 million gas. Published are the mints a second of the only comparable system with figures. One account owns all meters here, so that its balance is warm within a batch: with owners of their own a reading costs what [GAS.md](../../contracts/GAS.md) says, some 1,300 to 4,500 gas more.

A million are modelled in part: tree, root, commitment and the settlement of 1,000 of them by proof are real, the readings of all exist as reports that no meter has signed, and the gas of all is that of the 1,000; the memory is this program's own. Three oracles put at most 27,400 meters into one root (\`LARGEST_ROOT\` batches of a hundred, as many as one message names).

`;

/** Takes the place of the row of this size and way, or follows the others. */
function note(row: Figures): void {
  const text = readFileSync(resultFile, { encoding: "utf8", flag: "a+" });
  const lines = text.split("\n").filter((line) => line.startsWith("| "));
  const names = Object.keys(row);
  const kept = lines
    .slice(2)
    .map((line) =>
      line
        .slice(2, -2)
        .split("|")
        .map((cell) => cell.trim()),
    )
    .filter((cells) => cells.length === names.length)
    .map((cells): Figures => Object.fromEntries(names.map((name, index) => [name, cells[index]!])));
  const others = kept.filter((one) => one.meters !== row.meters || one.way !== row.way);
  const size = (one: Figures) => Number(one.meters!.replaceAll(",", ""));
  const rows = [...others, row].sort((a, b) => size(a) - size(b) || (a.way! < b.way! ? -1 : 1));
  writeFileSync(resultFile, `${HEAD}${table(rows)}\n`);
}

for (const size of sizes.toSorted((a, b) => a - b)) {
  const before = loadavg()[0]!;
  const told = (text: string) => console.info(`${elapsed()} ${text}`);
  const burst = size > MOST_REAL ? await runMillion(size, told) : await runBurst(size, way, told);
  const load = `${before.toFixed(0)}, ${loadavg()[0]!.toFixed(0)}`;
  const row = figuresOf(size, load, burst);
  console.info(`${elapsed()}\n${table([row])}`);
  if (values.write) note(row);
  if (burst.problem) process.exitCode = 1;
}
