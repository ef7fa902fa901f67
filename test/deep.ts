/**
 * `pnpm test:deep`: what takes too long for every change. Thousands of random sequences on the book and the board, of
 * slots of the pool, and on the contracts beside their model in simulated lives; mistakes put into contracts and oracle that
 * must be noticed; thirty minutes of arbitrary messages for every adapter, a hundred thousand simulated lives of the
 * committee (some four hours on two cores), the service tests and the dApp's journeys that have a short form otherwise, every
 * fault that may come to three oracles (`pnpm chaos`), a soak of a thousand meters for a day of theirs, and all 28 recorded days with the oracle killed again and again,
 * checked to the Wh. Writes what it saw to `test/deep.md` and exits non-zero when anything failed.
 *
 *   pnpm test:deep [--sequences 5000] [--lives 600] [--messages 100000] [--seeds 100000] [--workers 2] [--minutes 30] [--only text]
 *
 * With --only just the steps whose name contains the text; the others keep their last result. Simulated lives go on from where
 * they ended, as long as what lives is the same: a run that was broken off counts.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { ask, startSystem, type Told } from "./system/system.ts";

const { values } = parseArgs({
  options: {
    sequences: { type: "string", default: "5000" },
    lives: { type: "string", default: "600" },
    messages: { type: "string", default: "100000" },
    seeds: { type: "string", default: "100000" },
    workers: { type: "string", default: String(availableParallelism()) },
    minutes: { type: "string", default: "30" },
    only: { type: "string", default: "" },
  },
});
const KILL_EVERY_MS = 20_000;
const CHAOS_SEED = "7";
const resultFile = new URL("deep.md", import.meta.url);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const lastRows = (await readFile(resultFile, "utf8").catch(() => "")).split("\n");
const rows: string[] = [];
let failed = false;

function run(command: string, args: string[], environment: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...environment } });
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/** Runs `step` and notes how it ended, how long it took, and at which commit. */
async function note(what: string, step: () => Promise<string>): Promise<void> {
  if (!what.includes(values.only)) {
    rows.push(lastRows.find((row) => row.startsWith(`| ${what} |`)) ?? `| ${what} | not run | | |`);
    return;
  }
  const began = Date.now();
  let result: string;
  try {
    result = await step();
  } catch (error) {
    failed = true;
    result = `FAILED: ${(error as Error).message.split("\n")[0]}`;
  }
  const seconds = Math.round((Date.now() - began) / 1_000);
  rows.push(`| ${what} | ${result} | ${seconds} s | ${commit} |`);
  console.info(`\n▸ ${what}: ${result}\n`);
}

async function expectSuccess(code: Promise<number>): Promise<void> {
  if ((await code) !== 0) throw new Error("see the output above");
}

/** The node remembers every call of a test: more sequences than this in one run would not fit in memory. */
const SEQUENCES_A_RUN = 150;
const LIVES_A_RUN = 12;
/** As the test has them. */
const SLOTS_A_LIFE = 12;
/** Of 256 members, so many lives of so many slots. */
const FULL_LIVES = 10;
const FULL_SLOTS = 10;
const POOL_SUITE = "test/contracts/pool/SlotPoolFuzz.t.sol";

for (const suite of ["OrderBookFuzz", "OfferBoardFuzz"]) {
  await note(suite, async () => {
    const total = Number(values.sequences);
    for (let first = 1; first <= total; first += SEQUENCES_A_RUN) {
      await expectSuccess(
        run("hardhat", ["test", "solidity", `test/contracts/market/${suite}.t.sol`, "--grep", "test_The"], {
          ENERLINK_FUZZ_FIRST: String(first),
          ENERLINK_FUZZ_RUNS: String(Math.min(SEQUENCES_A_RUN, total - first + 1)),
        }),
      );
    }
    return `${total} sequences passed`;
  });
}

await note("SlotPoolFuzz", async () => {
  const lives = Number(values.lives);
  for (let first = 0; first < lives; first += LIVES_A_RUN) {
    await expectSuccess(
      run("hardhat", ["test", "solidity", POOL_SUITE, "--grep", "ThousandsOfSlots"], {
        ENERLINK_POOL_FIRST: String(first),
        ENERLINK_POOL_LIVES: String(Math.min(LIVES_A_RUN, lives - first)),
      }),
    );
  }
  for (let life = 0; life < FULL_LIVES; life++) {
    await expectSuccess(
      run("hardhat", ["test", "solidity", POOL_SUITE, "--grep", "256Members"], {
        ENERLINK_POOL_FIRST: String(life),
        ENERLINK_POOL_SLOTS: String(FULL_SLOTS),
      }),
    );
  }
  const full = FULL_LIVES * FULL_SLOTS;
  return `${lives * SLOTS_A_LIFE} slots of 3 to 12 members (lives 0 to ${lives - 1}) and ${full} of 256 (0 to ${FULL_LIVES - 1}) passed`;
});

await note("mutants of the contracts", async () => {
  await expectSuccess(run("node", ["test/mutants/run.ts"], {}));
  const result = await readFile(new URL("mutants/result.md", import.meta.url), "utf8");
  return /\d+ killed, \d+ survived/.exec(result)?.[0] ?? "no result";
});

await note("mutants of the oracle", async () => {
  await expectSuccess(run("node", ["test/mutants/run-oracle.ts"], {}));
  const result = await readFile(new URL("mutants/oracle.md", import.meta.url), "utf8");
  return /\d+ killed, \d+ survived/.exec(result)?.[0] ?? "no result";
});

/** A chain for each sequence: so many in one run. */
const MODEL_RUNS = 20;
const MODEL_STEPS = 200;

await note("the contracts and their model in simulated lives", async () => {
  const total = Math.ceil(Number(values.sequences) / 25);
  for (let first = 1; first <= total; first += MODEL_RUNS) {
    await expectSuccess(
      run("hardhat", ["test", "nodejs", "--no-compile", "test/contracts/metering/model.test.ts"], {
        ENERLINK_MODEL_FIRST: String(first),
        ENERLINK_MODEL_RUNS: String(Math.min(MODEL_RUNS, total - first + 1)),
        ENERLINK_MODEL_STEPS: String(MODEL_STEPS),
      }),
    );
  }
  return `${total} sequences of ${MODEL_STEPS} calls passed (seeds 1 to ${total})`;
});

await note("adapters", async () => {
  const args = ["run", "--project", "unit", "oracle/src/adapters", "oracle/src/play"];
  const end = Date.now() + Number(values.minutes) * 60_000;
  let seed = 0;
  do {
    seed++;
    const code = await run("vitest", args, { FUZZ_RUNS: values.messages, FUZZ_SEED: String(seed) });
    if (code !== 0) throw new Error(`FUZZ_SEED=${seed} FUZZ_RUNS=${values.messages}: see the output above`);
  } while (Date.now() < end);
  return `${values.messages} messages each, and a hundredth as many lives of devices, with the seeds 1 to ${seed} passed`;
});

await note("service tests in their whole form", async () => {
  const files = ["crash", "hundred", "slots", "chain-hardhat", "relay"].map(
    (name) => `oracle/testing/${name}`,
  );
  const others = ["indexer/test/lists", "contracts/law", "contracts/reproducible", "oracle/simulation"];
  const args = ["run", "--project", "service", "--maxWorkers", "1", ...files, ...others];
  await expectSuccess(run("vitest", args, { ENERLINK_WHOLE: "true" }));
  return "passed";
});

await note("mistakes that simulated lives find", async () => {
  await expectSuccess(run("node", ["oracle/simulation/find.ts"], {}));
  const result = await readFile(new URL("../oracle/simulation/mistakes.md", import.meta.url), "utf8");
  return /\d+ found, \d+ not/.exec(result)?.[0] ?? "no result";
});

/** What is kept after each. */
const LIVES_AT_ONCE = 250;
const LIVES = "simulated lives of the committee";

/** Names what lives in a simulation: the same in two commits that differ in other things. @throws where some of it is not committed */
function livingCode(): string {
  const paths = ["oracle/src", "oracle/simulation", "packages", ":!*.test.ts", ":!*.md"];
  const git = (...args: string[]) => execFileSync("git", [...args, "--", ...paths], { encoding: "utf8" });
  if (git("status", "--porcelain")) throw new Error("commit what is changed in oracle and packages first");
  return createHash("sha256").update(git("ls-files", "-s")).digest("hex").slice(0, 12);
}

await note(LIVES, async () => {
  const code = livingCode();
  const wanted = Number(values.seeds);
  const before = lastRows.find((row) => row.startsWith(`| ${LIVES} |`)) ?? "";
  const kept = new RegExp(`\\(seeds 1 to (\\d+), in (\\d+) s\\) of the code ${code}`).exec(before);
  const start = Date.now();
  const secondsBefore = Number(kept?.[2] ?? 0);
  let lived = Number(kept?.[1] ?? 0);
  const here = () => Math.round((Date.now() - start) / 1_000);
  const told = () =>
    `${lived} lives passed (seeds 1 to ${lived}, in ${secondsBefore + here()} s) of the code ${code}`;
  while (lived < wanted) {
    const seeds = Math.min(LIVES_AT_ONCE, wanted - lived);
    const args = ["--seed", String(lived + 1), "--seeds", String(seeds), "--workers", values.workers];
    await expectSuccess(run("node", ["oracle/simulation/simulate.ts", ...args], {}));
    lived += seeds;
    const text = await readFile(resultFile, "utf8");
    const row = `| ${LIVES} | ${told()} | ${here()} s | ${commit} |`;
    await writeFile(resultFile, text.replace(new RegExp(`^\\| ${LIVES} \\|.*$`, "m"), row));
  }
  return told();
});

await note("chaos", async () => {
  await expectSuccess(run("pnpm", ["chaos", "--seed", CHAOS_SEED], {}));
  return `seed ${CHAOS_SEED} passed, every oracle that is wrong on purpose was found out`;
});

await note("soak: 1,000 meters for 24 hours of theirs, memory flat", async () => {
  const args = ["oracle/chaos/chaos.ts", "--seed", CHAOS_SEED, "--meters", "1000", "--hours", "24"];
  await expectSuccess(run("node", args, {}));
  return `seed ${CHAOS_SEED} passed: what a node holds, its garbage collected, grew by less than a tenth`;
});

await note(
  "a plug, an inverter and a Zigbee meter bound by the documents, with a mistake in each",
  async () => {
    const args = ["run", "--project", "system", "test/system/devices.test.ts"];
    await expectSuccess(run("vitest", args, { ENERLINK_WHOLE: "true" }));
    return "passed";
  },
);

await note("journeys at every size, in both languages", async () => {
  await expectSuccess(run("vitest", ["run", "--project", "e2e"], { ENERLINK_WHOLE: "true" }));
  return "passed";
});

await note("28 days, oracle killed (SIGKILL) every 20 s of the replay, then verified", async () => {
  let pid: number | undefined;
  let kills = 0;
  const killer = setInterval(() => {
    if (pid === undefined) return;
    process.kill(pid, "SIGKILL");
    pid = undefined;
    kills++;
  }, KILL_EVERY_MS);
  const onTold = (told: Told) => {
    // A restarted oracle is another process; each is killed once.
    if (told.part === "oracle" && told.pid) pid = told.pid;
    if (told.part === "replay" && told.done === told.total) clearInterval(killer);
  };
  try {
    const system = await startSystem({ days: 28, seconds: 900, compiles: true, onTold });
    try {
      const { code, answer, output } = await ask(["verify"], system.environment);
      if (code !== 0) throw new Error(output);
      return `${kills} kills; ${answer.homes} homes and ${answer.others} other meters agree to the Wh`;
    } finally {
      await system.stop();
    }
  } finally {
    clearInterval(killer);
  }
});

const text = [
  "# Last deep run",
  "",
  "Written by `pnpm test:deep`, whole or step by step. The sequences have the seeds 1, 2, 3, …, so that they repeat.",
  "",
  "| what | result | time | commit |",
  "|---|---|---|---|",
  ...rows,
  "",
];
await writeFile(resultFile, text.join("\n"));
process.exit(failed ? 1 : 0);
