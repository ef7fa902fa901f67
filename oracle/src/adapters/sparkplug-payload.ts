/**
 * What is needed of Sparkplug B's protobuf: times, and metrics with name and plain value. The rest is stepped over.
 * Sixty-four bit integers stay exact, and lengths are checked before they are followed.
 */
import { LARGEST_MESSAGE_BYTES, MessageError } from "@enerlink/protocol/wire/message";

/**
 * Times in unix milliseconds; a metric has a name, an alias, or both. `value` is undefined when it is not a plain number
 * or text; of an integer it is what `datatype` makes of it, which only a birth needs to say.
 */
export type Metric = {
  name: string;
  alias: bigint | undefined;
  datatype: bigint | undefined;
  /** As it travelled, unsigned. */
  integer: { value: bigint; bits: number } | undefined;
  timestamp: bigint | undefined;
  value: bigint | string | null | undefined;
};
export type SparkplugPayload = { timestamp: bigint | undefined; metrics: Metric[] };

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

type Field = { number: number; type: number; integer: bigint; bytes: Uint8Array };

const broken = (why: string) => new MessageError("malformed", `not a Sparkplug payload: ${why}`);

function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let position = 0;
  function varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[position++];
      if (byte === undefined) throw broken("it ends inside a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw broken("a number is too long");
  }
  function take(length: bigint): Uint8Array {
    if (length > BigInt(bytes.length - position)) throw broken("it ends inside a field");
    const taken = bytes.subarray(position, position + Number(length));
    position += Number(length);
    return taken;
  }
  const none = new Uint8Array();
  while (position < bytes.length) {
    const tag = varint();
    const field: Field = { number: Number(tag >> 3n), type: Number(tag & 7n), integer: 0n, bytes: none };
    if (field.type === VARINT) field.integer = varint();
    else if (field.type === FIXED64) field.bytes = take(8n);
    else if (field.type === FIXED32) field.bytes = take(4n);
    else if (field.type === BYTES) field.bytes = take(varint());
    else throw broken(`wire type ${field.type}`);
    yield field;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw broken("text is not UTF-8");
  }
}

/** The shortest decimal text that is this number, of 32 or 64 bits. */
function decimalText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 8) return String(view.getFloat64(0, true));
  const value = view.getFloat32(0, true);
  for (let digits = 6; digits < 9; digits++) {
    const short = value.toPrecision(digits);
    if (Math.fround(Number(short)) === value) return String(Number(short));
  }
  return String(Number(value.toPrecision(9)));
}

/** Datatypes 1 to 4 are signed: their negative values travel in two's complement. */
export function typed(metric: Metric, datatype: bigint | undefined): Metric {
  const { integer, value } = metric;
  if (!integer || value === null) return metric;
  const isSigned = datatype !== undefined && datatype >= 1n && datatype <= 4n;
  return {
    ...metric,
    datatype,
    value: isSigned ? BigInt.asIntN(integer.bits, integer.value) : integer.value,
  };
}

function metricOf(bytes: Uint8Array): Metric {
  const metric: Metric = {
    name: "",
    alias: undefined,
    datatype: undefined,
    integer: undefined,
    timestamp: undefined,
    value: undefined,
  };
  let isNull = false;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.type === BYTES) metric.name = text(field.bytes);
    else if (field.number === 2 && field.type === VARINT) metric.alias = field.integer;
    else if (field.number === 3 && field.type === VARINT) metric.timestamp = field.integer;
    else if (field.number === 4 && field.type === VARINT) metric.datatype = field.integer;
    else if (field.number === 7 && field.type === VARINT) isNull = field.integer !== 0n;
    else if (field.number === 10 && field.type === VARINT)
      metric.integer = { value: field.integer, bits: 32 };
    else if (field.number === 11 && field.type === VARINT)
      metric.integer = { value: field.integer, bits: 64 };
    else if (field.number === 12 && field.type === FIXED32) metric.value = decimalText(field.bytes);
    else if (field.number === 13 && field.type === FIXED64) metric.value = decimalText(field.bytes);
    else if (field.number === 15 && field.type === BYTES) metric.value = text(field.bytes);
  }
  return isNull ? { ...metric, value: null } : typed(metric, metric.datatype);
}

/** @throws MessageError `oversized` or `malformed`. */
export function decodePayload(bytes: Uint8Array): SparkplugPayload {
  if (bytes.length > LARGEST_MESSAGE_BYTES)
    throw new MessageError(
      "oversized",
      `${bytes.length} bytes; at most ${LARGEST_MESSAGE_BYTES} are allowed`,
    );
  const payload: SparkplugPayload = { timestamp: undefined, metrics: [] };
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.type === VARINT) payload.timestamp = field.integer;
    else if (field.number === 2 && field.type === BYTES) payload.metrics.push(metricOf(field.bytes));
  }
  return payload;
}

/** Asks an edge node for its births: they say which metric an alias stands for. */
export function rebirthRequest(): Uint8Array {
  const name = Buffer.from("Node Control/Rebirth");
  // Its name, datatype 11 (boolean) and the value true.
  const metric = Buffer.concat([Buffer.from([0x0a, name.length]), name, Buffer.from([0x20, 11, 0x70, 1])]);
  return Buffer.concat([Buffer.from([0x12, metric.length]), metric]);
}
