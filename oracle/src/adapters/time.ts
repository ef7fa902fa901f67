/** Times as devices write them, to unix seconds. */

import { type Json, Unreadable } from "@enerlink/protocol/wire/strict-json";
import { CLOCK_SECONDS } from "../rules/validation.ts";
import { numberText, scaled } from "./decimal.ts";
import { FieldError } from "./fault.ts";

const ISO =
  /^(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?$/;
const OFFSET = /^([+-])(\d\d)(?::?(\d\d))?$/;
const LATEST = 2n ** 40n - 1n;
/** Unix times beyond are in milliseconds, microseconds or nanoseconds: as seconds they would be in the year 5138. */
const LATEST_SECONDS = 100_000_000_000n;
const DAY = 86_400;
const SUMMER = 3_600;

/** Seconds that a zone such as `+07:00`, `+0700` or `Z` is ahead of UTC; undefined when the text is none of them. */
export function offsetSeconds(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const match = OFFSET.exec(zone);
  if (!match || Number(match[2]) > 14 || Number(match[3] ?? 0) > 59) return undefined;
  return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 3_600 + Number(match[3] ?? 0) * 60);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** A clock of the zone with that name, such as Asia/Jakarta; undefined when there is no such zone. */
function clockOf(zone: string): Intl.DateTimeFormat | undefined {
  let clock = clocks.get(zone);
  if (!clock && /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/.test(zone)) {
    try {
      clock = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
      clocks.set(zone, clock);
    } catch {}
  }
  return clock;
}

/** Whether a device's zone can be told from it: `Z`, an offset, or the name of a zone. */
export const isZone = (zone: string): boolean =>
  offsetSeconds(zone) !== undefined || clockOf(zone) !== undefined;

/** Seconds that the clock of a named zone was ahead of UTC at `seconds`. */
function aheadAt(clock: Intl.DateTimeFormat, seconds: number): number {
  const name = clock.formatToParts(seconds * 1_000).find(({ type }) => type === "timeZoneName")!.value;
  return offsetSeconds(name.slice(3) || "Z") ?? 0;
}

/**
 * The moments at which a clock in `zone` shows `local` (as if it were UTC). A named zone shows an hour twice when its
 * summer ends. A device that was set up with its winter's offset shows an hour more in summer.
 */
function moments(local: number, zone: string): number[] {
  const fixed = offsetSeconds(zone);
  if (fixed !== undefined) return [local - fixed];
  const clock = clockOf(zone)!;
  const around = [local - DAY, local + DAY].map((seconds) => local - aheadAt(clock, seconds));
  const shown = around.filter((seconds) => seconds + aheadAt(clock, seconds) === local);
  // An hour that the zone leaves out when its summer begins: the clock was not moved yet.
  return shown.length > 0 ? [...new Set(shown)] : [around[0]!];
}

const nearest = (seconds: number[], receivedAt: number) =>
  seconds.reduce((best, one) => (Math.abs(one - receivedAt) < Math.abs(best - receivedAt) ? one : best));

/** When a clock that has only an offset showed `local`: in summer, exactly an hour ahead of the receipt, an hour before. */
function byOffset(seconds: number, receivedAt: number): number {
  const inSummer = seconds - SUMMER;
  return Math.abs(inSummer - receivedAt) <= CLOCK_SECONDS ? inSummer : seconds;
}

type Six = [number, number, number, number, number, number];

/**
 * A date and time; one without a zone is read as `zone` says, where that is not enough as the one nearest to
 * `receivedAt` (unix seconds).
 * @throws MessageError that names `field`.
 */
function isoSeconds(text: string, zone: string | undefined, receivedAt: number, field: string): number {
  const match = ISO.exec(text.toUpperCase());
  if (!match) throw new FieldError(field, "must be a time such as 2026-09-25T12:47:15");
  const numbers = match.slice(1, 7).map((digits) => Number(digits ?? 0)) as Six;
  const [year, month, day, hour, minute, second] = numbers;
  const isDay = new Date(Date.UTC(year, month - 1, day)).getUTCMonth() === month - 1;
  // Hour 24 is the end of a day, second 60 a leap second.
  const isTime = hour < 24 ? minute < 60 && second <= 60 : hour === 24 && minute === 0 && second === 0;
  const local = Date.UTC(year, month - 1, day, hour, minute, second) / 1_000;
  const own = match[7];
  if (own === undefined && zone === undefined)
    throw new FieldError(field, "has no zone, so the binding must give an offset", "offset");
  if (!isDay || !isTime || year < 1970 || (own !== undefined && offsetSeconds(own) === undefined))
    throw new FieldError(field, "is not a time that exists");
  const [only, ...more] = moments(local, own ?? zone!);
  const fixed = own === undefined && offsetSeconds(zone!) !== undefined;
  const seconds = fixed ? byOffset(only!, receivedAt) : nearest([only!, ...more], receivedAt);
  // They are put in where a day ends in UTC, and there alone.
  if (second === 60 && seconds % DAY !== 0) throw new FieldError(field, "is not a time that exists");
  // Just after 1970 began, east of Greenwich: a clock that was never set.
  return Math.max(0, seconds);
}

/**
 * Unix time in seconds (`digits` 0), milliseconds (`digits` -3) or finer, rounded down.
 * @throws MessageError that names `field`.
 */
export function unixSeconds(value: Json, digits: number, field: string): number {
  const text = numberText(value);
  const seconds = text === undefined ? undefined : scaled(text, digits);
  if (seconds === undefined || seconds > LATEST)
    throw new FieldError(field, `must be a unix time from 0 to ${LATEST}`);
  return Number(seconds);
}

/**
 * A device's time in any of the forms that are in use: a date with or without a zone, unix seconds or finer.
 * @throws MessageError that names `field`.
 */
export function deviceSeconds(
  value: Json | undefined,
  zone: string | undefined,
  receivedAt: number,
  field: string,
): number {
  if (value === undefined || value === null) throw new FieldError(field, "is missing", "clock");
  if (value instanceof Unreadable) throw new FieldError(field, value.why);
  const text = numberText(value) ?? "";
  if (/[- :T]/i.test(text)) return isoSeconds(text, zone, receivedAt, field);
  const unix = scaled(text, 0);
  if (unix === undefined) throw new FieldError(field, "must be a time such as 2026-09-25T12:47:15");
  let digits = 0;
  while (digits > -9 && unix > LATEST_SECONDS * 10n ** BigInt(-digits)) digits -= 3;
  return unixSeconds(value, digits, field);
}
