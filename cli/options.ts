/** Reads one option each: text in, exact value out, or an error that names the option and what is allowed. */
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  constants,
  isAddressText,
  isSerial,
  MeterKind,
  MeterStatus,
  MOST_TICK,
  meterId,
  namesOf,
  parseIdr,
  parseKwh,
  smalls,
  TrustClass,
  TYPED_ADDRESS,
} from "@enerlink/protocol";
import { type AccountCode, isOfChain, readAccountCode } from "@enerlink/protocol/account";
import { type MeterLabel, readMeterLabel } from "@enerlink/protocol/labels";
import { cellToParent, getResolution, isValidCell, latLngToCell } from "h3-js";
import {
  type Address,
  bytesToHex,
  getAddress,
  type Hex,
  hexToBytes,
  keccak256,
  maxUint32,
  stringToHex,
  zeroAddress,
} from "viem";
import type { Argv } from "yargs";

export const kinds = smalls(namesOf(MeterKind));
export const trusts = namesOf(TrustClass);
export const statuses = smalls(namesOf(MeterStatus));

/** What the user typed is wrong; the message says how to do it right. */
export class UsageError extends Error {}

/** The finest resolution that the registry takes: about 5 km². */
const FINEST_RESOLUTION = Number(constants.H3Cell.FINEST);

/** South of the equator every latitude begins with a dash: `--cell -6.2,106.8` becomes `--cell=-6.2,106.8`. */
export function joinNegatives(args: string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const option = /^--[a-z-]+$/.test(joined.at(-1) ?? "") && /^-\d/.test(arg) ? joined.pop() : undefined;
    joined.push(option ? `${option}=${arg}` : arg);
  }
  return joined;
}

function wrong(option: string, text: string, allowed: string): UsageError {
  return new UsageError(`--${option} "${text}": ${allowed}`);
}

export function readSerial(option: string, text: string): Hex {
  if (!isSerial(text)) throw wrong(option, text, "a serial is 1 to 32 characters of A-Z, a-z, 0-9 and -");
  return meterId(text);
}

export type Meter = { serial: string; id: Hex };

/** Nobody is the zero address on the chain, and null in an answer. */
export const somebody = (account: Address): Address | null => (account === zeroAddress ? null : account);

export function readMeter(name: string, text: string): Meter {
  return { serial: text, id: readSerial(name, text) };
}

/** Of a command that is about one meter. */
export const serialOnly = (yargs: Argv) =>
  yargs.positional("serial", {
    type: "string",
    demandOption: true,
    describe: "the meter's serial",
    coerce: (text: string) => readMeter("serial", text),
  });

export function readAddress(option: string, text: string): Address {
  if (!isAddressText(text)) throw wrong(option, text, TYPED_ADDRESS);
  return getAddress(text);
}

/** Whom a household's code names, or an address. */
export function readAccount(option: string, text: string): AccountCode {
  const code = readAccountCode(text);
  if (!code) throw wrong(option, text, `${TYPED_ADDRESS}, or an account's code (ethereum:0x…@chain)`);
  return code;
}

/** @throws UsageError when a code is of another chain than the one that is operated */
export function accountOn(option: string, code: AccountCode, chainId: number): Address {
  if (isOfChain(code, chainId)) return code.account;
  throw new UsageError(
    `--${option}: the code is of an account on chain ${code.chainId}, and this is chain ${chainId}; the account's owner has to open the dApp of this chain`,
  );
}

export function readLabel(option: string, text: string): MeterLabel {
  try {
    return readMeterLabel(text);
  } catch (error) {
    throw wrong(option, text, (error as Error).message);
  }
}

/** @returns the place of `text` in `names` */
export function readChoice(option: string, text: string, names: readonly string[]): number {
  const place = names.findIndex((name) => name.toLowerCase() === text.toLowerCase());
  if (place < 0) throw wrong(option, text, `one of ${names.join(", ")}`);
  return place;
}

/** A price in ticks, whole IDR per kWh. */
export const readTick = (option: string, text: string) => readWhole(option, text, 0, MOST_TICK);

export function readWatts(option: string, text: string): number {
  if (!/^\d+$/.test(text) || BigInt(text) > maxUint32)
    throw wrong(option, text, `whole watts, 0 to ${maxUint32}`);
  return Number(text);
}

export function readWhole(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw wrong(option, text, `a whole number from ${least} to ${most} is allowed`);
}

/** Decimal kWh to Wh, at least 0 and below 2^`bits`. */
export function readEnergy(option: string, text: string, bits: bigint): bigint {
  const most = 2n ** bits - 1n;
  const wattHours = exact(option, text, parseKwh, "kWh with at most 3 decimals, such as 12.5");
  if (wattHours < 0n || wattHours > most) throw wrong(option, text, `0 to ${most / 1_000n} kWh`);
  return wattHours;
}

/** Decimal kWh to Wh, below 0 too. */
export function readDifference(option: string, text: string): bigint {
  const wattHours = exact(option, text, parseKwh, "kWh with at most 3 decimals, such as -12.5");
  if (wattHours >= 2n ** 63n || wattHours < -(2n ** 63n)) throw wrong(option, text, "less than 2^63 Wh");
  return wattHours;
}

/** The keccak256 hash of a file, or that hash itself. */
export function readEvidence(option: string, text: string): Hex {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase() as Hex;
  try {
    return keccak256(readFileSync(text));
  } catch {
    throw wrong(option, text, "a file that can be read, or 0x and 64 hexadecimal digits");
  }
}

/** Decimal rupiah to IDRS base units, more than 0. */
export function readMoney(option: string, text: string): bigint {
  const amount = exact(option, text, parseIdr, "rupiah with at most 6 decimals, such as 250000");
  if (amount <= 0n || amount >= 2n ** 128n)
    throw wrong(option, text, "more than 0 rupiah and less than 2^128 base units");
  return amount;
}

function exact(option: string, text: string, parse: (text: string) => bigint, allowed: string): bigint {
  try {
    return parse(text);
  } catch {
    throw wrong(option, text, allowed);
  }
}

/** Text of at most 32 bytes, or 32 bytes in hex. */
export function readWord(option: string, text: string): Hex {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase() as Hex;
  if (text === "" || new TextEncoder().encode(text).length > 32) {
    throw wrong(option, text, "1 to 32 characters, or 0x and 64 hexadecimal digits");
  }
  return stringToHex(text, { size: 32 });
}

/** An H3 index of resolution 0 to 7, or `latitude,longitude` in degrees, which is taken at resolution 7. */
export function readCell(option: string, text: string): bigint {
  const point = /^(-?\d+(?:\.\d+)?),\s*(-?\d+(?:\.\d+)?)$/.exec(text);
  if (point) {
    const [latitude, longitude] = [Number(point[1]), Number(point[2])];
    if (Math.abs(latitude) > 90) throw wrong(option, text, "latitude is -90 to 90 degrees");
    if (Math.abs(longitude) > 180) throw wrong(option, text, "longitude is -180 to 180 degrees");
    return BigInt(`0x${latLngToCell(latitude, longitude, FINEST_RESOLUTION)}`);
  }
  const cell = text.replace(/^0x/, "").toLowerCase();
  if (!/^[0-9a-f]{15,16}$/.test(cell) || !isValidCell(cell)) {
    throw wrong(option, text, "an H3 cell such as 878c106a4ffffff, or latitude,longitude such as -6.2,106.8");
  }
  if (getResolution(cell) > FINEST_RESOLUTION) {
    const parent = cellToParent(cell, FINEST_RESOLUTION);
    throw wrong(
      option,
      text,
      `the resolution is 0 to ${FINEST_RESOLUTION}, so that it says no one's address; use ${parent}`,
    );
  }
  return BigInt(`0x${cell}`);
}

/** A P-256 public key: x and y as 128 hexadecimal digits (130 with the leading 04), or a PEM file. */
export function readPublicKey(option: string, text: string): { keyX: Hex; keyY: Hex } {
  const digits = /^(?:0x)?(?:04)?([0-9a-fA-F]{128})$/.exec(text)?.[1];
  const point = digits ? hexToBytes(`0x${digits}`) : pointOfPem(option, text);
  const [x, y] = [point.subarray(0, 32), point.subarray(32)];
  try {
    const coordinate = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
    createPublicKey({ key: { kty: "EC", crv: "P-256", x: coordinate(x), y: coordinate(y) }, format: "jwk" });
  } catch {
    throw wrong(option, text, "the point is not on the curve P-256");
  }
  return { keyX: bytesToHex(x), keyY: bytesToHex(y) };
}

function pointOfPem(option: string, file: string): Uint8Array {
  const allowed = "128 hexadecimal digits (x and y of a P-256 key), or the name of a PEM file with one";
  let pem: string;
  try {
    pem = readFileSync(file, "utf8");
  } catch {
    throw wrong(option, file, allowed);
  }
  if (pem.includes("PRIVATE KEY-----"))
    throw wrong(
      option,
      file,
      "this is the private key, which stays in the device: openssl pkey -pubout makes the public one of it",
    );
  try {
    const { crv, x, y } = createPublicKey(pem).export({ format: "jwk" });
    if (crv === "P-256") return Buffer.concat([Buffer.from(x!, "base64url"), Buffer.from(y!, "base64url")]);
  } catch {}
  throw wrong(option, file, allowed);
}

/** An option that is read by one of the above. */
export function option<Value>(name: string, read: (name: string, text: string) => Value, describe: string) {
  return { type: "string", requiresArg: true, describe, coerce: (text: string) => read(name, text) } as const;
}

/** The same, without which the command does nothing. */
export function needed<Value>(name: string, read: (name: string, text: string) => Value, describe: string) {
  return { ...option(name, read, describe), demandOption: true } as const;
}
