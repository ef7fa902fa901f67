/** Finds registers in a device's JSON, by the binding's map. */
import { messageJson } from "@enerlink/protocol/wire/message";
import { type Json, Unreadable } from "@enerlink/protocol/wire/strict-json";
import { energyPart, type Measure, numberText, wattsIn } from "./decimal.ts";
import { FieldError } from "./fault.ts";
import type { Part, Readout } from "./observation.ts";

/** Keys from the outermost object inwards; a number is a place in an array, from 0. */
export type Path = readonly string[];
/** The parts of each register; `export` is null when the device has none, and counts as zero then. */
export type Fields = { import: readonly Path[]; export: readonly Path[] | null };

/** Devices nest deeper than meters that were made for this. */
const DEEPEST = 8;

/**
 * A device's message: numbers that are no integers stay text, what nobody reads may be wrong.
 * @throws MessageError
 */
export const deviceJson = (payload: Uint8Array): Json =>
  messageJson(payload, { deepest: DEEPEST, fraction: (text) => text, lenient: true });

/**
 * What stands at `path`; null also when something on the way is, undefined when it or anything on the way is missing.
 * @throws MessageError when what is on the way cannot be told.
 */
export function at(root: Json, path: Path): Json | undefined {
  let value: Json | undefined = root;
  for (const [place, key] of path.entries()) {
    if (value instanceof Unreadable)
      throw new FieldError(nameOf(path.slice(0, place)) || "message", value.why);
    if (value === null) return null;
    if (typeof value !== "object") return undefined;
    if (Array.isArray(value)) value = /^\d{1,3}$/.test(key) ? value[Number(key)] : undefined;
    else value = value[key];
  }
  return value;
}

export const nameOf = (path: Path): string => path.join(".");

/**
 * The parts of a message's registers; undefined when it has none of them. `byException`: what is missing has not changed.
 * @throws MessageError when only some are there, or one is no number.
 */
export function partsAt(
  root: Json,
  fields: Fields,
  measure: Measure,
  { byException = false }: { byException?: boolean } = {},
): Pick<Readout, "import" | "export" | "counters" | "zeros"> | undefined {
  const found = (paths: readonly Path[]) => paths.map((path) => ({ path, value: at(root, path) }));
  const [into, out] = [found(fields.import), found(fields.export ?? [])];
  if (![...into, ...out].some(({ value }) => value !== undefined && value !== null)) return undefined;
  const part = ({ path, value }: { path: Path; value: Json | undefined }): Part => {
    if (value === undefined && !byException)
      throw new FieldError(nameOf(path), "is missing", "fields", "byException", "exports");
    if (value === undefined || value === null) return value;
    // An array of phases of which none has counted yet.
    if (Array.isArray(value) && value.length > 0 && value.every((one) => one === null)) return null;
    return energyPart(value, measure, nameOf(path));
  };
  /** The lists of which each entry is a counter. */
  const lists = (of: typeof into) =>
    of.flatMap(({ value }) => (measure.arrays === "sum" && Array.isArray(value) ? [value] : []));
  const counters = (of: typeof into) =>
    of.length + lists(of).reduce((sum, { length }) => sum + length - 1, 0);
  const zeros = (of: typeof into) =>
    lists(of).flatMap((list) => list.filter((one) => one === null || energyPart(one, measure, "") === 0n))
      .length;
  return {
    import: into.map(part),
    export: out.map(part),
    counters: { import: counters(into), export: counters(out) },
    zeros: { import: zeros(into), export: zeros(out) },
  };
}

/** What stands at `path`, where it does not matter whether it can be told. */
function seenAt(root: Json, path: Path): Json | undefined {
  try {
    return at(root, path);
  } catch {
    return undefined;
  }
}

/** Power that a message shows, W: of all phases, whatever their direction; undefined when it shows none. */
export function wattsAt(root: Json, path: Path | undefined, unit: "W" | "kW" = "W"): number | undefined {
  const value = path && seenAt(root, path);
  const values = Array.isArray(value) ? value : [value];
  const watts = values.map((one) => Math.abs(Number(numberText(one) ?? Number.NaN)));
  return watts.every(Number.isFinite) ? watts.reduce((sum, one) => sum + one, 0) * wattsIn(unit) : undefined;
}
