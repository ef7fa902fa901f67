/** What the community generated, used and shared. */

import { db } from "ponder:api";
import { communityWindow } from "ponder:schema";
import { and, asc, eq, gte, lt, sql } from "ponder";
import { InputError } from "../input.ts";
import { intervals } from "./book.ts";

const MOST_WINDOWS = 3_000n;

type WindowLength = "QUARTER_HOUR" | "DAY";

/** Exported and imported by all meters but the grid's from `from` to `to`, unix seconds: whole quarters of an hour. */
export async function exchanged(from: bigint, to: bigint) {
  const [row] = await db
    .select({
      exportedWh: sql<string | null>`sum(${communityWindow.exportedWh})`,
      importedWh: sql<string | null>`sum(${communityWindow.importedWh})`,
    })
    .from(communityWindow)
    .where(
      and(
        eq(communityWindow.interval, "QUARTER_HOUR"),
        gte(communityWindow.start, from),
        lt(communityWindow.start, to),
      ),
    );
  return { exportedWh: BigInt(row?.exportedWh ?? 0), importedWh: BigInt(row?.importedWh ?? 0) };
}

const share = (part: bigint, whole: bigint) => (whole === 0n ? null : Number(part) / Number(whole));
const lesser = (a: bigint, b: bigint) => (a < b ? a : b);

/**
 * Energy from `from` to `to` (unix seconds), window by window. In a window, what neighbours can have shared is the
 * lesser of export and import; self-sufficiency is its part of the import, self-consumption its part of the export.
 * @throws InputError when `from` is not before `to` or the range holds more than 3000 windows
 */
export async function communityEnergy(from: bigint, to: bigint, interval: WindowLength) {
  if (from >= to) throw new InputError("from", "before to");
  if ((to - from) / intervals[interval] > MOST_WINDOWS) {
    throw new InputError("from", `at most ${MOST_WINDOWS} windows of ${intervals[interval]} s before to`);
  }
  const rows = await db
    .select()
    .from(communityWindow)
    .where(
      and(
        eq(communityWindow.interval, interval),
        gte(communityWindow.start, from),
        lt(communityWindow.start, to),
      ),
    )
    .orderBy(asc(communityWindow.start));

  const windows = rows.map(({ start, exportedWh, importedWh }) => {
    const sharedWh = lesser(exportedWh, importedWh);
    return { start, exportedWh, importedWh, sharedWh, selfSufficiency: share(sharedWh, importedWh) };
  });
  const total = (column: "exportedWh" | "importedWh" | "sharedWh") =>
    windows.reduce((sum, window) => sum + window[column], 0n);
  const [exportedWh, importedWh, sharedWh] = [total("exportedWh"), total("importedWh"), total("sharedWh")];
  return {
    exportedWh,
    importedWh,
    sharedWh,
    selfSufficiency: share(sharedWh, importedWh),
    selfConsumption: share(sharedWh, exportedWh),
    windows,
  };
}
