/** Times as devices write them, to unix seconds. */
import { MessageError } from "../meters/message.ts";
import type { Json } from "../meters/strict-json.ts";
import { scaled } from "./decimal.ts";

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/;
const OFFSET = /^([+-])(\d\d):(\d\d)$/;
const LATEST = 2n ** 40n - 1n;

/** Seconds that a zone such as `+07:00` or `Z` is ahead of UTC; undefined when the text is neither. */
export function offsetSeconds(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const match = OFFSET.exec(zone);
  if (!match || Number(match[2]) > 14 || Number(match[3]) > 59) return undefined;
  return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 3_600 + Number(match[3]) * 60);
}

/**
 * A date and time; one without a zone is read as `offset` says.
 * @throws MessageError that names `field`.
 */
export function isoSeconds(value: Json | undefined, offset: string | undefined, field: string): number {
  const match = typeof value === "string" ? ISO.exec(value) : null;
  if (!match) throw new MessageError("malformed", `${field}: must be a time such as 2026-09-25T12:47:15`);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const zone = match[7] ?? offset;
  if (zone === undefined)
    throw new MessageError("malformed", `${field}: has no zone, so the binding must give an offset`);
  const ahead = offsetSeconds(zone);
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const exists =
    local.getUTCMonth() === month - 1 &&
    local.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  const seconds = local.getTime() / 1_000 - (ahead ?? 0);
  if (ahead === undefined || !exists || year < 1970 || seconds < 0)
    throw new MessageError("malformed", `${field}: is not a time that exists`);
  return seconds;
}

/**
 * Unix time in seconds (`digits` 0) or milliseconds (`digits` -3), rounded down.
 * @throws MessageError that names `field`.
 */
export function unixSeconds(value: Json, digits: 0 | -3, field: string): number {
  const text = typeof value === "bigint" ? value.toString() : value;
  const seconds = typeof text === "string" ? scaled(text, digits) : undefined;
  if (seconds === undefined || seconds > LATEST)
    throw new MessageError("malformed", `${field}: must be a unix time from 0 to ${LATEST}`);
  return Number(seconds);
}
