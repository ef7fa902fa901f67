/**
 * A message's way in: checked, judged, and committed with everything that follows from it (the windows that it closes)
 * in one database transaction. Only then may the broker be told that it arrived.
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
import { MessageError } from "./message.ts";
import { parseReading, type Reading, type ReadingDomain } from "./reading.ts";
import type { NewReading, Readings, StoredReading } from "./readings.ts";
import { judge, judgeRegisters, type Verdict } from "./rules.ts";
import { isHold, type RejectReason } from "./validation.ts";

/** Refused messages that are kept; older ones go. */
const KEPT_REJECTS = 10_000n;
const KEPT_PAYLOAD_BYTES = 2_048;

export type Intake = ReturnType<typeof makeIntake>;

export function makeIntake({
  database,
  domain,
  mirror,
  readings,
  holds,
  settlements,
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

  const accept = database.transaction(
    (meter: Meter, reading: NewReading, last: StoredReading | undefined) => {
      const stored = readings.insert(reading, now());
      return { stored, closed: settlements.close(meter, last, stored) };
    },
  );

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
      return undefined;
    }
    for (const flag of verdict.flags) metrics.flags.inc({ flag });
    const { stored, closed } = accept(meter!, reading, last);
    readings.remember(stored);
    if (counts) holds.release(serial);
    metrics.readings.inc({ outcome: counts && meter!.settles ? "accepted" : "monitored" });
    return { closed };
  }

  /**
   * Takes in a message of a `reading` topic. When this returns, what had to be kept is on disk.
   * @returns whether it closed a window, when the reading was accepted.
   */
  function reading(message: Message, topicSerial: string): { closed: boolean } | undefined {
    const { topic, payload, retained } = message;
    const who = isSerial(topicSerial) ? topicSerial : "(no serial)";
    if (retained) return void reject(topic, who, payload, "retained", "the broker kept it from earlier");
    let parsed: Reading;
    try {
      parsed = parseReading(payload);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      return void reject(topic, who, payload, error.fault, error.message);
    }
    const { serial, epoch, sequence } = parsed;
    // Until the signature is checked, the serial is only what the payload says.
    if (serial !== topicSerial) {
      const detail = `serial: ${serial} spoke on the topic of ${topicSerial}`;
      return void reject(topic, who, payload, "wrong-serial", detail);
    }
    const meter = mirror.meter(serial);
    const last = readings.last(serial, epoch, true);
    const verdict = judge({
      domain,
      reading: parsed,
      meter,
      last,
      same: () => readings.find(serial, epoch, sequence),
      hold: holds.of(serial, epoch),
      now: Math.floor(now() / 1_000),
      interval,
    });
    return carryOut(message, meter, parsed, last, verdict, true);
  }

  /**
   * Takes in registers that nobody signed, of a meter in the registry. They belong to its present epoch, and their time
   * counts them: that of the device, or of their receipt. A register that the device did not send has not changed.
   */
  function unsigned(
    message: Message,
    serial: string,
    observed: ObservedRegisters,
  ): { closed: boolean } | undefined {
    const { topic, payload, retained } = message;
    if (retained) return void reject(topic, serial, payload, "retained", "the broker kept it from earlier");
    const meter = mirror.meter(serial)!;
    const last = readings.last(serial, meter.epoch, false);
    const seconds = Math.floor(now() / 1_000);
    const timestamp = observed.timestamp ?? seconds;
    const exportWh = observed.exportWh ?? last?.exportWh;
    const importWh = observed.importWh ?? last?.importWh;
    if (exportWh === undefined || importWh === undefined) {
      const detail = `${exportWh === undefined ? "export" : "import"}: is missing, and was never sent before`;
      return void reject(topic, serial, payload, "malformed", detail);
    }
    const counts = countsUnsigned(meter);
    const taken: NewReading = {
      serial,
      epoch: meter.epoch,
      sequence: BigInt(timestamp),
      timestamp,
      exportWh,
      importWh,
      storedWh: 0n,
      signature: undefined,
    };
    const hold = counts ? holds.of(serial, meter.epoch) : undefined;
    const verdict = judgeRegisters({ reading: taken, meter, last, hold, now: seconds, interval });
    return carryOut(message, meter, taken, last, verdict, counts);
  }

  return { reading, unsigned, reject };
}
