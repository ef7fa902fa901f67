/** Registers as devices write them, to whole Wh: digit by digit, since a binary fraction would lose some. */

import { MessageError } from "@enerlink/protocol/wire/message";
import { LARGEST_REGISTER } from "@enerlink/protocol/wire/reading";
import { type Json, Unreadable } from "@enerlink/protocol/wire/strict-json";
import { FieldError } from "./fault.ts";

const DECIMAL = /^(-?)(\d{1,40})(?:\.(\d{1,100}))?(?:[eE]([+-]?\d{1,3}))?$/;
const LONGEST = 60;

export type Unit = "Wh" | "kWh";

/** Of what a message shows power in. */
export const wattsIn = (unit: "W" | "kW"): number => (unit === "kW" ? 1_000 : 1);

/**
 * `text` times 10 to the power of `digits`, rounded down: `scaled("0.0179", 3)` is 17n.
 * Undefined when the text is no decimal number that is positive or zero, or has more than 60 digits then.
 */
export function scaled(text: string, digits: number): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const all = whole + fraction;
  // A small negative number, rounded: -0.000.
  if (/^0*$/.test(all)) return 0n;
  if (sign) return undefined;
  const length = whole.length + digits + Number(exponent);
  if (length <= 0) return 0n;
  if (length > LONGEST) return undefined;
  return BigInt(all.slice(0, length).padEnd(length, "0"));
}

/** Text of a number as the device wrote it, without spaces around it; undefined for anything else. */
export function numberText(value: Json | undefined): string | undefined {
  if (typeof value === "bigint") return value.toString();
  return typeof value === "string" ? value.trim() : undefined;
}

/** Decimals of a Wh that are kept while parts of a register are added up. */
const KEPT = 9;
const ONE = 10n ** BigInt(KEPT);

/** What a device's number is to be multiplied by, in billionths, of its decimal text; undefined when it is none. */
export const scaleOf = (text: string): bigint | undefined => scaled(text, KEPT);

/**
 * The largest numbers of 31, 32, 63 and 64 bits, the first that is none, and what floats make of them: gateways show
 * them, whatever the factor, for a register that does not answer.
 */
const UNSET = [2n ** 31n, 2n ** 32n, 2n ** 63n, 2n ** 64n]
  .flatMap((end) => [end - 1n, end])
  .concat(9_223_372_036_854_776_000n, 9_223_372_036_854_775_800n, 18_446_744_073_709_552_000n);
const digitsOf = (text: string) =>
  text
    .replace(/[eE].*$/, "")
    .replace(".", "")
    .replace(/^0+|0+$/g, "");
const unset = new Set(UNSET.map((number) => digitsOf(String(number))));
const isUnset = (text: string): boolean => unset.has(digitsOf(text));

/**
 * How a device's numbers are to be read. `scale` in billionths; an array is refused unless `arrays` says what it is.
 */
export type Measure = { unit: Unit; scale?: bigint; arrays?: "sum" | "first" | "none" };

/**
 * One part of a register, in 10^-9 Wh. An array is added up (one entry a phase), or is its first entry (the sum, then
 * the tariffs).
 * @throws MessageError that names `field`.
 */
export function energyPart(
  value: Json,
  { unit, scale = ONE, arrays = "none" }: Measure,
  field: string,
): bigint {
  if (Array.isArray(value)) {
    if (arrays === "none" || value.length === 0) throw new FieldError(field, "must be one number", "arrays");
    const counted = arrays === "first" ? value.slice(0, 1) : value;
    return counted.reduce<bigint>((sum, one) => sum + energyPart(one, { unit, scale }, field), 0n);
  }
  if (value instanceof Unreadable) throw new FieldError(field, value.why);
  const text = numberText(value);
  const counted = text === undefined ? undefined : scaled(text, KEPT + (unit === "kWh" ? 3 : 0));
  if (counted === undefined) throw new FieldError(field, `must be a number of ${unit} from 0`);
  const exact = (counted * scale) / ONE;
  if (exact / ONE > LARGEST_REGISTER) throw new FieldError(field, `must be at most ${LARGEST_REGISTER} Wh`);
  if (isUnset(text!)) throw new FieldError(field, `is ${text}, as a register shows that cannot be read`);
  return exact;
}

/**
 * A register in whole Wh of its parts, what is less than one left for later: registers only grow.
 * @throws MessageError when it is larger than any register.
 */
export function wholeWh(parts: readonly bigint[]): bigint {
  const result = parts.reduce((sum, part) => sum + part, 0n) / ONE;
  if (result > LARGEST_REGISTER)
    throw new MessageError("malformed", `the register must be at most ${LARGEST_REGISTER} Wh`);
  return result;
}
