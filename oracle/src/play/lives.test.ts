/**
 * Random lives of devices: a register jumps once, or never, and shows something else for a moment
 * now and then. What a jump has added never counts unless time alone explained it at once; nothing else goes astray by
 * more than a step and what a clock may be wrong by; and a meter that never jumped is never stuck. One kind of device
 * sends the sum of its counters every time, the other each of two registers by itself when that has changed.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCase } from "./case.ts";
import { play } from "./play.ts";

const RUNS = Math.max(20, Number(process.env.FUZZ_RUNS ?? 0) / 100);
/** The deep run has other ones; `docs/oracle.md` says of a life that is known to go astray. */
const SEED = { seed: Number(process.env.FUZZ_SEED ?? 1) };
const START = 1_795_694_400;
const WATTS = 11_000;
const MESSAGES = 45;

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    const once = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((once ^ (once >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Fault = "zero" | "part" | "spike" | undefined;
/**
 * What is true at a message: the counters' sum, whether they have jumped, and whether it tells where they are: not when
 * it shows something else, nor 0, which a counter shows that has just begun anew as well as one that has just started.
 */
type Truth = { sum: number; jumped: boolean; tells: boolean; gap: number };

/** More than any time of a life explains, Wh. */
const FAR = 1_000_000;
/** Something that a register does not hold which shows `value`, and begins anew at `end` if it does: nor could by now. */
function wildBeside(value: number, random: () => number, end = Number.POSITIVE_INFINITY): number {
  for (;;) {
    const one = Math.floor(random() * 9e7);
    const off = Math.abs(one - value);
    if (off > FAR && Math.abs(end - off) > FAR) return one;
  }
}

/** @param drawn from 0 to 1 */
function faultOf(drawn: number): Fault {
  if (drawn < 0.06) return "zero";
  if (drawn < 0.12) return "part";
  return drawn < 0.16 ? "spike" : undefined;
}

function lifeOf(seed: number) {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const parts = pick([1, 1, 2, 3]);
  const end = pick([undefined, 1_000_000, 100_000_000]);
  const step = pick([1, 1, 10, 100]);
  const isNearEnd = end !== undefined && random() < 0.7;
  const real = Array.from({ length: parts }, () =>
    isNearEnd ? end - Math.floor(random() * 6_000) : Math.floor(random() * (end ?? 5e7)),
  );
  const jump = random() < 0.4 ? Math.round((3_000 + random() * 60_000) * (random() < 0.7 ? 1 : -1)) : 0;
  const jumpAt = 3 + Math.floor(random() * 25);
  const jumping = Math.floor(random() * parts);
  const truth: Truth[] = [];
  const messages: object[] = [];
  let at = START;
  for (let place = 0; place < MESSAGES; place++) {
    const gap = place === 0 ? 0 : pick([60, 300, 300, 300, 900, 3_600, random() < 0.1 ? 30_000 : 300]);
    const load = random() * random() * 0.8 * WATTS;
    at += gap;
    for (let part = 0; part < parts; part++) real[part]! += (load * gap) / 3_600 / parts;
    if (place === jumpAt) real[jumping] = Math.max(0, real[jumping]! + jump);
    const shown = real.map((one) => Math.floor((end ? one % end : one) / step) * step);
    const drawn = random();
    const fault = place > 2 && place !== jumpAt ? faultOf(drawn) : undefined;
    if (fault === "zero") shown.fill(0);
    if (fault === "part") shown[Math.floor(random() * parts)] = 0;
    if (fault === "spike") shown[0] = wildBeside(shown[0]!, random, end);
    messages.push({ at, topic: "j", json: { parts: shown } });
    truth.push({
      sum: real.reduce((sum, one) => sum + one, 0),
      jumped: jump !== 0 && place >= jumpAt,
      tells: fault === undefined && !shown.includes(0),
      gap,
    });
  }
  const fields = { import: real.map((_, place) => ["parts", place]), export: null };
  const rollover = end === undefined ? {} : { rollover: String(end) };
  const binding = { serial: "field-01", format: "json", topic: "j", unit: "Wh", fields, ...rollover };
  return {
    case_: parseCase(JSON.stringify({ bindings: [binding], messages })),
    truth,
    jump,
    jumpAt,
    parts,
    step,
  };
}

/** Whether the time between the messages around the jump that told where the counters are is enough for it. */
function isExplained({ truth, jump, jumpAt }: ReturnType<typeof lifeOf>): boolean {
  const before = truth.findLastIndex(({ tells }, place) => tells && place < jumpAt);
  const after = truth.findIndex(({ tells }, place) => tells && place >= jumpAt);
  const between = truth.slice(before + 1, after < 0 ? undefined : after + 1);
  const seconds = between.reduce((sum, { gap }) => sum + gap, 0);
  return Math.abs(jump) < (WATTS * seconds * 1.1) / 3_600 + 2_000;
}

test("a jump never counts, whatever is shown in between, and an honest meter is never stuck", async () => {
  let counted = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const life = lifeOf(seed);
      const { truth, jump, parts, step } = life;
      const played = await play(life.case_);
      const astray = parts * step + 2_005;
      const first = truth[0]!.sum - Number(played[0]!.importWh ?? truth[0]!.sum);
      const mayCount = isExplained(life);
      played.forEach(({ outcome, importWh }, place) => {
        if (outcome !== "accepted") return;
        counted++;
        const { sum, jumped } = truth[place]!;
        const off = Number(importWh) - (sum - first) + (jumped ? jump : 0);
        if (!jumped && Math.abs(off) > astray) throw new Error(`message ${place + 1}: ${off} Wh astray`);
        if (jumped && !mayCount && jump > 0 && off > jump / 2)
          throw new Error(`message ${place + 1}: the jump of ${jump} Wh counts`);
      });
      if (jump === 0) expect(played.slice(-8).map(({ outcome }) => outcome)).toContain("accepted");
    }),
    { numRuns: RUNS, ...SEED },
  );
  expect(counted).toBeGreaterThan(RUNS);
}, 600_000);

type Name = "in" | "out";
const registers = [
  ["in", "importWh"],
  ["out", "exportWh"],
] as const;
/** More than all of a life's time explains. */
const JUMP = 3_000_000;

/** A life of a device that sends what has changed, and after something wild the true value at once or when it changes. */
function lifeByException(seed: number) {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const [step, threshold, again] = [pick([1, 1, 10, 100]), pick([0, 0, 50, 200]), random() < 0.5];
  /** Whether it never sends both at once, not even when it begins, but what has waited for longer: neither waits for ever. */
  const alone = random() < 0.3;
  const sentAt: Record<Name, number> = { in: 0, out: 0 };
  const real: Record<Name, number> = { in: Math.floor(random() * 5e7), out: Math.floor(random() * 5e7) };
  const shown: Partial<Record<Name, number>> = {};
  const jump = random() < 0.3 ? JUMP : 0;
  const jumpAt = 3 + Math.floor(random() * 25);
  const jumping = pick<Name>(["in", "out"]);
  const truth: (Record<Name, number> & { jumped: boolean; tells: boolean })[] = [];
  /** Registers of which something wild was sent last. */
  const wild = new Set<Name>();
  /** Registers that were sent: no first value is wild, which would be where it begins. */
  const begun = new Set<Name>();
  const messages: object[] = [];
  let at = START;
  for (let place = 0; messages.length < MESSAGES; place++) {
    const gap = place === 0 ? 0 : pick([60, 300, 300, 300, 900, 3_600, random() < 0.1 ? 30_000 : 300]);
    at += gap;
    const main = Math.floor((at - START) / 7_200) % 2 === 0 ? "out" : "in";
    const load = (random() * random() * 0.8 * WATTS * gap) / 3_600;
    real[main] += load;
    if (random() < 0.3) real[main === "in" ? "out" : "in"] += load * 0.1;
    if (place === jumpAt) real[jumping] += jump;
    const json: Partial<Record<Name, number>> = {};
    const either = random() < 0.5 ? registers : registers.toReversed();
    for (const [name] of alone ? either.toSorted(([a], [b]) => sentAt[a] - sentAt[b]) : either) {
      if (alone && Object.keys(json).length > 0) continue;
      const value = Math.floor(real[name] / step) * step;
      const before = shown[name];
      if (before !== undefined && value - before <= threshold) continue;
      const drawn = place > 2 && place !== jumpAt && begun.has(name) ? random() : 1;
      begun.add(name);
      sentAt[name] = at;
      json[name] = drawn < 0.05 ? 0 : drawn < 0.1 ? wildBeside(value, random) : value;
      if (drawn < 0.1) wild.add(name);
      else wild.delete(name);
      if (drawn < 0.1 && again) delete shown[name];
      else shown[name] = value;
    }
    if (Object.keys(json).length === 0) continue;
    messages.push({ at, topic: "j", json });
    truth.push({ ...real, jumped: jump > 0 && place >= jumpAt, tells: wild.size === 0 });
  }
  const fields = { import: "in", export: "out" };
  const binding = { serial: "field-01", format: "json", topic: "j", byException: true, unit: "Wh", fields };
  return {
    case_: parseCase(JSON.stringify({ bindings: [binding], messages })),
    truth,
    jump,
    jumping,
    astray: threshold + step + 2_005,
  };
}

test("so it is for a device whose registers come one by one, each when it has changed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const { case_, truth, jump, jumping, astray } = lifeByException(seed);
      const played = await play(case_);
      const begins = truth[played.findIndex(({ outcome }) => outcome === "accepted")];
      played.forEach(({ outcome, ...wattHours }, place) => {
        if (outcome !== "accepted") return;
        for (const [name, key] of registers) {
          // One before the baseline is a part of it.
          const jumped = truth[place]!.jumped && !begins!.jumped && name === jumping ? jump : 0;
          // What was not sent yet is missing, until it is sent.
          const off = Number(wattHours[key]) - truth[place]![name] + jumped;
          if (off > astray) throw new Error(`message ${place + 1}: ${key} ${off} Wh astray`);
        }
      });
      // What is wild in one register holds the meter until that is sent again.
      const telling = played.slice(-20).filter((_, place) => truth.slice(-20)[place]!.tells);
      if (jump === 0 && telling.length >= 12)
        expect(telling.map(({ outcome }) => outcome)).toContain("accepted");
    }),
    { numRuns: RUNS, ...SEED },
  );
}, 600_000);
