/**
 * What the community generated, used and shared. Neighbours can share what is exported and imported within one
 * settlement window, so sharing is reckoned window by window and only then added up, whatever spans are asked for.
 * A settlement counts where its energy ends: one that ends at a span's very end belongs to it.
 */

import { db } from "ponder:api";
import { communityWindow, meter, settlement } from "ponder:schema";
import { or, sql } from "ponder";
import { readSettings } from "../../../lib/settings.ts";
import { anchorOf, type Interval, intervals } from "../../../lib/spans.ts";
import { wrong } from "../input.ts";
import { chainTime } from "../now.ts";
import { checkTimeZone, ENERGY_DAYS, lengthOf, MOST_PERIODS, startsAround } from "./periods.ts";
import { endedIn } from "./settled.ts";

/** Length of a settlement window, seconds. */
const { settlementInterval: WINDOW } = readSettings();
const MOST_SPANS = BigInt(MOST_PERIODS);
const MOST_WINDOWS = 600_000n;

/** A number of our own, written out: as a parameter PostgreSQL would take each use of it for another expression. */
const written = (value: bigint) => sql.raw(String(value));

/** The start of the span of `seconds`, counted from `anchor`, in which what ends at `end` ends. */
const spanOf = (end: ReturnType<typeof sql>, seconds: bigint, anchor = 0n) =>
  sql`div(${end} - 1 - ${written(anchor)}, ${written(seconds)}) * ${written(seconds)} + ${written(anchor)}`;

/**
 * What was settled in each window of energy that ended after `from` and up to `to`: whole windows from their own table, the one
 * or two that the range cuts from their settlements.
 */
function windowsIn(from: bigint, to: bigint) {
  const first = ((from + WINDOW - 1n) / WINDOW) * WINDOW;
  const last = (to / WINDOW) * WINDOW;
  const { endsAt, exportedWh, importedWh } = settlement;
  const cut = first > last ? endedIn(from, to) : or(endedIn(from, first), endedIn(last, to));
  return sql`
    SELECT ${communityWindow.start} AS start, ${communityWindow.exportedWh} AS exported, ${communityWindow.importedWh} AS imported
    FROM ${communityWindow} WHERE ${communityWindow.start} >= ${first} AND ${communityWindow.start} < ${last}
    UNION ALL
    SELECT ${spanOf(sql`${endsAt}`, WINDOW)}, sum(${exportedWh}), sum(${importedWh})
    FROM ${settlement} JOIN ${meter} ON ${meter.id} = ${settlement.meterId} AND ${meter.kind} <> 'GRID'
    WHERE ${cut} GROUP BY 1`;
}

const windowsEnd = sql`(start + ${written(WINDOW)})`;

/** The start of a window's span of `seconds`. */
const evenly = (seconds: bigint, anchor = 0n) => spanOf(windowsEnd, seconds, anchor);

/** The start of a window's span, of those that begin at `starts`. */
function byCalendar(starts: readonly bigint[]) {
  const all = sql.raw(`'{${starts.join(",")}}'::numeric[]`);
  return sql`(${all})[width_bucket(${windowsEnd} - 1, ${all})]`;
}

/**
 * What was settled of energy that ended after `from` and up to `to` (unix seconds), in each span, oldest first.
 * @param start says of a window when its span begins
 */
async function spansOf(from: bigint, to: bigint, start: ReturnType<typeof sql>) {
  const { rows } = await db.execute(sql`
    SELECT ${start} AS start, sum(exported) AS exported,
      sum(imported) AS imported, sum(least(exported, imported)) AS shared
    FROM (${windowsIn(from, to)}) AS windows GROUP BY 1 ORDER BY 1`);
  return (rows as Record<"start" | "exported" | "imported" | "shared", string>[]).map(
    ({ start, exported, imported, shared }) => ({
      start: BigInt(start),
      exportedWh: BigInt(exported),
      importedWh: BigInt(imported),
      sharedWh: BigInt(shared),
      selfSufficiency: share(BigInt(shared), BigInt(imported)),
    }),
  );
}

const share = (part: bigint, whole: bigint) => (whole === 0n ? null : Number(part) / Number(whole));

type Exchange = { exportedWh: bigint; importedWh: bigint; sharedWh: bigint };

const sumOf = (spans: Exchange[]): Exchange =>
  spans.reduce(
    (sum, span) => ({
      exportedWh: sum.exportedWh + span.exportedWh,
      importedWh: sum.importedWh + span.importedWh,
      sharedWh: sum.sharedWh + span.sharedWh,
    }),
    { exportedWh: 0n, importedWh: 0n, sharedWh: 0n },
  );

/** What all meters but the grid's exported and imported from `from` to `to`, unix seconds. */
export const exchanged = async (from: bigint, to: bigint) =>
  sumOf(await spansOf(from, to, evenly(intervals.DAY)));

type Asked = { from?: bigint | undefined; to?: bigint | undefined; interval: Interval; timeZone: string };

/**
 * Energy from `from` to `to` (unix seconds; the last seven days, or 2999 shorter spans, unless told), and in each span of
 * `interval` within, which is at least a settlement window long. What neighbours can have shared in a settlement window is the lesser of export and import;
 * self-sufficiency is that, summed over the windows, as a part of the import; self-consumption as one of the export.
 * @param timeZone in whose calendar days and weeks begin
 * @throws Problem 400 when `from` is not before `to`, for no time zone, or when the range holds more than 3000 spans or
 * 600,000 windows
 */
export async function communityEnergy({ interval, timeZone, ...range }: Asked) {
  const seconds = intervals[interval] > WINDOW ? intervals[interval] : WINDOW;
  const to = range.to ?? (await chainTime());
  const from = range.from ?? to - lengthOf(ENERGY_DAYS, seconds);
  if (from >= to) throw wrong("from", "before to");
  const longest = [MOST_SPANS * seconds, MOST_WINDOWS * WINDOW].reduce((a, b) => (a < b ? a : b));
  if (to - from > longest)
    throw wrong("from", `at most ${longest / seconds} spans of ${seconds} s before to`);
  checkTimeZone(timeZone);
  const isOfCalendar = (interval === "DAY" || interval === "WEEK") && timeZone !== "UTC";
  const start = isOfCalendar
    ? byCalendar(startsAround({ from, to, timeZone }, interval))
    : evenly(seconds, anchorOf(interval));
  const windows = await spansOf(from, to, start);
  const energy = sumOf(windows);
  return {
    ...energy,
    selfSufficiency: share(energy.sharedWh, energy.importedWh),
    selfConsumption: share(energy.sharedWh, energy.exportedWh),
    windowSeconds: Number(WINDOW),
    windows,
  };
}
