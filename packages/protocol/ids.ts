/** Meter ids and order ids as the contracts encode them. */
import { bytesToString, type Hex, hexToBytes, stringToHex } from "viem";
import { constants } from "./generated/constants.ts";
import type { Side } from "./generated/enums.ts";

const SERIAL = /^[A-Za-z0-9-]{1,32}$/;

export function isSerial(text: string): boolean {
  return SERIAL.test(text);
}

/**
 * A meter's serial as its on-chain id: ASCII, zero-padded to 32 bytes.
 * @throws RangeError when the serial is not 1 to 32 characters of [A-Za-z0-9-].
 */
export function meterId(serial: string): Hex {
  if (!isSerial(serial))
    throw new RangeError(`"${serial}" is not a meter serial: 1 to 32 characters of A-Z, a-z, 0-9 and -`);
  return stringToHex(serial, { size: 32 });
}

/** The inverse of `meterId`. */
export function serialOf(id: Hex): string {
  return bytesToString(hexToBytes(id)).replace(/\0+$/, "");
}

/** What an order id says by itself: side 1 bit | tick 16 | epoch 32 | index 32. */
export function decodeOrderId(orderId: bigint): { side: Side; tick: number; epoch: number; index: number } {
  if (orderId < 0n || orderId >> constants.OrderId.BITS !== 0n)
    throw new RangeError(`${orderId} is not an order id`);
  return {
    side: Number(orderId >> 80n) as Side,
    tick: Number((orderId >> 64n) & 0xffffn),
    epoch: Number((orderId >> 32n) & 0xffffffffn),
    index: Number(orderId & 0xffffffffn),
  };
}
