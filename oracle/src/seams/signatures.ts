/** Who signed: nothing that could be told otherwise, but much to compute, and some of it on another core. */

import { hash, type KeyObject } from "node:crypto";
import type { Reading, ReadingDomain } from "@enerlink/protocol/wire/reading";
import { verifyReadingAside } from "@enerlink/protocol/wire/reading-signature";
import {
  type Address,
  type Hex,
  hashTypedData,
  recoverAddress,
  recoverTypedDataAddress,
  type TypedDataDefinition,
} from "viem";

type Typed = TypedDataDefinition & { signature: Hex };

export type Signatures = {
  /** What is signed of a message. */
  hashTyped: (message: TypedDataDefinition) => Hex;
  /** Whether `key` signed exactly this reading. */
  verifyReading: (domain: ReadingDomain, reading: Reading, key: KeyObject) => Promise<boolean>;
  signerOf: (hash: Hex, signature: Hex) => Promise<Address>;
  signerOfTyped: (signed: Typed) => Promise<Address>;
};

const machine: Signatures = {
  hashTyped: (message) => hashTypedData(message),
  verifyReading: verifyReadingAside,
  signerOf: (hash, signature) => recoverAddress({ hash, signature }),
  signerOfTyped: (signed) => recoverTypedDataAddress(signed),
};

/** What viem's says, in a thirtieth of the time: of a village's root it is most of the work. */
export const keccak = (bytes: Uint8Array): Hex => `0x${hash("keccak-256", bytes)}`;

let inUse = machine;

export const signatures: Signatures = {
  hashTyped: (message) => inUse.hashTyped(message),
  verifyReading: (domain, reading, key) => inUse.verifyReading(domain, reading, key),
  signerOf: (hash, signature) => inUse.signerOf(hash, signature),
  signerOfTyped: (signed) => inUse.signerOfTyped(signed),
};

/** For simulations, in which keys are names: `other` tells who signed; undefined: the machine again. */
export const replaceSignatures = (other: Signatures | undefined): void => {
  inUse = other ?? machine;
};
