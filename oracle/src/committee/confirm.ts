/**
 * Whether this node's own readings bear out what another member wants signed (rule V18): the report of a window is the
 * meter's last signed reading at or before the window's end, and the window is over: this node has heard the meter at or
 * past its end. The report of a slot is the first one after its end that the converter takes. What has to wait for an
 * earlier report, or for a slot's clearing, is not signed before. A reading in between that this node has missed it takes
 * from the proposal, once the meter's signature is checked.
 */

import type { Item, RefusalReason, Refused } from "@enerlink/protocol/wire/committee";
import type { NewReading, Reading, ReadingDomain } from "@enerlink/protocol/wire/reading";
import type { Mirror } from "../chain/mirror.ts";
import type { Intake } from "../intake/intake.ts";
import { type Readings, readingColumns, readingOf, type StoredReading } from "../ledger/readings.ts";
import { countsUnsigned, isReportable, type Settlements, SHORTEST_INTERVAL } from "../ledger/settlements.ts";
import type { Holds } from "../meters/holds.ts";
import { sameRegisters } from "../rules/judge.ts";
import { CLOCK_SECONDS } from "../rules/validation.ts";
import { settledBy, slotEndOf, windowEnd as windowEndOf } from "../rules/windows.ts";
import { signatures } from "../seams/signatures.ts";
import type { Database } from "../store/database.ts";
import type { Order } from "./order.ts";

type Row = Parameters<typeof readingOf>[0];

/** An item that is not signed, and why. */
export type Doubt = { item: Item; refused: Refused };

const doubt = (item: Item, reason: RefusalReason, evidence?: StoredReading): Doubt => ({
  item,
  refused: { serial: item.reading.serial, windowEnd: item.windowEnd, reason, evidence: evidence ?? null },
});

const isSigned = (reading: NewReading): reading is Reading => reading.signature !== undefined;

type Needs = {
  database: Database;
  domain: ReadingDomain;
  mirror: Pick<Mirror, "meter" | "settled">;
  readings: Readings;
  holds: Pick<Holds, "of">;
  settlements: Pick<Settlements, "isClosed">;
  intake: Pick<Intake, "take">;
  order: Order;
  /** Seconds of a settlement window. */
  interval: number;
};

/**
 * Takes in signed readings of meters that other members have shown, by the rules for the meters' own: one that comes
 * after later ones fits in between or is refused, and what contradicts an own reading freezes the meter. What is newer
 * than all that this node has heard of a meter is left for the meter to say: only then is it known that nothing came
 * before it.
 */
function makeTake({ database, domain, mirror, readings, intake }: Needs) {
  const store = database.transaction((authentic: readonly Reading[], sender: string) => {
    for (const reading of authentic) intake.take(reading, true, { kind: "member", sender });
  });

  /** `sender` has shown them. @returns those that the meter's key has not signed. */
  return async function take(shown: readonly Reading[], sender: string): Promise<Set<NewReading>> {
    const authentic = await Promise.all(
      shown.map(async (reading) => {
        const key = mirror.meter(reading.serial)?.key;
        return key !== undefined && (await signatures.verifyReading(domain, reading, key));
      }),
    );
    const missed = shown.filter(({ serial, epoch, sequence }, index) => {
      const newest = readings.last(serial, epoch, true);
      return authentic[index] && newest !== undefined && sequence <= newest.sequence;
    });
    if (missed.length > 0) store(missed, sender);
    return new Set(shown.filter((_, index) => !authentic[index]));
  };
}

/** The meter's last reading of a kind by a time, and what nobody signed of the same registers. */
function makeOwnReadings(database: Database) {
  const lastBy = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ? AND epoch = ? AND (signature IS NULL) = ?
     AND timestamp <= ? ORDER BY sequence DESC LIMIT 1`,
  );
  const unsignedNear = database.prepare<unknown[], Row>(
    `SELECT ${readingColumns} FROM readings r WHERE serial = ? AND epoch = ? AND (signature IS NULL) = 1
     AND sequence BETWEEN ? AND ? AND export_wh = ? AND import_wh = ? LIMIT 1`,
  );
  return {
    /** As `reading` is signed or not. */
    last: ({ serial, epoch, signature }: NewReading, by: number): StoredReading | undefined => {
      const row = lastBy.get(serial, epoch, signature ? 0 : 1, by);
      return row && readingOf(row);
    },
    /** Whether the registers of `reading` were observed within so many seconds of it. */
    wasSeen: ({ serial, epoch, timestamp, exportWh, importWh }: NewReading, within: number): boolean =>
      unsignedNear.get(serial, epoch, timestamp - within, timestamp + within, exportWh, importWh) !==
      undefined,
  };
}

/** What an item fails by, if so. */
function makeDoubts({ database, mirror, readings, holds, settlements, order, interval }: Needs) {
  const { last, wasSeen } = makeOwnReadings(database);

  /** End of the window that a report of `reading` is for, unless it is settled by hand or in the middle of a slot. */
  function windowOf({ serial, timestamp }: NewReading): number | undefined {
    const slots = mirror.meter(serial)?.slots;
    return slots ? slotEndOf(timestamp, slots) : windowEndOf(timestamp, interval);
  }

  const isSlotted = ({ serial }: NewReading) => mirror.meter(serial)?.slots !== undefined;

  /** Whether nothing more can come that would be reported in its place, by what this node itself has heard. */
  function isOver({ windowEnd, reading }: Item): boolean {
    const { serial, epoch } = reading;
    if (settlements.isClosed(serial, epoch, windowEnd)) return true;
    // Of what nobody signed the next message says whether it counts: what this node has not closed for that is not over.
    if (!isSigned(reading) && windowOf(reading) === windowEnd) return false;
    const newest = readings.last(serial, epoch, isSigned(reading));
    return newest !== undefined && newest.timestamp >= windowEnd;
  }

  return {
    /** Whatever the readings were. */
    atOnce: (item: Item): Doubt | undefined => {
      const { windowEnd, reading } = item;
      const { serial, epoch, timestamp } = reading;
      const meter = mirror.meter(serial);
      if (!meter) return doubt(item, "unknown-meter");
      if (!isReportable(meter, reading)) return doubt(item, "not-reportable");
      if (windowEnd !== timestamp && windowEnd !== windowOf(reading)) return doubt(item, "wrong-window");
      const settled = mirror.settled(serial);
      if (settled && settled.epoch === epoch && settled.timestamp >= settledBy(item))
        return doubt(item, "settled");
      return isOver(item) ? undefined : doubt(item, "window-open");
    },
    /** Of what is right in itself. Whoever proposes keeps to the same order, unless it is dishonest, or ahead of this node. */
    inTurn: (item: Item): Doubt | undefined =>
      order.waits(mirror.meter(item.reading.serial)!, item) ? doubt(item, "not-yet") : undefined,
    /** Of a signed report, once what it rests on was taken in. */
    ofSigned: (item: Item): Doubt | undefined => {
      const { reading, windowEnd } = item;
      const own = readings.find(reading.serial, reading.epoch, reading.sequence);
      if (!own) return doubt(item, "not-accepted");
      if (!sameRegisters(own, reading)) return doubt(item, "different-reading", own);
      const held = holds.of(reading.serial, reading.epoch)?.reason;
      if (held === "equivocation" || held === "tamper") return doubt(item, "frozen");
      if (isSlotted(reading) && windowEnd === windowOf(reading)) {
        const { before } = readings.neighbours(reading.serial, reading.epoch, reading.sequence);
        const from = Math.max(
          windowEnd,
          (mirror.settled(reading.serial)?.timestamp ?? 0) + SHORTEST_INTERVAL,
        );
        const isFirst = !before || before.timestamp < from;
        return isFirst ? undefined : doubt(item, "earlier-reading", before);
      }
      const newest = last(reading, windowEnd)!;
      return newest.id === own.id ? undefined : doubt(item, "later-reading", newest);
    },
    /**
     * What nobody signed is borne out by own observations: of the same registers at about the same time, and of no others
     * until the window's end, which comes before a slot's report. What is settled by hand in the middle of a window was
     * observed at that very time.
     */
    ofUnsigned: (item: Item): Doubt | undefined => {
      const { reading, windowEnd } = item;
      const { serial, exportWh, importWh, storedWh } = reading;
      const within = windowEnd === windowOf(reading) ? CLOCK_SECONDS : 0;
      if (!countsUnsigned(mirror.meter(serial)!) || storedWh !== 0n || !wasSeen(reading, within))
        return doubt(item, "no-own-reading");
      if (within > 0 && isSlotted(reading)) return undefined;
      const newest = last(reading, windowEnd);
      return newest?.exportWh === exportWh && newest.importWh === importWh
        ? undefined
        : doubt(item, "later-reading", newest);
    },
  };
}

export type Confirm = ReturnType<typeof makeConfirm>;

export function makeConfirm(needs: Needs) {
  const take = makeTake(needs);
  const doubts = makeDoubts(needs);

  /** Whether what a signed item rests on is not among the own readings. */
  function isMissed(reading: NewReading): reading is Reading {
    if (!isSigned(reading)) return false;
    const own = needs.readings.find(reading.serial, reading.epoch, reading.sequence);
    return !(own && sameRegisters(own, reading));
  }

  return {
    take,
    /** Resolves to the items of `sender` that this node does not sign, each once, and why. */
    confirm: async (items: readonly Item[], sender: string): Promise<Doubt[]> => {
      const found = new Map<Item, Doubt>();
      const note = (one: Doubt | undefined) => one && found.set(one.item, one);
      for (const item of items) note(doubts.atOnce(item));
      const rest = items.filter((item) => !found.has(item));
      const forged = await take(rest.map(({ reading }) => reading).filter(isMissed), sender);
      for (const item of rest) {
        if (forged.has(item.reading)) note(doubt(item, "wrong-signature"));
        else
          note(
            (isSigned(item.reading) ? doubts.ofSigned(item) : doubts.ofUnsigned(item)) ?? doubts.inTurn(item),
          );
      }
      return [...found.values()];
    },
  };
}
