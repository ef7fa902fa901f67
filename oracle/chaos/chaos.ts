/**
 * `pnpm chaos`: faults without end on a committee of three real oracles, and a verdict. The same seed repeats the choice
 * of faults.
 *
 *   pnpm chaos [--seed 1] [--seconds 210] [--controls 3] [--full]
 *
 * `--full` kills oracles 10,000 times instead. Exits 1 when anything did not hold, or a control was not found out.
 */
import { parseArgs } from "node:util";
import { buildControl, controls } from "./controls.ts";
import { faults } from "./faults.ts";
import { runChaos, type Verdict } from "./run.ts";

const KILLS = 10_000;
/** Hours in which a control must be found out. */
const CONTROL_HOURS = 3;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Date.now() / 1_000) % 1_000_000) },
    seconds: { type: "string", default: "210" },
    controls: { type: "string", default: String(controls.length) },
    full: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const seconds = Number(values.seconds);
if (!Number.isSafeInteger(seed) || !(seconds > 0)) {
  console.error("--seed must be a whole number, --seconds a positive one");
  process.exit(1);
}

const began = Date.now();
const elapsed = () => Math.round((Date.now() - began) / 1_000);
/** When the first fault was played. */
let playing = Number.POSITIVE_INFINITY;
let failed = false;

try {
  const kill = faults.filter(({ id }) => id === "F1");
  const verdict = await runChaos({
    seed,
    only: values.full ? kill : faults,
    done: ({ kills }) => (values.full ? kills >= KILLS : Date.now() - playing >= seconds * 1_000),
    told: ({ hours, kills }, { id, name }) => {
      playing = Math.min(playing, Date.now());
      if (hours % 20 === 0)
        console.info(`${elapsed()} s: ${hours} hours, ${kills} kills; now ${id}, ${name}`);
    },
  });
  print(verdict);
} catch (error) {
  failed = true;
  console.error(`\nFAIL: ${(error as Error).message}`);
}

if (!values.full) {
  for (const control of controls.slice(0, Number(values.controls))) {
    const { program, remove } = await buildControl(control);
    try {
      await runChaos({
        seed,
        only: control.faults,
        program,
        patience: 12,
        done: ({ hours }) => hours >= CONTROL_HOURS,
      });
      failed = true;
      console.error(`FAIL: an oracle that ${control.name} was not found out`);
    } catch (error) {
      console.info(`found out: an oracle that ${control.name} (${(error as Error).message.split("\n")[0]})`);
    } finally {
      await remove();
    }
  }
}

console.info(`\n${failed ? "FAIL" : "PASS"} with seed ${seed} after ${elapsed()} s`);
process.exit(failed ? 1 : 0);

function print({ hours, kills, played, megabytes }: Verdict): void {
  console.info(`\n${hours} hours settled to the Wh, ${kills} kills, at most ${megabytes} MB a node`);
  for (const { id, name } of faults)
    if (played.has(id)) console.info(`  ${id.padEnd(4)} ${String(played.get(id)).padStart(5)} × ${name}`);
}
