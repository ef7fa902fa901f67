/** What one meter exported and imported, by periods of the calendar. */
import { db } from "ponder:api";
import { community, meter, settlement } from "ponder:schema";
import { isSerial, serialOf } from "@enerlink/protocol";
import { and, count, eq, sql } from "ponder";
import type { Hex } from "viem";
import { readSettings } from "../../../lib/settings.ts";
import { chainTime } from "../now.ts";
import { notFound } from "../problem.ts";
import { ENERGY_DAYS, type EnergySpan, lengthOf, periodsOf, type Range, startsOf } from "./periods.ts";
import { endedIn, endingIn } from "./settled.ts";

const { settlementInterval: WINDOW } = readSettings();

export type RangeAsked = { from?: bigint | undefined; to?: bigint | undefined; timeZone: string };

/** A range with what is not said: it ends now and begins `days` before its end, or less by short slots: `lengthOf`. */
export async function rangeOf(
  { from, to, timeZone }: RangeAsked,
  days: bigint,
  slot?: bigint,
): Promise<Range> {
  const end = to ?? (await chainTime()) + 1n;
  return { from: from ?? end - lengthOf(days, slot), to: end, timeZone };
}

/**
 * What a meter settled in each period of the range that holds a settlement, oldest first; one without is left out: what
 * it held is not known. A settlement counts whole where its energy ends, also when it began in an earlier period, which
 * `since` says.
 * @throws Problem 404 for a meter that is not registered, 400 as `periodsOf` does
 */
export async function meterEnergy(meterId: Hex, asked: RangeAsked, span: EnergySpan) {
  const slot = await slotOf(meterId);
  const range = await rangeOf(asked, ENERGY_DAYS, span === "SLOT" ? slot : undefined);
  const periods = periodsOf(range, span, slot);
  const rows = await db
    .select({
      period: endingIn(startsOf(periods)),
      exportWh: sql<string>`sum(${settlement.exportedWh})`,
      importWh: sql<string>`sum(${settlement.importedWh})`,
      settlements: count(),
      since: sql<string>`min(${settlement.since})`,
      until: sql<string>`max(${settlement.endsAt})`,
    })
    .from(settlement)
    .where(
      and(eq(settlement.meterId, meterId), eq(settlement.baseline, false), endedIn(range.from, range.to)),
    )
    .groupBy(sql`1`)
    .orderBy(sql`1`);
  return rows.map(({ period, settlements, ...row }) => ({
    ...periods[period - 1]!,
    exportWh: BigInt(row.exportWh),
    importWh: BigInt(row.importWh),
    settlements,
    since: BigInt(row.since),
    until: BigInt(row.until),
  }));
}

export type EnergyPeriod = Awaited<ReturnType<typeof meterEnergy>>[number];

/** How long a meter's slots are, seconds: its community's, or the settlement windows. */
async function slotOf(meterId: Hex): Promise<bigint> {
  const { slot } = await knownMeter(meterId);
  return slot === null ? WINDOW : BigInt(slot);
}

/** A meter with its community and that one's slots. @throws Problem 404 */
export async function knownMeter(meterId: Hex) {
  const [found] = await db
    .select({ communityId: meter.communityId, slot: community.slot })
    .from(meter)
    .leftJoin(community, eq(community.id, meter.communityId))
    .where(eq(meter.id, meterId));
  if (!found) throw notFound("meter", nameOf(meterId));
  return found;
}

/** Its serial; its id where that is none's. */
function nameOf(meterId: Hex): string {
  const serial = serialOf(meterId);
  return isSerial(serial) ? serial : meterId;
}
