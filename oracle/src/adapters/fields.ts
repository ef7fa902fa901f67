/** Finds registers in a device's JSON, by the binding's map. */
import { MessageError, messageJson } from "../meters/message.ts";
import type { Json } from "../meters/strict-json.ts";
import { type Unit, wattHours } from "./decimal.ts";

/** Keys from the outermost object inwards. */
export type Path = readonly string[];
/** Where the registers are; `export` is null when the device has none, and counts as zero then. */
export type Fields = { import: Path; export: Path | null };

/** Devices nest deeper than meters that were made for this. */
const DEEPEST = 8;

/**
 * A device's message: numbers that are no integers stay text.
 * @throws MessageError
 */
export const deviceJson = (payload: Uint8Array): Json =>
  messageJson(payload, { deepest: DEEPEST, fraction: (text) => text });

/** What stands at `path`; undefined when that, or anything on the way, is missing or null. */
export function at(root: Json, path: Path): Json | undefined {
  let value: Json | undefined = root;
  for (const key of path) {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
    value = value[key];
  }
  return value ?? undefined;
}

/**
 * The registers of a message; undefined when it has neither.
 * @throws MessageError when only one of them is there, or one is no register.
 */
export function registersAt(
  root: Json,
  fields: Fields,
  unit: Unit,
  arrays?: "sum" | "first",
): { importWh: bigint; exportWh: bigint } | undefined {
  const found = { import: at(root, fields.import), export: fields.export ? at(root, fields.export) : 0n };
  if (found.import === undefined && (found.export === undefined || fields.export === null)) return undefined;
  const register = (name: "import" | "export") => {
    const field = fields[name]?.join(".") ?? name;
    const value = found[name];
    if (value === undefined) throw new MessageError("malformed", `${field}: is missing`);
    return wattHours(value, unit, field, arrays);
  };
  return { importWh: register("import"), exportWh: register("export") };
}
