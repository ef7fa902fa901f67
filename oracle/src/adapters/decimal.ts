/** Registers as devices write them, to whole Wh: digit by digit, since a binary fraction would lose some. */

import { MessageError } from "../meters/message.ts";
import { LARGEST_REGISTER } from "../meters/reading.ts";
import type { Json } from "../meters/strict-json.ts";

const DECIMAL = /^(\d{1,40})(?:\.(\d{1,100}))?(?:[eE]([+-]?\d{1,3}))?$/;
const LONGEST = 60;

export type Unit = "Wh" | "kWh";

/**
 * `text` times 10 to the power of `digits`, rounded down: `scaled("0.0179", 3)` is 17n.
 * Undefined when the text is no decimal number that is positive or zero, or has more than 60 digits then.
 */
export function scaled(text: string, digits: number): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = match;
  const all = whole + fraction;
  const length = whole.length + digits + Number(exponent);
  if (length <= 0) return 0n;
  if (length > LONGEST) return /^0*$/.test(all) ? 0n : undefined;
  return BigInt(all.slice(0, length).padEnd(length, "0"));
}

/** Decimals of a Wh that are kept while phases are added up. */
const KEPT = 9;

function single(value: Json, unit: Unit, field: string): bigint {
  const text = typeof value === "bigint" ? value.toString() : value;
  const exact = typeof text === "string" ? scaled(text, KEPT + (unit === "kWh" ? 3 : 0)) : undefined;
  if (exact === undefined)
    throw new MessageError("malformed", `${field}: must be a number of ${unit} from 0`);
  return exact;
}

/**
 * A register in whole Wh, what is less than one left for later: registers only grow.
 * An array is added up (one register a phase), or is its first entry (the sum, then the tariffs).
 * @throws MessageError that names `field`.
 */
export function wattHours(
  value: Json,
  unit: Unit,
  field: string,
  arrays: "sum" | "first" | "none" = "none",
): bigint {
  let exact: bigint;
  if (!Array.isArray(value)) {
    exact = single(value, unit, field);
  } else {
    if (arrays === "none" || value.length === 0)
      throw new MessageError("malformed", `${field}: must be one number`);
    const counted = arrays === "first" ? value.slice(0, 1) : value;
    exact = counted.reduce<bigint>((sum, one) => sum + single(one, unit, field), 0n);
  }
  const result = exact / 10n ** BigInt(KEPT);
  if (result > LARGEST_REGISTER)
    throw new MessageError("malformed", `${field}: must be at most ${LARGEST_REGISTER} Wh`);
  return result;
}
