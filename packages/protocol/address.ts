/** An account or a contract, as people and programs write it. */
import { type Address, getAddress, isAddress } from "viem";
import { z } from "zod/mini";

export const AN_ADDRESS = "an address: 0x and 40 hexadecimal digits";
const error = `must be ${AN_ADDRESS}`;

/** What somebody types, or a program sends. */
export const TYPED_ADDRESS = `${AN_ADDRESS}; where small and capital letters are mixed, as its checksum has them (EIP-55)`;

/** In small letters or capitals, or mixed as the checksum has them: mixed otherwise, some of it was mistyped. */
export const isAddressText = (text: string): text is Address =>
  isAddress(text) || (isAddress(text, { strict: false }) && !/[a-f]/.test(text));

/** What one of our programs wrote, in any letters; with its checksum afterwards. */
export const addressSchema = z.pipe(
  z.string({ error }).check(z.refine((text) => isAddress(text, { strict: false }), { error })),
  z.transform((text: string): Address => getAddress(text)),
);
