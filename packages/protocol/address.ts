/** An account or a contract, as people and programs write it. */
import { type Address, getAddress, isAddress } from "viem";
import { z } from "zod/mini";

export const AN_ADDRESS = "an address: 0x and 40 hexadecimal digits";
const error = `must be ${AN_ADDRESS}`;

/** In any letters, whatever their checksum. */
export const isAddressText = (text: string): text is Address => isAddress(text, { strict: false });

/** Any such text; with its checksum afterwards. */
export const addressSchema = z.pipe(
  z.string({ error }).check(z.refine(isAddressText, { error })),
  z.transform((text: string): Address => getAddress(text)),
);
