/**
 * Whether this node's own readings bear out what another member wants signed (rule V18): the report of a window is the
 * meter's last signed reading at or before the window's end. A reading that this node has missed is taken in from the
 * proposal once the meter's own signature is checked.
 */
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { Holds } from "../meters/holds.ts";
import { type Reading, type ReadingDomain, readingJson, verifyReading } from "../meters/reading.ts";
import {
  type NewReading,
  type Readings,
  readingColumns,
  readingOf,
  type StoredReading,
} from "../meters/readings.ts";
import { CLOCK_SECONDS } from "../meters/validation.ts";
import { type Message, TOPIC_PREFIX } from "../mqtt/client.ts";
import { countsUnsigned, isReportable } from "../settlement/settlements.ts";
import { windowEnd as windowEndOf } from "../settlement/windows.ts";
import type { Database } from "../store/database.ts";
import type { Item, RefusalReason, Refused } from "./messages.ts";

type Row = Parameters<typeof readingOf>[0];

export type Confirm = ReturnType<typeof makeConfirm>;

export function makeConfirm({
  database,
  domain,
  mirror,
  readings,
  holds,
  interval,
  inbox,
}: {
  database: Database;
  domain: ReadingDomain;
  mirror: Pick<Mirror, "meter" | "settled">;
  readings: Readings;
  holds: Pick<Holds, "of">;
  /** Seconds of a settlement window. */
  interval: number;
  /** Takes messages in as if they had come from the meters. */
  inbox: (group: Message[]) => Promise<void>;
}) {
  const signedRows = `SELECT ${readingColumns} FROM readings r WHERE serial = ? AND epoch = ? AND (signature IS NULL) = 0`;
  const lastBy = database.prepare<unknown[], Row>(
    `${signedRows} AND timestamp <= ? ORDER BY sequence DESC LIMIT 1`,
  );
  const unsignedNear = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ? AND epoch = ? AND (signature IS NULL) = 1
     AND sequence BETWEEN ? AND ? AND export_wh = ? AND import_wh = ? LIMIT 1`,
  );
  const found = (row: Row | undefined): StoredReading | undefined => row && readingOf(row);
  const find = ({ serial, epoch, sequence }: NewReading) => readings.find(serial, epoch, sequence);

  /**
   * Takes in a meter's signed reading that another member has shown.
   * @returns why it cannot be had, if so.
   */
  async function take(meter: Meter, reading: Reading): Promise<RefusalReason | undefined> {
    if (!meter.key || !(await verifyReading(domain, reading, meter.key))) return "wrong-signature";
    // By the rules for the meter's own messages: one that comes after later ones fits in between or is refused, and
    // what contradicts an own reading freezes the meter.
    const topic = `${TOPIC_PREFIX}/${reading.serial}/reading`;
    await inbox([{ topic, payload: Buffer.from(JSON.stringify(readingJson(reading))), retained: false }]);
    return find(reading) ? undefined : "not-accepted";
  }

  function refused(item: Item, reason: RefusalReason, evidence?: StoredReading): Refused {
    return { serial: item.reading.serial, windowEnd: item.windowEnd, reason, evidence: evidence ?? null };
  }

  async function confirmSigned(item: Item, meter: Meter, reading: Reading): Promise<Refused | undefined> {
    const { serial, epoch } = reading;
    let own = find(reading);
    if (!own || !sameRegisters(own, reading)) {
      const why = await take(meter, reading);
      if (why) return refused(item, why);
      own = find(reading)!;
    }
    if (!sameRegisters(own, reading)) return refused(item, "different-reading", own);
    const held = holds.of(serial, epoch)?.reason;
    if (held === "equivocation" || held === "tamper") return refused(item, "frozen");
    const last = found(lastBy.get(serial, epoch, item.windowEnd))!;
    if (last.id !== own.id) return refused(item, "later-reading", last);
    return undefined;
  }

  /** What nobody signed is borne out by the same registers of an own observation at about the same time. */
  function confirmUnsigned(item: Item, meter: Meter): Refused | undefined {
    const { serial, epoch, timestamp, exportWh, importWh, storedWh } = item.reading;
    const seen = unsignedNear.get(
      serial,
      epoch,
      timestamp - CLOCK_SECONDS,
      timestamp + CLOCK_SECONDS,
      exportWh,
      importWh,
    );
    return countsUnsigned(meter) && storedWh === 0n && seen ? undefined : refused(item, "no-own-reading");
  }

  /** @returns why this node does not sign the item's report, if so. */
  async function confirm(item: Item): Promise<Refused | undefined> {
    const { windowEnd, reading } = item;
    const { serial, epoch, timestamp, signature } = reading;
    const meter = mirror.meter(serial);
    if (!meter) return refused(item, "unknown-meter");
    if (!isReportable(meter, reading)) return refused(item, "not-reportable");
    if (windowEnd !== timestamp && windowEnd !== windowEndOf(timestamp, interval))
      return refused(item, "wrong-window");
    const settled = mirror.settled(serial);
    if (settled && settled.epoch === epoch && settled.timestamp >= timestamp) return refused(item, "settled");
    return signature ? confirmSigned(item, meter, { ...reading, signature }) : confirmUnsigned(item, meter);
  }

  return { confirm, take };
}

function sameRegisters(a: NewReading, b: NewReading): boolean {
  return (
    a.timestamp === b.timestamp &&
    a.exportWh === b.exportWh &&
    a.importWh === b.importWh &&
    a.storedWh === b.storedWh
  );
}
