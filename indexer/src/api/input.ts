import { isSerial, meterId } from "@enerlink/protocol";
import { type Address, type Hex, isAddress } from "viem";

/** What is wrong with a question: the field, and what it may be. */
export class InputError extends Error {
  readonly field: string;
  readonly allowed: string;

  constructor(field: string, allowed: string) {
    super(`${field} must be ${allowed}`);
    this.name = "InputError";
    this.field = field;
    this.allowed = allowed;
  }
}

/** @throws InputError unless `least` <= `value` <= `most` */
export function between(field: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) throw new InputError(field, `${least} to ${most}`);
  return value;
}

/** @throws InputError unless `text` is an address */
export function addressOf(field: string, text: string): Address {
  if (!isAddress(text, { strict: false }))
    throw new InputError(field, "an address (0x and 40 hexadecimal digits)");
  return text.toLowerCase() as Address;
}

const METER =
  "a meter's serial (1 to 32 characters of A-Z, a-z, 0-9 and -) or its id (0x and 64 hexadecimal digits)";

/** The id of the meter that `text` names by its serial or its id. @throws InputError for what is neither */
export function meterOf(field: string, text: string): Hex {
  if (isSerial(text)) return meterId(text);
  if (!/^0x[0-9a-f]{64}$/i.test(text)) throw new InputError(field, METER);
  return text.toLowerCase() as Hex;
}
