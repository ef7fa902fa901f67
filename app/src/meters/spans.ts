/** Settlements added up by equal spans of time, for a chart. */
import type { Settlement } from "./data.ts";

/** Unix seconds, Wh. */
export type Span = { start: number; exportedWh: bigint; importedWh: bigint };

/** @returns `count` spans of `seconds` that end at `end`, oldest first; a settlement belongs to the span it was read in */
export function spansOf(
  settlements: readonly Pick<Settlement, "readAt" | "exportedWh" | "importedWh">[],
  end: number,
  count: number,
  seconds: number,
): Span[] {
  const begin = end - count * seconds;
  const spans = Array.from({ length: count }, (_, index) => ({
    start: begin + index * seconds,
    exportedWh: 0n,
    importedWh: 0n,
  }));
  for (const { readAt, exportedWh, importedWh } of settlements) {
    // What was read at a full hour was used in the hour before it.
    const span = spans[Math.ceil((readAt - begin) / seconds) - 1];
    if (!span) continue;
    span.exportedWh += exportedWh;
    span.importedWh += importedWh;
  }
  return spans;
}
