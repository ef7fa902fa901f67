/**
 * A message's way in: checked, judged, and stored with everything that follows from it (the windows that it closes).
 * All of it happens inside the caller's database transaction; once that is committed the broker may be told.
 */

import { isSerial } from "@enerlink/protocol";
import type { Log } from "@enerlink/service/log";
import type { ObservedRegisters } from "../adapters/observation.ts";
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { Readings, StoredReading } from "../ledger/readings.ts";
import { countsUnsigned, type Settlements } from "../ledger/settlements.ts";
import type { Holds } from "../meters/holds.ts";
import type { LevelStore } from "../meters/level-store.ts";
import type { Power } from "../meters/power.ts";
import type { Metrics } from "../metrics.ts";
import type { Message } from "../mqtt/client.ts";
import { mostWh, stepOf } from "../rules/connection.ts";
import { judge, judgeRegisters, unrolled, type Verdict } from "../rules/judge.ts";
import type { RegisterName } from "../rules/levels.ts";
import { type Flag, isHold, type RejectReason } from "../rules/validation.ts";
import type { Database } from "../store/database.ts";
import { MessageError, type MessageFault } from "../wire/message.ts";
import type { NewReading } from "../wire/reading.ts";
import {
  parseReading,
  type Reading,
  type ReadingDomain,
  type Registers,
  traceOf,
  verifyReadingAside,
} from "../wire/reading.ts";

/** Refused messages that are kept; older ones go. */
const KEPT_REJECTS = 10_000n;
const KEPT_PAYLOAD_BYTES = 2_048;

/** A reading as it was sent, and whether its meter's key signed it; or why it is none. */
export type Opened =
  | { parsed: Reading; authentic: boolean }
  | { fault: MessageFault | "retained"; detail: string };

/**
 * What became of a message, or of one thing that it says. `closed`: a window was closed, and can be reported once all of
 * it is on disk. `monitored`: kept and shown, but it does not settle the meter.
 */
export type Taken =
  | { outcome: "accepted" | "monitored"; reading: StoredReading; flags: readonly Flag[]; closed: boolean }
  | { outcome: "duplicate" | "stale" | "late" | "empty" | "liveness" }
  | Refused;

export type Refused = { outcome: "refused"; reason: RejectReason; detail: string; closed: boolean };

/** How a device's registers are to be read: what its binding says of them. */
export type RegisterTraits = { rollover?: bigint | undefined; resolution?: bigint | undefined };

export type Intake = ReturnType<typeof makeIntake>;

export function makeIntake({
  database,
  domain,
  mirror,
  readings,
  holds,
  levels,
  settlements,
  power,
  interval,
  metrics,
  log,
  now = Date.now,
}: {
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
}) {
  const insertReject = database.prepare(
    "INSERT INTO rejects (received_at, topic, serial, reason, detail, payload) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const forgetRejects = database.prepare("DELETE FROM rejects WHERE id <= ?");
  const told = new Set<string>();

  /** Stores and counts a refused message; says it once for each serial and reason. */
  function reject(
    topic: string,
    serial: string,
    payload: Uint8Array,
    reason: RejectReason,
    detail: string,
  ): Refused {
    const kept = Buffer.from(payload.subarray(0, KEPT_PAYLOAD_BYTES));
    const { lastInsertRowid } = insertReject.run(now(), topic, serial, reason, detail, kept);
    forgetRejects.run(BigInt(lastInsertRowid) - KEPT_REJECTS);
    metrics.rejects.inc({ reason });
    const key = `${serial} ${reason}`;
    if (!told.has(key)) {
      if (told.size < 100_000) told.add(key);
      log.warn({ serial, topic }, `refused a message: ${reason} (${detail})`);
    }
    return { outcome: "refused", reason, detail, closed: false };
  }

  /**
   * What the meter's registers are compared with: its last reading that counted, or what the chain has settled where this
   * node has none of the epoch, having come later or lost its store.
   */
  function base(serial: string, epoch: number, signed: boolean, timestamp: number) {
    const last = readings.last(serial, epoch, signed);
    const meter = mirror.meter(serial);
    // Of a meter that signs, another device's registers are only shown.
    const settled = meter && (signed || countsUnsigned(meter)) ? settledIn(serial, epoch) : undefined;
    const isLater = settled !== undefined && settled.timestamp < timestamp;
    const compared: Registers | undefined = last ?? (isLater ? { ...settled, sequence: 0n } : undefined);
    return { last, compared };
  }

  /** What the chain has settled in `epoch`, if anything. */
  function settledIn(serial: string, epoch: number) {
    const settled = mirror.settled(serial);
    return settled?.epoch === epoch && settled.timestamp > 0 ? settled : undefined;
  }

  const isReported = (serial: string, epoch: number) => () =>
    settledIn(serial, epoch) !== undefined || settlements.isReported(serial, epoch);

  /** Refuses registers, and remembers where they were. What the window before had counted is reported all the same. */
  function refuse(
    { topic, payload }: Message,
    meter: Meter | undefined,
    reading: NewReading,
    last: StoredReading | undefined,
    { reason, detail, levels: seen }: Extract<Verdict, { outcome: "reject" }>,
    counts: boolean,
  ): Taken {
    const { serial } = reading;
    const taken = reject(topic, serial, payload, reason, detail);
    if (meter && seen) levels.keep(serial, reading.signature !== undefined, meter.epoch, seen);
    if (!meter || !counts || !isHold(reason)) return taken;
    holds.place(serial, { epoch: meter.epoch, reason, detail, since: now() });
    return last && seen ? { ...taken, closed: settlements.closeOver(meter, last, reading.timestamp) } : taken;
  }

  /** Does what the verdict says. `counts`: whether the meter settles by such readings, so that they may hold it. */
  function carryOut(
    message: Message,
    meter: Meter | undefined,
    reading: NewReading,
    last: StoredReading | undefined,
    verdict: Verdict,
    counts: boolean,
  ): Taken {
    const { serial } = reading;
    if (verdict.outcome === "reject") return refuse(message, meter, reading, last, verdict, counts);
    if (verdict.outcome !== "accept") {
      metrics.readings.inc({ outcome: verdict.outcome });
      // Kept, but its window is over: what it counted is in the next one.
      if (verdict.outcome === "late") {
        readings.insert(reading, now());
        metrics.flags.inc({ flag: "late" });
      }
      return { outcome: verdict.outcome };
    }
    for (const flag of verdict.flags) metrics.flags.inc({ flag });
    const stored = readings.insert(reading, now());
    const signed = reading.signature !== undefined;
    const closed = settlements.close(meter!, verdict.isBaseline ? undefined : last, stored);
    readings.remember(stored);
    if (verdict.levels) levels.keep(serial, signed, stored.epoch, verdict.levels);
    else levels.forget(serial, signed);
    if (counts) holds.release(serial);
    const outcome = counts && meter!.settles ? "accepted" : "monitored";
    log.debug({ reading: traceOf(stored), closed }, outcome);
    metrics.readings.inc({ outcome });
    return { outcome, reading: stored, flags: verdict.flags, closed };
  }

  /** Reads a message of a `reading` topic and checks its signature; what is wrong with it is said by `reading`. */
  async function open({ payload, retained }: Message): Promise<Opened> {
    if (retained) return { fault: "retained", detail: "the broker kept it from earlier" };
    try {
      const parsed = parseReading(payload);
      const key = mirror.meter(parsed.serial)?.key;
      return { parsed, authentic: key !== undefined && (await verifyReadingAside(domain, parsed, key)) };
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      return { fault: error.fault, detail: error.message };
    }
  }

  /** Takes in an opened message of a `reading` topic. */
  function reading(message: Message, topicSerial: string, opened: Opened): Taken {
    const { topic, payload } = message;
    const who = isSerial(topicSerial) ? topicSerial : "(no serial)";
    if ("fault" in opened) return reject(topic, who, payload, opened.fault, opened.detail);
    const { parsed, authentic } = opened;
    const { serial, epoch, sequence } = parsed;
    // Until the signature is checked, the serial is only what the payload says.
    if (serial !== topicSerial) {
      const detail = `serial: ${serial} spoke on the topic of ${topicSerial}`;
      return reject(topic, who, payload, "wrong-serial", detail);
    }
    const meter = mirror.meter(serial);
    const { last, compared } = base(serial, epoch, true, parsed.timestamp);
    const verdict = judge({
      reading: parsed,
      authentic,
      meter,
      last: compared,
      levels: levels.of(serial, true, epoch),
      same: () => readings.find(serial, epoch, sequence),
      neighbours: () => readings.neighbours(serial, epoch, sequence),
      hold: holds.of(serial, epoch),
      now: Math.floor(now() / 1_000),
      interval,
      isReported: isReported(serial, epoch),
      units: authentic && !(last && sequence <= last.sequence) ? power.units(serial, parsed) : undefined,
    });
    if (verdict.outcome === "accept" && last && power.disagrees(serial, last, parsed))
      verdict.flags.push("power");
    return carryOut(message, meter, parsed, last, verdict, true);
  }

  /**
   * Registers that a device showed, as ones that never begin anew. What it did not send has not changed; what it says it
   * has not counted yet is 0.
   */
  function seen(
    observed: ObservedRegisters,
    name: RegisterName,
    compared: Registers | undefined,
    { rollover, resolution }: RegisterTraits,
    most: bigint,
  ): { wattHours: bigint; rolled: boolean } | undefined {
    const wattHours = observed[name];
    const before = compared?.[name];
    if (wattHours === undefined || wattHours === null) {
      const same = before ?? (wattHours === null ? 0n : undefined);
      return same === undefined ? undefined : { wattHours: same, rolled: false };
    }
    const step = resolution ?? (before === undefined ? 0n : stepOf(before, wattHours));
    return unrolled(wattHours, before, rollover, most + step);
  }

  /**
   * Takes in registers that nobody signed, of a meter in the registry. They belong to its present epoch, and their time
   * counts them: that of the device, or of their receipt.
   */
  function unsigned(
    message: Message,
    serial: string,
    observed: ObservedRegisters,
    traits: RegisterTraits = {},
  ): Taken {
    const { topic, payload, retained } = message;
    if (retained) return reject(topic, serial, payload, "retained", "the broker kept it from earlier");
    const meter = mirror.meter(serial)!;
    const { epoch } = meter;
    const seconds = Math.floor(now() / 1_000);
    const timestamp = observed.timestamp ?? seconds;
    const { last, compared } = base(serial, epoch, false, timestamp);
    const before = levels.of(serial, false, epoch);
    const elapsed = compared ? timestamp - compared.timestamp : 0;
    const register = (name: RegisterName, watts: number) =>
      seen(observed, name, compared, traits, mostWh(watts, elapsed));
    const [out, into] = [register("exportWh", meter.exportWatts), register("importWh", meter.importWatts)];
    if (!out || !into) {
      const detail = `${out ? "import" : "export"}: is missing, and was never sent before`;
      return reject(topic, serial, payload, "malformed", detail);
    }
    const heard = (name: RegisterName) =>
      typeof observed[name] === "bigint" || (before ? before[name].heard : compared !== undefined);
    const counts = countsUnsigned(meter);
    const taken: NewReading = {
      serial,
      epoch,
      sequence: BigInt(timestamp),
      timestamp,
      exportWh: out.wattHours,
      importWh: into.wattHours,
      storedWh: 0n,
      signature: undefined,
    };
    if (observed.watts !== undefined) power.show(serial, timestamp, observed.watts);
    const verdict = judgeRegisters({
      reading: taken,
      meter,
      last: compared,
      levels: before,
      hold: counts ? holds.of(serial, epoch) : undefined,
      now: seconds,
      interval,
      signed: false,
      isReported: isReported(serial, epoch),
      heard: { exportWh: heard("exportWh"), importWh: heard("importWh") },
      resolution: traits.resolution,
      units: counts ? power.units(serial, taken, traits.resolution) : undefined,
    });
    if (verdict.outcome === "accept" && (out.rolled || into.rolled)) verdict.flags.push("rollover");
    return carryOut(message, meter, taken, last, verdict, counts);
  }

  return { open, reading, unsigned, reject };
}
