/** The recorded registers of ten homes, and their values between and beyond the recorded hours. */
import { readFile } from "node:fs/promises";

export type HourlyRegisters = { exportWh: bigint; importWh: bigint };

/** `hours[0]` is the record's first hour, which is midnight at the homes; so is every 24th. */
export type Home = { serial: string; hours: readonly HourlyRegisters[]; battery?: BatteryRecord };

/** What a battery behind the home's meter makes of the record: `withOwnBattery`. */
export type BatteryRecord = {
  /** What the meter would count without it. */
  hoursWithout: readonly HourlyRegisters[];
  /** How full it is at each hour, percent. */
  storedPercent: readonly number[];
};

const recorded = new URL("./data/household-registers.csv", import.meta.url);

/**
 * Reads `timestamp,meter,exportWh,importWh` lines, hourly and in order.
 * @throws an error that names the line, when one is malformed or an hour of a home is missing.
 */
export async function loadHomes(csv: URL = recorded): Promise<Home[]> {
  const [header, ...lines] = (await readFile(csv, "utf8")).trimEnd().split(/\r?\n/);
  if (header !== "timestamp,meter,exportWh,importWh")
    throw new Error(`${csv}: unexpected header "${header}"`);
  const homes = new Map<string, HourlyRegisters[]>();
  let start: number | undefined;
  for (const [index, line] of lines.entries()) {
    const match = /^([^,]+),([A-Za-z0-9-]{1,32}),(\d+),(\d+)$/.exec(line);
    const time = match ? Date.parse(match[1]!) : Number.NaN;
    if (!match || Number.isNaN(time))
      throw new Error(`${csv} line ${index + 2}: "${line}" is no register line`);
    const [, , serial, exportWh, importWh] = match as unknown as [string, string, string, string, string];
    start ??= time;
    const hours = homes.get(serial) ?? [];
    homes.set(serial, hours);
    if (time !== start + hours.length * 3_600_000)
      throw new Error(`${csv} line ${index + 2}: an hour of ${serial} is missing`);
    hours.push({ exportWh: BigInt(exportWh), importWh: BigInt(importWh) });
  }
  return [...homes].map(([serial, hours]) => ({ serial, hours }));
}

/** Another home that lives as `home` did some whole days later; so its hours of the day are kept. */
export function shiftedHome({ hours }: Home, days: number, serial: string): Home {
  return { serial, hours: hours.map((_, index) => atHour(hours, index + 24 * days)) };
}

/** Registers at a whole hour; after the last recorded one the whole record repeats on top of what was counted. */
function atHour(hours: readonly HourlyRegisters[], index: number): HourlyRegisters {
  const first = hours[0]!;
  const last = hours.at(-1)!;
  const period = hours.length - 1;
  const rounds = BigInt(Math.floor(index / period));
  const base = hours[index % period]!;
  return {
    exportWh: base.exportWh + rounds * (last.exportWh - first.exportWh),
    importWh: base.importWh + rounds * (last.importWh - first.importWh),
  };
}

/** Registers `seconds` (0 to 3,599) after hour `index`, whole Wh; on the hour they are the recorded ones. */
export function registersAt(home: Home, index: number, seconds: number): HourlyRegisters {
  const from = atHour(home.hours, index);
  if (seconds === 0) return from;
  const to = atHour(home.hours, index + 1);
  const between = (a: bigint, b: bigint) => a + ((b - a) * BigInt(seconds)) / 3_600n;
  return { exportWh: between(from.exportWh, to.exportWh), importWh: between(from.importWh, to.importWh) };
}

/** `batteryW` is positive while the battery behind the meter discharges. */
export type HomePower = {
  solarW: number;
  homeW: number;
  gridW: number;
  batteryW: number;
  chargePercent: number;
};

/** What flows in from the grid during hour `index`, W. */
function gridWatts(hours: readonly HourlyRegisters[], index: number): number {
  const from = atHour(hours, index);
  const to = atHour(hours, index + 1);
  return Number(to.importWh - from.importWh - (to.exportWh - from.exportWh));
}

const hoursWithoutBattery = ({ hours, battery }: Home) => battery?.hoursWithout ?? hours;

/**
 * What a home's panel and sockets show at that moment, W. The record knows only the net at the grid; the sun's part is
 * shaped as a clear day whose height fits the home's largest export, so that home = solar + battery + grid always holds.
 */
export function homePower(home: Home, index: number, seconds: number): HomePower {
  const gridW = gridWatts(home.hours, index);
  const netW = gridWatts(hoursWithoutBattery(home), index);
  const hour = (index % 24) + seconds / 3_600;
  const clearSky = Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI));
  const solarW = Math.max(Math.round(peakExportW(home) * clearSky), netW < 0 ? 150 - netW : 0);
  return {
    solarW,
    homeW: solarW + netW,
    gridW,
    batteryW: netW - gridW,
    chargePercent: chargePercent(home, index, seconds),
  };
}

function chargePercent({ battery }: Home, index: number, seconds: number): number {
  if (!battery) return 0;
  const period = battery.storedPercent.length - 1;
  const [from, to] = [battery.storedPercent[index % period]!, battery.storedPercent[(index % period) + 1]!];
  return Math.round((from + ((to - from) * seconds) / 3_600) * 10) / 10;
}

const peaks = new WeakMap<Home, number>();

function peakExportW(home: Home): number {
  let peak = peaks.get(home);
  if (peak === undefined) {
    peak = 0;
    const hours = hoursWithoutBattery(home);
    for (let index = 1; index < hours.length; index++) {
      peak = Math.max(peak, Number(hours[index]!.exportWh - hours[index - 1]!.exportWh));
    }
    peaks.set(home, peak);
  }
  return peak;
}
