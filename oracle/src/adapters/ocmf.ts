/**
 * OCMF, the Open Charge Metering Format of SAFE e.V.: a charging station's records, `OCMF|{payload}|{signature}`, one a
 * message. The key that the binding names must have signed the payload as it stands, byte for byte.
 */
import { type KeyObject, verify } from "node:crypto";
import { MessageError, messageText } from "@enerlink/protocol/wire/message";
import type { Json } from "@enerlink/protocol/wire/strict-json";
import type { BindingOf } from "./bindings.ts";
import { energyPart } from "./decimal.ts";
import { FieldError, IdentityError, SignatureError } from "./fault.ts";
import { at, deviceJson } from "./fields.ts";
import { checkDevice } from "./identity.ts";
import type { Readout, Receipt } from "./observation.ts";
import { deviceSeconds } from "./time.ts";

type Binding = BindingOf<"ocmf">;

/** Of each context (`T`, `F`) the page that was taken last, and the time of its last reading, unix seconds. */
export type OcmfMemory = { pages: Map<string, { page: bigint; timestamp: number }> };
export const newMemory = (): OcmfMemory => ({ pages: new Map() });

const ALGORITHM = "ECDSA-secp256r1-SHA256";
export const topics = ({ topic }: Binding) => [topic];

/** What a record says of its meter is part of the payload. */
export const reads = () => undefined;

export const signs = true;

/** The text that is at `key` in a section, or `usual`. */
function textAt(json: Json, key: string, usual?: string): string {
  const value = at(json, [key]) ?? usual;
  if (typeof value !== "string")
    throw new FieldError(key, value === undefined ? "is missing" : "must be text");
  return value;
}

/** @throws MessageError, or SignatureError when the key has not signed `payload`. */
function checkSignature(payload: string, section: Json, key: KeyObject): void {
  const must = (name: string, usual: string, allowed: readonly string[]) => {
    const value = textAt(section, name, usual);
    if (!allowed.includes(value)) throw new FieldError(name, `must be ${allowed.join(" or ")}`);
    return value as BufferEncoding;
  };
  must("SA", ALGORITHM, [ALGORITHM]);
  must("SM", "application/x-der", ["application/x-der"]);
  const signature = Buffer.from(textAt(section, "SD"), must("SE", "hex", ["hex", "base64"]));
  // Some meters write r and s alone.
  const dsaEncoding = signature.length === 64 ? "ieee-p1363" : "der";
  if (!verify("sha256", Buffer.from(payload), { key, dsaEncoding }, signature))
    throw new SignatureError("SD", "not made by the bound key over this record");
}

/** Registers that count all that ever came in or went out, by OBIS: not those of one transaction. */
const TOTAL = /^(?:\w+-\w+:)?0?(1|2|B0|C0)\.0?8\.0?0(?:[.*](?:FF|255))?$/i;

function registerOf(obis: string): "import" | "export" | undefined {
  const group = TOTAL.exec(obis.trim())?.[1]?.toUpperCase();
  if (group === undefined) return undefined;
  return group === "1" || group === "B0" ? "import" : "export";
}

/** A reading with what it leaves out since the one before says the same. */
type Reading = { [key: string]: Json };

function readingsOf(record: Json): Reading[] {
  const list = at(record, ["RD"]);
  if (!Array.isArray(list) || list.length === 0) throw new FieldError("RD", "must be a list of readings");
  let before: Reading = {};
  return list.map((one, place) => {
    if (one === null || typeof one !== "object" || Array.isArray(one) || !("RV" in one || "ST" in one))
      throw new FieldError(`RD.${place}`, "must be a reading");
    const { RV, CL, ...lasting } = before;
    before = { ...lasting, ...(one as Reading) };
    return before;
  });
}

/** When a reading was taken, unix seconds. */
function timeOf(reading: Reading, receipt: Receipt, field: string): number {
  const [, time, state] = /^(.*\S) ([UISR])$/.exec(textAt(reading, "TM")) ?? [];
  if (time === undefined)
    throw new FieldError(field, "must be a time and its state, such as 2018-07-24T13:22:04,000+0200 S");
  if (state === "U") throw new FieldError(field, "the station's clock is not synchronized (U)");
  return deviceSeconds(time, undefined, receipt.at, field);
}

/** What a reading of a register counts, 10^-9 Wh. */
function energyOf(reading: Reading, place: number): bigint {
  const state = textAt(reading, "ST");
  if (state !== "G")
    throw new FieldError(`RD.${place}.ST`, `the meter's state is ${state.slice(0, 16)}, not G`);
  const errors = textAt(reading, "EF", "");
  if (errors) throw new FieldError(`RD.${place}.EF`, "must be empty; the station says that it has an error");
  const unit = textAt(reading, "RU");
  if (unit !== "Wh" && unit !== "kWh") throw new FieldError(`RD.${place}.RU`, "must be Wh or kWh");
  const value = at(reading, ["RV"]);
  if (value === undefined || value === null) throw new FieldError(`RD.${place}.RV`, "is missing");
  return energyPart(value, { unit }, `RD.${place}.RV`);
}

type Totals = { import?: bigint; export?: bigint; timestamp: number };

/** The registers at each time of a record, in its order. */
function totalsOf(record: Json, receipt: Receipt): Totals[] {
  const byTime = new Map<number, Totals>();
  const readings = readingsOf(record);
  readings.forEach((reading, place) => {
    const name = registerOf(textAt(reading, "RI", ""));
    if (!name) return;
    const timestamp = timeOf(reading, receipt, `RD.${place}.TM`);
    const totals = byTime.get(timestamp) ?? { timestamp };
    // Of two in one second the later counts.
    totals[name] = energyOf(reading, place);
    byTime.set(timestamp, totals);
  });
  if (byTime.size > 0) return [...byTime.values()];
  const others = [...new Set(readings.map((reading) => textAt(reading, "RI", "nothing").slice(0, 32)))];
  throw new FieldError("RD", `reads ${others.join(", ")}; what is settled is 1.8.0 and 2.8.0`);
}

/**
 * Pages of a context are numbered in the order in which they were signed: a later one cannot be of an earlier time.
 * @throws MessageError when the station's clock was put back.
 */
function checkPage(record: Json, totals: Totals[], { retained }: Receipt, { pages }: OcmfMemory): void {
  const text = textAt(record, "PG");
  const [, context, number] = /^([TF])(\d{1,19})$/.exec(text) ?? [];
  if (context === undefined || number === undefined)
    throw new FieldError("PG", "must be T or F and a number");
  const page = BigInt(number);
  const before = pages.get(context);
  if (before && page <= before.page) return;
  if (before && totals[0]!.timestamp < before.timestamp)
    throw new FieldError(
      "TM",
      `page ${text} is of an earlier time than ${context}${before.page}; was the clock put back?`,
    );
  if (!retained) pages.set(context, { page, timestamp: totals.at(-1)!.timestamp });
}

export function adapt(
  _topic: string,
  payload: Uint8Array,
  { key, device, exports }: Binding,
  receipt: Receipt,
  memory: OcmfMemory,
): Readout[] {
  const [header, signed, signature, ...more] = messageText(payload).split("|");
  if (header?.trim() !== "OCMF" || signed === undefined || signature === undefined || more.length > 0)
    throw new MessageError("malformed", "must be OCMF|{payload}|{signature}");
  checkSignature(signed, deviceJson(Buffer.from(signature)), key);
  const record = deviceJson(Buffer.from(signed));
  const serial = ["MS", "GS"].find((name) => at(record, [name]));
  if (serial === undefined) throw new IdentityError("MS, GS", "the record names no meter");
  checkDevice(record, [serial], device);
  const totals = totalsOf(record, receipt);
  const readouts = totals.map(({ timestamp, ...found }): Readout => {
    if (found.import === undefined) throw new FieldError("1.8.0", "is missing");
    if (exports && found.export === undefined)
      throw new FieldError("2.8.0", "is missing; exports is true", "exports");
    if (!exports && found.export !== undefined)
      throw new FieldError("2.8.0", "is not read unless exports is true", "exports");
    return { kind: "readout", import: [found.import], export: exports ? [found.export] : [], timestamp };
  });
  checkPage(record, totals, receipt, memory);
  return readouts;
}
