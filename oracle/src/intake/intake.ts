/**
 * A message's way in: checked, judged, and stored with everything that follows from it (the windows that it closes).
 * Signatures are checked first (`open`); the rest happens inside the caller's database transaction, and once that is
 * committed the broker may be told.
 */

import { isSerial } from "@enerlink/protocol";
import { MessageError, type MessageFault } from "@enerlink/protocol/wire/message";
import {
  type NewReading,
  parseReading,
  type Reading,
  type ReadingDomain,
} from "@enerlink/protocol/wire/reading";
import type { Log } from "@enerlink/service/log";
import { aboutOf } from "../adapters/bindings.ts";
import type { ObservedRegisters } from "../adapters/observation.ts";
import type { Mirror } from "../chain/mirror.ts";
import type { Readings } from "../ledger/readings.ts";
import { countsUnsigned, type Settlements } from "../ledger/settlements.ts";
import { makeClocks } from "../meters/clocks.ts";
import type { Holds } from "../meters/holds.ts";
import type { LevelStore } from "../meters/level-store.ts";
import type { Power } from "../meters/power.ts";
import type { Metrics } from "../metrics.ts";
import type { Message } from "../mqtt/client.ts";
import { judge, judgeRegisters } from "../rules/judge.ts";
import { JUMP_SECONDS } from "../rules/validation.ts";
import { signatures } from "../seams/signatures.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import { makeBefore } from "./before.ts";
import { makeCarryOut, type Taken } from "./carry-out.ts";
import { firstSeen, type RegisterTraits, registersOf, seenSometime } from "./observed.ts";
import { makeReject } from "./rejects.ts";
import { originOf, type Source } from "./source.ts";

/** A reading as it was sent, and whether its meter's key signed it; or why it is none. */
export type Opened =
  | { parsed: Reading; authentic: boolean }
  | { fault: MessageFault | "retained"; detail: string };

type Needs = {
  database: Database;
  domain: ReadingDomain;
  mirror: Pick<Mirror, "meter" | "settled">;
  readings: Readings;
  holds: Holds;
  levels: LevelStore;
  settlements: Pick<Settlements, "close" | "closeOver" | "isReported">;
  power: Pick<Power, "disagrees" | "show" | "units">;
  /** Seconds of a settlement window. */
  interval: number;
  metrics: Metrics;
  log: Log;
  /** Milliseconds. */
  now?: () => number;
};

export type Intake = ReturnType<typeof makeIntake>;

/** Reads a message of a `reading` topic and checks its signature; what is wrong with it is said when it is taken in. */
const makeOpen =
  ({ domain, mirror }: Needs) =>
  async ({ payload, retained }: Message, topicSerial: string): Promise<Opened> => {
    if (retained) return { fault: "retained", detail: "the broker kept it from earlier" };
    try {
      const parsed = parseReading(payload);
      // What speaks on another meter's topic is refused whoever signed it.
      const key = parsed.serial === topicSerial ? mirror.meter(topicSerial)?.key : undefined;
      return {
        parsed,
        authentic: key !== undefined && (await signatures.verifyReading(domain, parsed, key)),
      };
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      return { fault: error.fault, detail: error.message };
    }
  };

type Steps = {
  now: () => number;
  before: ReturnType<typeof makeBefore>;
  reject: ReturnType<typeof makeReject>;
  carryOut: ReturnType<typeof makeCarryOut>;
};

/** Takes in a reading that its meter signed, as it says, whoever brings it. `authentic`: the meter's key has signed it. */
function makeTake(
  { mirror, readings, holds, levels, power, interval }: Needs,
  { now, before, carryOut }: Steps,
) {
  return function take(reading: Reading, authentic: boolean, source: Source): Taken {
    const { serial, epoch, sequence } = reading;
    const meter = mirror.meter(serial);
    const { last, compared } = before.base(serial, epoch, true, reading.timestamp);
    const verdict = judge({
      reading,
      authentic,
      meter,
      last: compared,
      levels: levels.of(serial, true, epoch),
      same: () => readings.find(serial, epoch, sequence),
      neighbours: () => readings.neighbours(serial, epoch, sequence),
      hold: holds.of(serial, epoch),
      now: Math.floor(now() / 1_000),
      interval,
      isReported: () => before.isReported(serial, epoch),
      units: authentic && !(last && sequence <= last.sequence) ? power.units(serial, reading) : undefined,
    });
    if (verdict.outcome === "accept" && last && power.disagrees(serial, last, reading))
      verdict.flags.push("power");
    return carryOut({ origin: originOf(source, reading), meter, reading, last, verdict, counts: true });
  };
}

/** Takes in an opened message of a `reading` topic, which is a reading of the topic's meter or refused. */
const makeReading =
  ({ reject }: Pick<Steps, "reject">, take: ReturnType<typeof makeTake>) =>
  ({ topic, payload }: Message, topicSerial: string, opened: Opened): Taken => {
    const origin = { topic, payload };
    const who = isSerial(topicSerial) ? topicSerial : "(no serial)";
    if ("fault" in opened) return reject(origin, who, opened.fault, opened.detail);
    const { parsed, authentic } = opened;
    // Until the signature is checked, the serial is only what the payload says.
    if (parsed.serial !== topicSerial) {
      const detail = `serial: ${parsed.serial} spoke on the topic of ${topicSerial}`;
      return reject(origin, who, "wrong-serial", detail);
    }
    return take(parsed, authentic, { kind: "broker", ...origin });
  };

/** What is said of a register that a message leaves out, and that cannot be known yet. */
function missingOf({ missing, since }: { missing: string; since?: number | undefined }, now: number) {
  const about = { field: missing, settings: since === undefined ? (["fields"] as const) : [] };
  const why =
    since === undefined
      ? "was never sent before"
      : `was first sent ${now - since} s ago: what has not changed counts from ${JUMP_SECONDS} s on`;
  return [`${missing}: is missing, and ${why}`, about] as const;
}

/**
 * Takes in registers that nobody signed, of a meter in the registry. They belong to its present epoch, and their time
 * counts them: that of the device, or of their receipt.
 */
function makeUnsigned(
  { mirror, holds, levels, power, interval, metrics }: Needs,
  { now, before, reject, carryOut }: Steps,
) {
  const clocks = makeClocks();
  return function unsigned(
    message: Message,
    serial: string,
    observed: ObservedRegisters,
    traits: RegisterTraits = {},
  ): Taken {
    if (message.retained) return reject(message, serial, "retained", "the broker kept it from earlier");
    const meter = mirror.meter(serial)!;
    const { epoch } = meter;
    const seconds = Math.floor(now() / 1_000);
    const timestamp = observed.timestamp ?? seconds;
    const { last, compared } = before.base(serial, epoch, false, timestamp);
    const seen = levels.of(serial, false, epoch);
    const registers = registersOf(meter, observed, timestamp, compared, seen, traits);
    if (registers.missing !== undefined && observed.gathers) {
      metrics.readings.inc({ outcome: "empty" });
      return { outcome: "empty" };
    }
    if (registers.missing !== undefined) {
      // By the time of receipt: what the device says of its clock was not judged.
      levels.keep(serial, false, epoch, firstSeen(meter, observed, seconds, seen));
      return reject(message, serial, "malformed", ...missingOf(registers, seconds));
    }
    if (message.waited && observed.timestamp === undefined) {
      levels.keep(serial, false, epoch, seenSometime(registers, seconds, compared, seen));
      return reject(
        message,
        serial,
        "retained",
        "the broker kept it while this node was away, and it has no time",
      );
    }
    const { exportWh, importWh, heard, sent, heardBefore, rolled } = registers;
    const sequence = BigInt(timestamp);
    const meant = { serial, epoch, sequence, timestamp, exportWh, importWh, storedWh: 0n };
    const reading: NewReading = { ...meant, signature: undefined };
    const counts = countsUnsigned(meter);
    // A charging station signs that its clock was synchronized: its records are late, not wrong.
    const tellsTime = observed.timestamp !== undefined && !traits.signs;
    if (observed.watts !== undefined) power.show(serial, timestamp, observed.watts);
    const verdict = judgeRegisters({
      reading,
      meter,
      last: compared,
      levels: seen,
      hold: counts ? holds.of(serial, epoch) : undefined,
      now: seconds,
      interval,
      signed: false,
      isReported: () => before.isReported(serial, epoch),
      heard,
      sent,
      heardBefore,
      unsentSince: observed.unsentSince,
      resolution: traits.resolution,
      counters: observed.counters,
      units: counts ? power.units(serial, reading, traits.resolution) : undefined,
      slow: counts && tellsTime && clocks.isSlow(serial, timestamp, seconds, exportWh + importWh),
      rolled,
      blank: observed.blank,
    });
    if (verdict.outcome === "accept" && (rolled.exportWh > 0n || rolled.importWh > 0n))
      verdict.flags.push("rollover");
    if (verdict.outcome === "reject" && verdict.about && traits.format)
      verdict.about = aboutOf(traits.format, verdict.about);
    return carryOut({ origin: message, meter, reading, last, verdict, counts });
  };
}

export function makeIntake(needs: Needs) {
  const { now = time.now } = needs;
  const reject = makeReject({ ...needs, now });
  const steps = { now, reject, before: makeBefore(needs), carryOut: makeCarryOut({ ...needs, reject, now }) };
  const take = makeTake(needs, steps);
  return {
    open: makeOpen(needs),
    take,
    reading: makeReading(steps, take),
    unsigned: makeUnsigned(needs, steps),
    reject,
  };
}
