/** A contract's error as a program or an operator reads it: its arguments with their units, in plain English. */
import type { Hex } from "viem";
import { errorUnits } from "../generated/errors.ts";
import { isSerial, serialOf } from "../ids.ts";
import { type EnumName, membersOf } from "../names.ts";
import { formatIdr, formatKwh, formatPrice } from "../units.ts";
import type { Measure } from "./units.ts";

/** What an argument counts, or the enum that it is of. */
export type Unit = Exclude<Measure, "plain"> | EnumName;

/** What an argument of an error counts; undefined for addresses, texts, and what is a number and nothing else. */
export const unitOf = (error: string, argument: string): Unit | undefined =>
  (errorUnits as Record<string, Record<string, Unit>>)[error]?.[argument];

/** The last moment that has a date, unix seconds. */
const LAST_DATE = 8_640_000_000_000n;
const big = (value: unknown) => BigInt(value as bigint);

const writers: Record<Exclude<Measure, "plain">, (value: unknown) => string> = {
  wattHours: (value) => `${formatKwh(big(value))} kWh`,
  watts: (value) => `${value} W`,
  idrs: (value) => `${formatIdr(big(value))} IDR`,
  price: (value) => `${formatPrice(big(value))} IDR/kWh`,
  tick: (value) => `${value} IDR/kWh`,
  time: (value) => (big(value) > LAST_DATE ? String(value) : new Date(Number(value) * 1_000).toISOString()),
  seconds: (value) => `${value} s`,
  cell: (value) => big(value).toString(16),
  meter: (id) => (isSerial(serialOf(id as Hex)) ? serialOf(id as Hex) : String(id)),
  ofToken: String,
};

/** An argument's value with its unit: "0.1 kWh"; an enum's member in small letters. */
export function written(unit: Unit | undefined, value: unknown): string {
  if (unit === undefined) return String(value);
  const members = membersOf(unit);
  if (members) return members[Number(value)]?.toLowerCase() ?? String(value);
  return writers[unit as Exclude<Measure, "plain">](value);
}

/** As viem decodes it. */
export type ContractError = {
  errorName: string;
  args?: readonly unknown[] | undefined;
  abiItem: object;
};

/** One argument of an error: `value` as the contract gave it, in decimal or hexadecimal text, `text` with its unit. */
export type ErrorArgument = { name: string; value: string; unit: Unit | undefined; text: string };

export function argumentsOf({ errorName, args = [], abiItem }: ContractError): ErrorArgument[] {
  const { inputs = [] } = abiItem as { inputs?: readonly { name?: string | undefined }[] };
  return inputs.map(({ name = "" }, index) => {
    const unit = unitOf(errorName, name);
    const value = args[index];
    return { name: name || String(index), value: String(value), unit, text: written(unit, value) };
  });
}
