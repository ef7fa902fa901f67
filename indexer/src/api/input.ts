import { type Address, type Hex, isAddress, isHex } from "viem";

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

/** @throws InputError unless `text` is a meter's id */
export function meterIdOf(field: string, text: string): Hex {
  if (!isHex(text) || text.length !== 66)
    throw new InputError(field, "a meter's id (0x and 64 hexadecimal digits)");
  return text.toLowerCase() as Hex;
}
