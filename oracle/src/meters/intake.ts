/**
 * A message's way in: checked, judged, and stored with everything that follows from it (the windows that it closes).
 * All of it happens inside the caller's database transaction; once that is committed the broker may be told.
 */
import { isSerial } from "@enerlink/contracts";
import type { ObservedRegisters } from "../adapters/observation.ts";
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Message } from "../mqtt/client.ts";
import { countsUnsigned, type Settlements } from "../settlement/settlements.ts";
import type { Database } from "../store/database.ts";
import type { Holds } from "./holds.ts";
import { MessageError, type MessageFault } from "./message.ts";
import type { Power } from "./power.ts";
import { parseReading, type Reading, type ReadingDomain, verifyReadingAside } from "./reading.ts";
import type { NewReading, Readings, StoredReading } from "./readings.ts";
import { judge, judgeRegisters, mostWh, unrolled, type Verdict } from "./rules.ts";
import { isHold, type RejectReason } from "./validation.ts";

/** Refused messages that are kept; older ones go. */
const KEPT_REJECTS = 10_000n;
const KEPT_PAYLOAD_BYTES = 2_048;

/** A reading as it was sent, and whether its meter's key signed it; or why it is none. */
export type Opened =
  | { parsed: Reading; authentic: boolean }
  | { fault: MessageFault | "retained"; detail: string };

export type Intake = ReturnType<typeof makeIntake>;

export function makeIntake({
  database,
  domain,
  mirror,
  readings,
  holds,
  settlements,
  power,
  interval,
  metrics,
  log,
  now = Date.now,
}: {
  database: Database;
  domain: ReadingDomain;
  mirror: Pick<Mirror, "meter">;
  readings: Readings;
  holds: Holds;
  settlements: Pick<Settlements, "close">;
  power: Pick<Power, "disagrees">;
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
  ): void {
    const kept = Buffer.from(payload.subarray(0, KEPT_PAYLOAD_BYTES));
    const { lastInsertRowid } = insertReject.run(now(), topic, serial, reason, detail, kept);
    forgetRejects.run(BigInt(lastInsertRowid) - KEPT_REJECTS);
    metrics.rejects.inc({ reason });
    const key = `${serial} ${reason}`;
    if (told.has(key)) return;
    if (told.size < 100_000) told.add(key);
    log.warn(`refused a message of ${serial}: ${reason} (${detail})`);
  }

  /** Does what the verdict says. `counts`: whether the meter settles by such readings, so that they may hold it. */
  function carryOut(
    { topic, payload }: Message,
    meter: Meter | undefined,
    reading: NewReading,
    last: StoredReading | undefined,
    verdict: Verdict,
    counts: boolean,
  ): { closed: boolean } | undefined {
    const { serial } = reading;
    if (verdict.outcome === "reject") {
      const { reason, detail } = verdict;
      if (meter && counts && isHold(reason))
        holds.place(serial, { epoch: meter.epoch, reason, detail, since: now() });
      reject(topic, serial, payload, reason, detail);
      return undefined;
    }
    if (verdict.outcome !== "accept") {
      metrics.readings.inc({ outcome: verdict.outcome });
      // Kept, but its window is over: what it counted is in the next one.
      if (verdict.outcome === "late") {
        readings.insert(reading, now());
        metrics.flags.inc({ flag: "late" });
      }
      return undefined;
    }
    for (const flag of verdict.flags) metrics.flags.inc({ flag });
    const stored = readings.insert(reading, now());
    const closed = settlements.close(meter!, last, stored);
    readings.remember(stored);
    if (counts) holds.release(serial);
    metrics.readings.inc({ outcome: counts && meter!.settles ? "accepted" : "monitored" });
    return { closed };
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

  /**
   * Takes in an opened message of a `reading` topic.
   * @returns whether it closed a window, when the reading was accepted.
   */
  function reading(message: Message, topicSerial: string, opened: Opened): { closed: boolean } | undefined {
    const { topic, payload } = message;
    const who = isSerial(topicSerial) ? topicSerial : "(no serial)";
    if ("fault" in opened) return void reject(topic, who, payload, opened.fault, opened.detail);
    const { parsed, authentic } = opened;
    const { serial, epoch, sequence } = parsed;
    // Until the signature is checked, the serial is only what the payload says.
    if (serial !== topicSerial) {
      const detail = `serial: ${serial} spoke on the topic of ${topicSerial}`;
      return void reject(topic, who, payload, "wrong-serial", detail);
    }
    const meter = mirror.meter(serial);
    const last = readings.last(serial, epoch, true);
    const verdict = judge({
      reading: parsed,
      authentic,
      meter,
      last,
      same: () => readings.find(serial, epoch, sequence),
      neighbours: () => readings.neighbours(serial, epoch, sequence),
      hold: holds.of(serial, epoch),
      now: Math.floor(now() / 1_000),
      interval,
    });
    if (verdict.outcome === "accept" && last && power.disagrees(serial, last, parsed))
      verdict.flags.push("power");
    return carryOut(message, meter, parsed, last, verdict, true);
  }

  /**
   * Takes in registers that nobody signed, of a meter in the registry. They belong to its present epoch, and their time
   * counts them: that of the device, or of their receipt. A register that the device did not send has not changed; one
   * with a `modulus` (Wh) begins anew there.
   */
  function unsigned(
    message: Message,
    serial: string,
    observed: ObservedRegisters,
    modulus?: bigint,
  ): { closed: boolean } | undefined {
    const { topic, payload, retained } = message;
    if (retained) return void reject(topic, serial, payload, "retained", "the broker kept it from earlier");
    const meter = mirror.meter(serial)!;
    const last = readings.last(serial, meter.epoch, false);
    const seconds = Math.floor(now() / 1_000);
    const timestamp = observed.timestamp ?? seconds;
    const elapsed = last ? timestamp - last.timestamp : 0;
    const register = (field: "exportWh" | "importWh", watts: number) => {
      const seen = observed[field];
      if (seen === undefined) return last && { wattHours: last[field], rolled: false };
      return unrolled(seen, last?.[field], modulus, mostWh(watts, elapsed));
    };
    const [out, into] = [register("exportWh", meter.exportWatts), register("importWh", meter.importWatts)];
    if (!out || !into) {
      const detail = `${out ? "import" : "export"}: is missing, and was never sent before`;
      return void reject(topic, serial, payload, "malformed", detail);
    }
    const counts = countsUnsigned(meter);
    const taken: NewReading = {
      serial,
      epoch: meter.epoch,
      sequence: BigInt(timestamp),
      timestamp,
      exportWh: out.wattHours,
      importWh: into.wattHours,
      storedWh: 0n,
      signature: undefined,
    };
    const hold = counts ? holds.of(serial, meter.epoch) : undefined;
    const verdict = judgeRegisters({ reading: taken, meter, last, hold, now: seconds, interval });
    if (verdict.outcome === "accept" && (out.rolled || into.rolled)) verdict.flags.push("rollover");
    return carryOut(message, meter, taken, last, verdict, counts);
  }

  return { open, reading, unsigned, reject };
}
