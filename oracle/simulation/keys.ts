/**
 * Keys that are names: a signature says who made it and of what, and is as long as a real one. Nobody in a simulation
 * breaks keys, and real ones would take most of its time.
 */
import { createECDH, ECDH, hash, type KeyObject } from "node:crypto";
import type { Reading, ReadingDomain, UnsignedReading } from "@enerlink/protocol/wire/reading";
import { packReading } from "@enerlink/protocol/wire/reading-signature";
import { type Address, getAddress, type Hex, keccak256, type LocalAccount } from "viem";
import type { Signatures } from "../src/seams/signatures.ts";

const hashOf = (text: string): string => hash("sha256", text, "hex");

/** `make`, of each text once: of a message everybody who hears it asks the same. */
function once<Value>(make: (text: string) => Value): (text: string) => Value {
  const made = new Map<string, Value>();
  return (text) => {
    const known = made.get(text);
    if (known !== undefined) return known;
    if (made.size > 10_000) made.clear();
    const value = make(text);
    made.set(text, value);
    return value;
  };
}

type Typed = { primaryType: string; message: unknown };

const asText = (value: unknown) =>
  JSON.stringify(value, (_, field) => (typeof field === "bigint" ? `${field}n` : field));

const shortHash = once((text): Hex => `0x${hashOf(text)}`);

/** What is signed of typed data: short of what EIP-712 makes of it, which would take longer than most of what is signed. */
function typedHash({ primaryType, message }: Typed): Hex {
  // Most of it is what members seal, which is text.
  if (primaryType === "CommitteeMessage") {
    const { kind, body } = message as { kind: string; body: string };
    return shortHash(`${kind} ${body}`);
  }
  return shortHash(`${primaryType} ${asText(message)}`);
}

const sealOf = once(hashOf);

const signHash = (address: Address, hash: Hex): Hex => {
  const name = address.toLowerCase().slice(2);
  return `0x${sealOf(`${name} ${hash}`)}${name.padStart(64, "0")}1b`;
};

const addressed = once((name) => getAddress(`0x${name}`));

function signerOf(hash: Hex, signature: Hex): Address {
  const address = addressed(signature.slice(90, 130));
  if (signHash(address, hash) !== signature) throw new Error("nobody made this signature");
  return address;
}

/** What a simulated transaction's bytes say. */
export type Sent = { from: Address; nonce: number; to: Address; data: Hex; gas: bigint; maxFee: bigint };

/** Digits of each part; what is left is the data. */
const PARTS = { from: 40, to: 40, nonce: 8, gas: 16, maxFee: 32 } as const;

const digits = (value: number | bigint, many: number) => value.toString(16).padStart(many, "0");

/** A transaction's hash: its sender, the chain and the checks ask for the same. */
export const hashOfSent = once((raw) => keccak256(raw as Hex));

function writeSent({ from, to, nonce, gas, maxFee, data }: Sent): Hex {
  const numbers = [
    digits(nonce, PARTS.nonce),
    digits(BigInt(gas), PARTS.gas),
    digits(BigInt(maxFee), PARTS.maxFee),
  ];
  return `0x${from.slice(2)}${to.slice(2)}${numbers.join("")}${data.slice(2)}`;
}

export function readSent(raw: Hex): Sent {
  let place = 2;
  const next = (many: number) => {
    place += many;
    return raw.slice(place - many, place);
  };
  const [from, to] = [`0x${next(PARTS.from)}`, `0x${next(PARTS.to)}`] as [Address, Address];
  const number = (many: number) => BigInt(`0x${next(many)}`);
  const [nonce, gas, maxFee] = [number(PARTS.nonce), number(PARTS.gas), number(PARTS.maxFee)];
  return { from, to, nonce: Number(nonce), gas, maxFee, data: `0x${raw.slice(place)}` };
}

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
      return writeSent({ from: address, nonce, to, data, gas, maxFee: maxFeePerGas });
    },
  };
  return account as unknown as LocalAccount;
}

export type MeterKey = { x: Hex; y: Hex };

/** The `number`-th meter's key: a point of P-256, as the registry has them. */
export function meterKey(number: number): MeterKey {
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(hashOf(`meter ${number}`), "hex");
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
  const half = hash("sha256", Buffer.concat([Buffer.from(x), bytes]), "buffer");
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
  hashTyped: (data) => typedHash(data as Typed),
  signerOfTyped: async ({ signature, ...data }) => signerOf(typedHash(data as unknown as Typed), signature),
};

/** Who made a batch's signature, as the contract finds out. */
export const batchSigner = (data: Typed, signature: Hex): Address => signerOf(typedHash(data), signature);
