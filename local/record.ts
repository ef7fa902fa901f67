/** Which recorded hours a run replays, and when they happen on the chain. */
import { readFile } from "node:fs/promises";
import { writeWhole } from "@enerlink/service/whole-file";
import { files } from "./files.ts";

const HOUR = 3_600;
/** Western Indonesian Time: the recorded labels are local hours, so noon's sun shines at noon in Jakarta. */
const WIB_OFFSET = 7 * HOUR;

export type ReplayRecord = {
  /** Index of the first replayed hour in the recorded registers: the baseline. */
  firstHour: number;
  /** Index of the last replayed hour. */
  lastHour: number;
  /** Chain time of the last replayed hour, unix seconds. */
  lastTimestamp: number;
  /** How far the replay is: index of the last hour that is settled, or undefined before the first. */
  settledHour: number | undefined;
};

/**
 * Shifts the record so that it ends at the last full hour, every reading at its own hour of the day.
 * @param now unix seconds
 * @param recordedHours How many hourly registers there are; index 0 is a midnight
 * @param hourOfDay At which hour of the recorded day it ends, 0 to 23; by default at Jakarta's
 */
export function planReplay(
  now: number,
  days: number,
  recordedHours: number,
  hourOfDay = hourInJakarta(now),
): ReplayRecord {
  const lastTimestamp = Math.floor(now / HOUR) * HOUR;
  const lastIndex = recordedHours - 1;
  const lastHour = lastIndex - ((lastIndex - hourOfDay + 24) % 24);
  return { firstHour: Math.max(0, lastHour - days * 24), lastHour, lastTimestamp, settledHour: undefined };
}

function hourInJakarta(now: number): number {
  return Math.floor((now + WIB_OFFSET) / HOUR) % 24;
}

/** Chain time of recorded hour `index`, unix seconds. */
export const timestampOf = (record: ReplayRecord, index: number): number =>
  record.lastTimestamp - (record.lastHour - index) * HOUR;

/** The replayed recorded hour that was at `timestamp`, if one was. */
export function hourAt(record: ReplayRecord, timestamp: number): number | undefined {
  const index = record.lastHour - (record.lastTimestamp - timestamp) / HOUR;
  return Number.isInteger(index) && index >= record.firstHour && index <= record.lastHour ? index : undefined;
}

export const writeReplay = (record: ReplayRecord) => writeWhole(files.replay, JSON.stringify(record));

/** @throws when nothing is running. */
export async function readReplay(): Promise<ReplayRecord> {
  const text = await readFile(files.replay, "utf8").catch(() => {
    throw new Error("No local system is running here: start one with `pnpm start`.");
  });
  return JSON.parse(text);
}
