/**
 * Keys that are names: a signature says who made it and of what, and is as long as a real one. Nobody in a simulation
 * breaks keys, and real ones would take most of its time.
 */
import { createECDH, createHash, ECDH, type KeyObject } from "node:crypto";
import type { Reading, ReadingDomain, UnsignedReading } from "@enerlink/protocol/wire/reading";
import { packReading } from "@enerlink/protocol/wire/reading-signature";
import { type Address, getAddress, type Hex, hashTypedData, type LocalAccount } from "viem";
import type { Signatures } from "../src/seams/signatures.ts";

const hashOf = (...parts: (string | Uint8Array)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

type Typed = { primaryType: string; message: unknown };

const asText = (value: unknown) =>
  JSON.stringify(value, (_, field) => (typeof field === "bigint" ? `${field}n` : field));

const hashes = new Map<string, Hex>();

/** What is signed of typed data: a batch's real hash, which members name it by; of other messages a shorter one. */
function typedHash(data: Typed): Hex {
  const text = `${data.primaryType} ${asText(data.message)}`;
  if (data.primaryType !== "SettlementBatch") return `0x${hashOf(text).toString("hex")}`;
  const known = hashes.get(text) ?? hashTypedData(data as never);
  if (hashes.size > 10_000) hashes.clear();
  hashes.set(text, known);
  return known;
}

const signHash = (address: Address, hash: Hex): Hex => {
  const name = address.toLowerCase().slice(2);
  return `0x${hashOf(name, hash).toString("hex")}${name.padStart(64, "0")}1b`;
};

function signerOf(hash: Hex, signature: Hex): Address {
  const address = getAddress(`0x${signature.slice(90, 130)}`);
  if (signHash(address, hash) !== signature) throw new Error("nobody made this signature");
  return address;
}

/** What a simulated transaction's bytes say. */
export type Sent = { from: Address; nonce: number; to: Address; data: Hex; gas: string; maxFee: string };

export const readSent = (raw: Hex): Sent => JSON.parse(Buffer.from(raw.slice(2), "hex").toString());

/** `signed` hears of each batch that the account puts its name to. */
export function makeAccount(address: Address, signed: (message: unknown) => void = () => {}): LocalAccount {
  const account = {
    address,
    type: "local",
    source: "simulation",
    signTypedData: async (data: Typed) => {
      if (data.primaryType === "SettlementBatch") signed(data.message);
      return signHash(address, typedHash(data));
    },
    signTransaction: async (call: {
      nonce: number;
      to: Address;
      data: Hex;
      gas: bigint;
      maxFeePerGas: bigint;
    }) => {
      const { nonce, to, data, gas, maxFeePerGas } = call;
      const sent: Sent = { from: address, nonce, to, data, gas: `${gas}`, maxFee: `${maxFeePerGas}` };
      return `0x${Buffer.from(JSON.stringify(sent)).toString("hex")}`;
    },
  };
  return account as unknown as LocalAccount;
}

export type MeterKey = { x: Hex; y: Hex };

/** The `number`-th meter's key: a point of P-256, as the registry has them. */
export function meterKey(number: number): MeterKey {
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(hashOf(`meter ${number}`));
  const point = ECDH.convertKey(
    pair.getPublicKey(),
    "prime256v1",
    undefined,
    "hex",
    "uncompressed",
  ) as string;
  return { x: `0x${point.slice(2, 66)}`, y: `0x${point.slice(66)}` };
}

const signBytes = (x: string, bytes: Uint8Array) => {
  const half = hashOf(x, bytes);
  return Buffer.concat([half, half]);
};

export const signReading = (domain: ReadingDomain, reading: UnsignedReading, key: MeterKey): Reading => ({
  ...reading,
  signature: signBytes(key.x, packReading(domain, reading)),
});

const names = new WeakMap<KeyObject, string>();

function nameOf(key: KeyObject): string {
  const known = names.get(key);
  if (known) return known;
  const { x } = key.export({ format: "jwk" });
  const name = `0x${Buffer.from(x!, "base64url").toString("hex")}`;
  names.set(key, name);
  return name;
}

export const simulatedSignatures: Signatures = {
  verifyReading: async (domain, reading, key) =>
    signBytes(nameOf(key), packReading(domain, reading)).equals(reading.signature),
  signerOf: async (hash, signature) => signerOf(hash, signature),
  signerOfTyped: async ({ signature, ...data }) => signerOf(typedHash(data as unknown as Typed), signature),
};

/** Who made a batch's signature, as the contract finds out. */
export const batchSigner = (data: Typed, signature: Hex): Address => signerOf(typedHash(data), signature);
