/** What a reading must satisfy, in order; pure functions of the reading, its meter, and what was accepted before. */
import type { KeyObject } from "node:crypto";
import type { Reading, Registers } from "@enerlink/protocol/wire/reading";
import type { About, Setting } from "./about.ts";
import { fitsBothWays, mostWh, stepOf } from "./connection.ts";
import {
  follow,
  type Level,
  type Levels,
  notLongBefore,
  type RegisterName,
  stoodSince,
  type Track,
} from "./levels.ts";
import type { Hold } from "./validation.ts";
import {
  CLOCK_SECONDS,
  EARLIEST,
  type Flag,
  JUMP_SECONDS,
  type RejectReason,
  SLOW_SECONDS,
  UNIT_EVIDENCE_WH,
  UNIT_FACTOR,
} from "./validation.ts";
import { windowEnd } from "./windows.ts";

/** What of a meter the rules need. */
export type RuledMeter = {
  key: KeyObject | undefined;
  epoch: number;
  /** Block time, unix seconds. */
  epochDeclaredAt: number;
  /** Rated power of the connection in each direction, W. */
  exportWatts: number;
  importWatts: number;
};

/** `levels`: what is to be remembered of the registers until a reading explains itself. */
export type Verdict =
  | { outcome: "accept"; flags: Flag[]; isBaseline: boolean; levels?: Levels }
  | { outcome: "duplicate" | "stale" | "late" }
  | { outcome: "reject"; reason: RejectReason; detail: string; about?: About; levels?: Levels };

type Refusal = Extract<Verdict, { outcome: "reject" }>;

type JudgedRegisters = {
  reading: Registers;
  meter: RuledMeter;
  /** The last reading of the same meter and epoch that counted, signed if this one is; or what the chain has settled. */
  last: Registers | undefined;
  /** Where the registers were seen since. */
  levels: Levels | undefined;
  /** Why the meter does not count for now. */
  hold: Pick<Hold, "reason"> | undefined;
  /** Unix seconds. */
  now: number;
  /** Seconds of a settlement window. */
  interval: number;
  signed: boolean;
  /** Whether the chain may know registers of this epoch. */
  isReported: () => boolean;
  /** Whether the device has ever sent a register; those of a reading that is signed have all been. */
  heard?: Record<RegisterName, boolean>;
  /** Whether the device has sent a register with this reading: one that it leaves out has not changed. */
  sent?: Record<RegisterName, boolean>;
  /** When what is sent of a register that is put together was heard last before, unix seconds, where that is known. */
  heardBefore?: Record<RegisterName, number | undefined>;
  /** Since when at the earliest what was not sent may have grown, unix seconds, where that is known. */
  unsentSince?: number | undefined;
  /** The step that the registers count in, Wh, if the binding says. */
  resolution?: bigint | undefined;
  /** Of how many counters each register is the sum: all of them may take a step at once. */
  counters?: Record<RegisterName, number> | undefined;
  /** Whether the registers' unit agrees with the power that the device shows; undefined when that is not known. */
  units?: "agree" | "contradict" | undefined;
  /** Whether the device's clock has stayed behind by as much for long. */
  slow?: boolean;
  /** Of which registers a counter shows a 0 that has counted before. */
  blank?: Record<RegisterName, boolean> | undefined;
  /** By how much a register that has begun anew stands higher than it is shown since then, Wh. */
  rolled?: Record<RegisterName, bigint>;
};

export type Judged = Omit<JudgedRegisters, "meter" | "reading" | "signed"> & {
  reading: Reading;
  /** Whether the registered key signed it. */
  authentic: boolean;
  meter: RuledMeter | undefined;
  /** The accepted reading with the same epoch and sequence, if there is one. */
  same: () => Registers | undefined;
  /** The accepted readings around its sequence. */
  neighbours: () => { before: Registers | undefined; after: Registers | undefined };
};

const names = ["exportWh", "importWh"] as const satisfies RegisterName[];
const wattsOf = (meter: RuledMeter, name: RegisterName) =>
  name === "exportWh" ? meter.exportWatts : meter.importWatts;
const isZero = ({ exportWh, importWh }: Record<RegisterName, bigint>) => exportWh === 0n && importWh === 0n;

const reject = (reason: RejectReason, detail: string, ...settings: Setting[]): Refusal => ({
  outcome: "reject",
  reason,
  detail,
  ...(settings.length > 0 ? { about: { settings } } : {}),
});

/** Judges a signed reading. */
export function judge({ reading, authentic, meter, same, neighbours, ...judged }: Judged): Verdict {
  const { last, hold } = judged;
  if (!meter) return reject("unknown-meter", `serial: ${reading.serial} is not in the registry`);
  if (!meter.key) return reject("wrong-signature", "signature: the registry holds no key for this meter");
  if (!authentic)
    return reject("wrong-signature", "signature: not made by the registered key over these values");
  if (reading.epoch !== meter.epoch) {
    return reject("wrong-epoch", `epoch: ${reading.epoch}, the registry says ${meter.epoch}`);
  }
  if (hold?.reason !== "equivocation" && last && reading.sequence <= last.sequence) {
    const earlier = same();
    if (!earlier) return { outcome: isHistory(reading, meter, neighbours()) ? "late" : "stale" };
    if (sameRegisters(earlier, reading)) return { outcome: "duplicate" };
    return reject("equivocation", `sequence: ${reading.sequence} was signed before with other values`);
  }
  return judgeRegisters({ ...judged, reading, meter, signed: true });
}

/** Judges registers that are known to be the meter's, of the registry's epoch. */
export function judgeRegisters(judged: JudgedRegisters): Verdict {
  const { reading, last, hold, now } = judged;
  if (hold?.reason === "equivocation") {
    return reject("frozen", `epoch: ${reading.epoch} is frozen since the meter contradicted itself`);
  }
  const { timestamp } = reading;
  if (timestamp > now + CLOCK_SECONDS) {
    const detail = `timestamp: ${timestamp} is more than ${CLOCK_SECONDS} s after ${now}`;
    if (judged.signed) return reject("future", detail);
    return reject("future", `${detail}${zoneHint(timestamp - now)}`, "offset", "clock");
  }
  // Its time is none: where the registers are is known as of now.
  const wrongClock = unsetClock(judged) ?? slowClock(judged);
  if (wrongClock) return { ...wrongClock, levels: levelsOf(judged, now) };
  if (last && timestamp <= last.timestamp) return { outcome: "stale" };
  const levels = levelsOf(judged, timestamp);
  const verdict = hold?.reason === "tamper" ? reject("tamper", "the device reports tampering") : undefined;
  const refused = verdict ?? (last ? judgeGrowth(judged, last, levels) : judgeFirst(judged, levels));
  if (refused?.outcome === "reject") return { ...refused, levels };
  if (refused) return refused;
  return accepted(judged, levels, false);
}

/** Clocks of other zones are off by whole quarters of an hour. */
function zoneHint(seconds: number): string {
  const quarters = Math.round(seconds / 900);
  const isZone = quarters > 0 && quarters <= 26 * 4 && Math.abs(seconds - quarters * 900) <= CLOCK_SECONDS;
  return isZone ? `, by ${quarters / 4} h: is the binding's offset the zone of the device's clock?` : "";
}

/** A clock that is hours behind would have energy counted, and shared with neighbours, in hours that are over. */
function slowClock({ reading: { timestamp }, hold, now, slow }: JudgedRegisters) {
  const behind = now - timestamp;
  if (!slow && !(hold?.reason === "slow-clock" && behind >= SLOW_SECONDS)) return undefined;
  const detail = `timestamp: ${timestamp} is ${behind} s before its receipt, as in the messages before it${zoneHint(behind)}`;
  return reject("slow-clock", detail, "offset", "clock");
}

/** A clock that was never set shows 1970, or the day on which its program was made. */
function unsetClock({ reading: { timestamp }, meter, signed, now }: JudgedRegisters) {
  const earliest = signed ? EARLIEST : Math.max(EARLIEST, meter.epochDeclaredAt);
  if (timestamp >= earliest || now < earliest) return undefined;
  const time = (seconds: number) => new Date(seconds * 1_000).toISOString();
  const since = earliest === EARLIEST ? "any device's clock" : "the meter's register epoch";
  const detail = `timestamp: ${time(timestamp)} is before ${since} (${time(earliest)})`;
  const zone = signed ? "" : zoneHint(now - timestamp);
  // The epoch has just begun, and the clock is right in another zone.
  if (zone) return reject("unset-clock", `${detail} and before its receipt${zone}`, "offset", "clock");
  return reject("unset-clock", `${detail}: the clock is not set`, ...(signed ? [] : (["clock"] as const)));
}

/** Where the registers are by this reading, if it was taken at `timestamp`. */
function levelsOf(judged: JudgedRegisters, timestamp: number): Levels {
  const { reading, meter, last, levels, heard, sent, heardBefore, unsentSince, rolled, blank } = judged;
  function level(name: RegisterName): Level {
    const now = { wattHours: reading[name], timestamp, heard: heard?.[name] ?? true };
    const accepted = last && { wattHours: last[name], timestamp: last.timestamp, excessWh: 0n, heard: true };
    const before = raised(levels?.[name], last?.[name], rolled?.[name]) ?? accepted;
    if (!before) return { ...now, excessWh: 0n };
    // A device that has just started shows zero before it knows better; where zero is what counted, it has come back.
    if (reading[name] === 0n && before.wattHours > 0n && last?.[name] !== 0n) return before;
    if (blank?.[name]) return before;
    if (sent?.[name] === false) return before;
    const counted = before.wattHours === last?.[name] && before.timestamp <= last.timestamp;
    const seenAt = Math.min(before.timestamp, heardBefore?.[name] ?? before.timestamp);
    const since = notLongBefore(last, seenAt, unsentSince);
    return follow({ ...before, timestamp: since }, now, wattsOf(meter, name), counted);
  }
  return { exportWh: level("exportWh"), importWh: level("importWh") };
}

/**
 * Where a register was seen below what counted, now that it is known to have begun anew (by `rolledWh`): as high as it
 * stood then, so that what it had jumped by before is not forgotten with the fall.
 */
function raised(level: Level | undefined, lastWh: bigint | undefined, rolledWh = 0n): Level | undefined {
  if (!level || lastWh === undefined || rolledWh === 0n) return level;
  const up = <Seen extends Track>(seen: Seen): Seen =>
    seen.wattHours < lastWh
      ? { ...seen, wattHours: seen.wattHours + rolledWh, excessWh: seen.excessWh + rolledWh }
      : seen;
  return { ...up(level), track: level.track && up(level.track) };
}

/** What a register may take at once, Wh, by the steps that it counts in: as the binding says, or as its values show. */
function slackOf(
  { reading, meter, levels, resolution, counters }: JudgedRegisters,
  name: RegisterName,
  before: bigint,
): bigint {
  // No time makes a step possible for the converter where the connection is not rated that way.
  if (wattsOf(meter, name) === 0) return 0n;
  const step = resolution ?? stepOf(before, levels?.[name].wattHours ?? before, reading[name]);
  return step * BigInt(counters?.[name] ?? 1);
}

/** Why the first reading of an epoch is no baseline yet, if so. */
function judgeFirst(judged: JudgedRegisters, next: Levels) {
  const { reading, levels, signed, meter } = judged;
  if (isZero(reading) && !signed && !(levels && names.every((name) => levels[name].wattHours === 0n)))
    return reject(
      "zero-baseline",
      "exportWh, importWh: both 0 in the first message, as a device shows that has just started; waiting for a second one",
    );
  // Seen before, though it did not count: what follows is no baseline until it goes on from there.
  for (const name of names) {
    const before = levels?.[name];
    if (!before || before.wattHours === 0n) continue;
    const delta = reading[name] - before.wattHours;
    if (delta < 0n) return reject("decreasing", `${name}: ${reading[name]} is below ${before.wattHours}`);
    const seconds = next[name].timestamp - before.timestamp;
    const watts = wattsOf(meter, name);
    if (delta > mostWh(watts, seconds) + slackOf(judged, name, before.wattHours))
      return impossible(name, delta, seconds, watts, !signed);
  }
  return undefined;
}

/** What speaks against registers that follow those accepted last, if anything does. */
function judgeGrowth(judged: JudgedRegisters, last: Registers, levels: Levels): Verdict | undefined {
  const { reading, meter, hold, units } = judged;
  if (isZero(last) && !isZero(reading) && !beginsSlowly(judged, last)) {
    // It stood at 0 since it did not know better. Where the chain has been told so, it would count as energy.
    if (!judged.isReported()) return accepted(judged, levels, true);
    return reject("impossible", "exportWh, importWh: they leave the 0 that was settled in one jump");
  }
  const bounds = {
    slack: (name: RegisterName) => slackOf(judged, name, last[name]),
    since: (name: RegisterName) => sinceOf(judged, last, name),
    bound: !judged.signed,
  };
  const refused = misfit(reading, last, meter, bounds);
  if (refused && !judged.signed && !judged.isReported()) {
    // One of them stood at 0 since the device did not know better yet, and shows only now what it is.
    const { exportWh, importWh } = reading;
    const known = { ...last, exportWh: last.exportWh || exportWh, importWh: last.importWh || importWh };
    if (!misfit(reading, known, meter, bounds)) return accepted(judged, levels, true);
  }
  if ((refused || hold?.reason === "unit-jump") && isOtherUnit(reading, last, meter)) {
    return reject(
      "unit-jump",
      `exportWh, importWh: ${reading.exportWh}, ${reading.importWh} look like another unit`,
      "unit",
    );
  }
  // Another unit is named as that, though it is more than any connection carries.
  if (refused?.reason === "impossible" && units === "contradict") return wrongUnit();
  if (refused) return refused;
  for (const name of names) {
    const { excessWh } = levels[name];
    if (excessWh > allowedExcess(judged, last, name))
      return reject(
        "impossible",
        `${name}: it jumped by ${excessWh} Wh more than a connection of ${wattsOf(meter, name)} W carries, which no time explains`,
      );
  }
  if (units === "contradict" || (hold?.reason === "wrong-unit" && units !== "agree")) return wrongUnit();
  return undefined;
}

const wrongUnit = () =>
  reject(
    "wrong-unit",
    "exportWh, importWh: they do not grow by what the power gives that the device shows; is it the other of Wh and kWh, the power of W and kW, or do they count watt-minutes or joules?",
    "unit",
    "powerUnit",
    "power",
  );

/** Since when a register may have grown, unix seconds. */
const sinceOf = (
  { levels, heardBefore, unsentSince }: JudgedRegisters,
  last: Registers,
  name: RegisterName,
): number => stoodSince(name, last, levels, heardBefore?.[name], unsentSince);

/** Whether registers that stood at 0 have grown by no more than one soon after its start may have. */
function beginsSlowly(judged: JudgedRegisters, last: Registers): boolean {
  const { reading, meter, signed } = judged;
  const elapsed = reading.timestamp - last.timestamp;
  const seconds = signed ? elapsed : Math.min(elapsed, JUMP_SECONDS);
  return names.every(
    (name) => reading[name] <= mostWh(wattsOf(meter, name), seconds) + slackOf(judged, name, 0n),
  );
}

/** By how much a register may seem to have grown too fast: a step of its own, and after a hold what clocks may be wrong by. */
function allowedExcess(judged: JudgedRegisters, last: Registers, name: RegisterName): bigint {
  const { meter, levels } = judged;
  const slack = slackOf(judged, name, last[name]);
  const wasHeld = levels !== undefined && levels[name].timestamp > last.timestamp && levels[name].heard;
  return wasHeld ? slack + mostWh(wattsOf(meter, name), JUMP_SECONDS) : slack;
}

function accepted(judged: JudgedRegisters, levels: Levels, isBaseline: boolean): Verdict {
  const { reading, meter, last, now, interval, sent } = judged;
  const flags: Flag[] = reading.timestamp < now - CLOCK_SECONDS ? ["clock"] : [];
  if (last && !isBaseline) {
    if (windowEnd(reading.timestamp, interval) - windowEnd(last.timestamp, interval) > interval)
      flags.push("gap");
    const timestamp = Math.min(...names.map((name) => sinceOf(judged, last, name)));
    if (!fitsBothWays(reading, { ...last, timestamp }, meter)) flags.push("both-ways");
  }
  // A step of its own is explained by the time that follows; anything else begins anew here.
  const settle = (name: RegisterName): Level => {
    const { heard, excessWh, timestamp } = levels[name];
    const within = last && !isBaseline && excessWh <= slackOf(judged, name, last[name]);
    const left = within && excessWh > 0n ? excessWh : 0n;
    const sentAt = sent?.[name] === false ? timestamp : reading.timestamp;
    return { wattHours: reading[name], timestamp: sentAt, excessWh: left, heard };
  };
  const kept = { exportWh: settle("exportWh"), importWh: settle("importWh") };
  const isOpen = ({ excessWh, heard, timestamp }: Level) =>
    excessWh > 0n || !heard || timestamp < reading.timestamp;
  const open = names.some((name) => isOpen(kept[name]));
  return { outcome: "accept", flags, isBaseline, ...(open ? { levels: kept } : {}) };
}

/** Whether a reading that comes after later ones lies between its neighbours, as it would have in time. */
function isHistory(
  reading: Registers,
  meter: RuledMeter,
  { before, after }: { before: Registers | undefined; after: Registers | undefined },
): boolean {
  const follows = (later: Registers, earlier: Registers) =>
    later.timestamp > earlier.timestamp && !misfit(later, earlier, meter);
  return (!before || follows(reading, before)) && (!after || follows(after, reading));
}

/**
 * A register that counts up to `modulus` Wh and begins anew, as one that never does. What falls further than a rollover
 * can explain is left as it is, for the other rules to refuse; so is exactly 0, as a device shows that has just started.
 * Of a sum of `counters` each begins anew by itself, and `blank` says that one of them shows such a 0. `rolled`: by how
 * much it stands higher than it would if it had not begun anew now, Wh.
 */
export function unrolled(
  observed: bigint,
  last: bigint | undefined,
  modulus: bigint | undefined,
  mostWh: bigint,
  { counters = 1, blank = false } = {},
): { wattHours: bigint; rolled: bigint } {
  if (modulus === undefined || last === undefined || observed >= modulus * BigInt(counters))
    return { wattHours: observed, rolled: 0n };
  // The fewest times that its counters have begun anew, all of them together.
  const missing = last - observed;
  const rounds = missing > 0n ? (missing + modulus - 1n) / modulus : 0n;
  const wattHours = observed + rounds * modulus;
  const isKnown = rounds <= last / modulus;
  if (rounds === 0n || (isKnown && !blank)) return { wattHours, rolled: 0n };
  if (observed > 0n && !blank && wattHours - last <= mostWh) return { wattHours, rolled: modulus };
  return { wattHours: observed === 0n ? 0n : wattHours - modulus, rolled: 0n };
}

/** That a register has grown too fast. `bound`: a binding reads it, so that the binding may be what is wrong. */
function impossible(
  name: RegisterName,
  delta: bigint,
  seconds: number,
  watts: number,
  bound: boolean,
): Refusal {
  const detail = `${name}: ${delta} Wh more in ${seconds} s, at a connection of ${watts} W`;
  if (!bound) return reject("impossible", detail);
  if (watts === 0)
    return reject(
      "impossible",
      `${detail}: is the clamp turned round, or are import and export swapped in the binding?`,
      "fields",
      "registers",
    );
  const mayBeWh = delta <= UNIT_FACTOR * mostWh(watts, seconds);
  return reject("impossible", detail, ...(mayBeWh ? (["unit"] as const) : []));
}

/** Why the registers cannot follow those accepted last, if so. */
function misfit(
  reading: Registers,
  last: Registers,
  meter: RuledMeter,
  {
    slack = (name: RegisterName) => stepOf(last[name], reading[name]),
    since = (_name: RegisterName) => last.timestamp,
    bound = false,
  } = {},
): Refusal | undefined {
  for (const name of names) {
    const seconds = reading.timestamp - since(name);
    const delta = reading[name] - last[name];
    const watts = wattsOf(meter, name);
    if (delta < 0n)
      return reject("decreasing", `${name}: ${reading[name]} is below ${last[name]}; only a new epoch may`);
    if (delta > mostWh(watts, seconds) + slack(name)) return impossible(name, delta, seconds, watts, bound);
  }
  return undefined;
}

/** Whether the registers would follow those accepted last if they were a thousand times smaller or larger. */
function isOtherUnit(reading: Registers, last: Registers, meter: RuledMeter): boolean {
  if (last.exportWh + last.importWh < UNIT_EVIDENCE_WH) return false;
  const follows = (scale: (register: bigint, before: bigint) => bigint) =>
    !misfit(
      {
        ...reading,
        exportWh: scale(reading.exportWh, last.exportWh),
        importWh: scale(reading.importWh, last.importWh),
      },
      last,
      meter,
    );
  return (
    follows((register) => register / UNIT_FACTOR) ||
    // Whole kWh: the Wh that they leave out may be those that were counted already.
    follows((register, before) => {
      const lowest = register * UNIT_FACTOR;
      return lowest < before && lowest + UNIT_FACTOR > before ? before : lowest;
    })
  );
}

/** Whether two readings say the same. */
export function sameRegisters(a: Registers, b: Registers): boolean {
  return (
    a.timestamp === b.timestamp &&
    a.exportWh === b.exportWh &&
    a.importWh === b.importWh &&
    a.storedWh === b.storedWh
  );
}
