/** Questions whose fields are not what they must be: each refusal names the field, and what it may be. */
import { invalid } from "@enerlink/edge";
import { isAddressText, isSerial, meterId, TYPED_ADDRESS } from "@enerlink/protocol";
import type { Address, Hex } from "viem";

/** The Problem of `field`, which must be `allowed`. */
export const wrong = (field: string, allowed: string) => invalid([{ field, message: `must be ${allowed}` }]);

/** @throws Problem 400 unless `least` <= `value` <= `most` */
export function between(field: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) throw wrong(field, `${least} to ${most}`);
  return value;
}

type Bound = [name: string, value: bigint | undefined];

/** @throws Problem 400 where nothing can lie between two bounds of one thing, as far as both are given */
export function bounded(bounds: Record<string, bigint | undefined>): void {
  const [[least, from], [most, to]] = Object.entries(bounds) as [Bound, Bound];
  if (from !== undefined && to !== undefined && from > to) throw wrong(least, `at most ${most}`);
}

/** @throws Problem 400 unless `text` is an address */
export function addressOf(field: string, text: string): Address {
  if (!isAddressText(text)) throw wrong(field, TYPED_ADDRESS);
  return text.toLowerCase() as Address;
}

export const METER =
  "a meter's serial (1 to 32 characters of A-Z, a-z, 0-9 and -) or its id (0x and 64 hexadecimal digits)";

/** The id of the meter that `text` names by its serial or its id. @throws Problem 400 for what is neither */
export function meterOf(field: string, text: string): Hex {
  if (isSerial(text)) return meterId(text);
  if (!/^0x[0-9a-f]{64}$/i.test(text)) throw wrong(field, METER);
  return text.toLowerCase() as Hex;
}
