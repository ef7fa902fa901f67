/**
 * `pnpm chaos`: faults without end on a committee of three real oracles, and a verdict. The same seed repeats the choice
 * of faults.
 *
 *   pnpm chaos [--seed 1] [--seconds 210] [--controls 3]
 *   pnpm chaos --meters 1000 --hours 24
 *   pnpm chaos --full [--kills 10000]
 *
 * `--meters` and `--hours` are a soak: so many meters for so many hours of theirs, one node spared, whose memory must not
 * grow. `--full` kills oracles 10,000 times; broken off, it goes on where it was. Exits 1 when anything did not hold, or a
 * control was not found out.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { controls } from "./controls.ts";
import { faults, killEach } from "./faults.ts";
import { growthOf } from "./memory.ts";
import { runChaos, type Verdict } from "./run.ts";

/** Hours in which a control must be found out; most are in the first, whose kill may come a moment too late. */
const CONTROL_HOURS = 12;
/** Hours of one system while kills are counted: what is done with it counts once its stores agree with its chain. */
const HOURS_BETWEEN_COUNTS = 40;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seconds: { type: "string", default: "210" },
    controls: { type: "string", default: String(Object.keys(controls).length) },
    meters: { type: "string" },
    hours: { type: "string", default: "24" },
    full: { type: "boolean", default: false },
    kills: { type: "string", default: "10000" },
  },
});
function whole(name: "seed" | "seconds" | "controls" | "meters" | "hours" | "kills", text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name}: must be a whole number, not ${text}`);
  process.exit(1);
}

/** What an earlier `--full` has done. */
const progressFile = new URL("../.local/chaos-full.json", import.meta.url);
type Progress = { seed: number; next: number; kills: number; hours: number };
function readProgress(): Progress | undefined {
  try {
    return JSON.parse(readFileSync(progressFile, "utf8"));
  } catch {
    return undefined;
  }
}

const earlier = values.full && values.seed === undefined ? readProgress() : undefined;
const seed =
  earlier?.seed ?? whole("seed", values.seed ?? String(Math.floor(Date.now() / 1_000) % 1_000_000));
const seconds = whole("seconds", values.seconds);
const kills = whole("kills", values.kills);
const soak = values.meters !== undefined;
const began = Date.now();
const elapsed = () => Math.round((Date.now() - began) / 1_000);
/** When the first fault was played. */
let playing = Number.POSITIVE_INFINITY;
let failed = false;

/** Kills until there are enough, each system's added to those of the ones before. */
function killOften() {
  const before = earlier ?? { seed, next: seed, kills: 0, hours: 0 };
  if (earlier) console.info(`going on with seed ${seed} after ${earlier.kills} kills`);
  return runChaos({
    seed: before.next,
    only: [killEach],
    hours: HOURS_BETWEEN_COUNTS,
    done: (verdict) => before.kills + verdict.kills >= kills,
    passed: (verdict, next) => {
      const done = { seed, next, kills: before.kills + verdict.kills, hours: before.hours + verdict.hours };
      mkdirSync(new URL("./", progressFile), { recursive: true });
      writeFileSync(progressFile, JSON.stringify(done));
      const left = Math.round((elapsed() / verdict.kills) * Math.max(0, kills - done.kills));
      console.info(
        `${elapsed()} s: ${done.kills} kills in ${done.hours} hours, all settled to the Wh; ${left} s to go`,
      );
    },
  });
}

try {
  const verdict = await (values.full
    ? killOften()
    : runChaos({
        seed,
        ...(soak
          ? { homes: Math.max(3, whole("meters", values.meters!) - 2), watch: true, patience: 120 }
          : {}),
        done: ({ hours }) =>
          soak ? hours >= whole("hours", values.hours) : Date.now() - playing >= seconds * 1_000,
        told: ({ hours, kills, heap }, { id, name }) => {
          playing = Math.min(playing, Date.now());
          if (hours % (soak ? 1 : 20) !== 0) return;
          const held = heap.length > 0 ? `, ${heap.at(-1)!.toFixed(1)} MB held` : "";
          console.info(`${elapsed()} s: ${hours} hours, ${kills} kills${held}; now ${id}, ${name}`);
        },
      }));
  print(verdict);
  if (values.full) rmSync(progressFile, { force: true });
} catch (error) {
  failed = true;
  console.error(`\nFAIL: ${(error as Error).message}`);
}

if (!values.full && !soak) {
  for (const [name, { faults: only }] of Object.entries(controls).slice(
    0,
    whole("controls", values.controls),
  )) {
    // One that does not even begin is not found out.
    let played = false;
    try {
      await runChaos({
        seed,
        only,
        control: name,
        patience: 12,
        done: ({ hours }) => hours >= CONTROL_HOURS,
        told: () => {
          played = true;
        },
      });
      failed = true;
      console.error(`FAIL: an oracle that ${name} was not found out`);
    } catch (error) {
      const [reason] = (error as Error).message.split("\n");
      failed ||= !played;
      console.info(`${played ? "found out" : "FAIL, did not begin"}: an oracle that ${name} (${reason})`);
    }
  }
}

console.info(`\n${failed ? "FAIL" : "PASS"} with seed ${seed} after ${elapsed()} s`);
process.exit(failed ? 1 : 0);

function print({ hours, shared, kills, played, megabytes, heap }: Verdict): void {
  console.info(
    `\n${hours} hours settled to the Wh, ${shared} of them with energy shared by neighbours, ${kills} kills, at most ${megabytes} MB a node`,
  );
  const growth = growthOf(heap);
  if (growth) {
    const [first, last, slope] = [growth.first, growth.last, growth.megabytesAnHour].map((one) =>
      one.toFixed(2),
    );
    console.info(
      `  held by the watched node: ${first} MB once warm, ${last} MB at the end, ${slope} MB more an hour`,
    );
  }
  for (const { id, name } of faults)
    if (played.has(id)) console.info(`  ${id.padEnd(4)} ${String(played.get(id)).padStart(5)} × ${name}`);
}
