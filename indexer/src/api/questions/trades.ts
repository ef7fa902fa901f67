/** Trades of offers, with what the clock makes of them. */

import { db } from "ponder:api";
import { type market, meter, type trade } from "ponder:schema";
import { constants } from "@enerlink/protocol";
import { inArray } from "ponder";
import type { Hex } from "viem";
import { batteryStoppedFor, stoppedBetween } from "../../../lib/stops.ts";
import { together } from "../together.ts";

/** How long after `availableTo` a delivery is still paid, and by how much stops move that at most, seconds. */
const { DELIVERY_GRACE, LONGEST_EXTENSION } = constants.Trades;

export type Trade = typeof trade.$inferSelect;
type Battery = Pick<typeof meter.$inferSelect, "stopped" | "stopsBase">;
/** The chain's time, unix seconds, and the market's row then. */
export type Clock = {
  now: bigint;
  board: Pick<typeof market.$inferSelect, "stoppedFor" | "stoppedSince"> | undefined;
};

const batteryOf = together(async (ids: string[]) => {
  const { id, stopped, stopsBase } = meter;
  const rows = await db
    .select({ id, stopped, stopsBase })
    .from(meter)
    .where(inArray(id, ids as Hex[]));
  return new Map<string, Battery>(rows.map((row) => [row.id, row]));
});

/**
 * Until when a trade's delivery is paid, as `EnergyMarket.trade` says it: later by as long as board, settlement or its
 * battery's meter were stopped since its acceptance, each second once, but never by more than seven days.
 */
function deliverBy(row: Trade, battery: Battery | undefined, { now, board }: Clock): bigint {
  const planned = row.availableTo + DELIVERY_GRACE;
  if (row.status === "PENDING" || !board || !battery) return planned;
  const stops = stoppedBetween(row.stoppedBefore, batteryStoppedFor(battery, board, now));
  return planned + (stops < LONGEST_EXTENSION ? stops : LONGEST_EXTENSION);
}

/**
 * What the contract says of a trade now: until when its delivery is paid, unix seconds, and how much of it could be
 * delivered, Wh: metered for it and not yet handed over, in its time.
 */
export async function tradeNow(
  row: Trade,
  clock: Clock,
): Promise<{ deliverBy: bigint; deliverableWh: bigint }> {
  const until = deliverBy(row, await batteryOf(row.batteryId), clock);
  const isTime = row.availableFrom <= clock.now && clock.now <= until;
  const deliverableWh = row.status === "ACCEPTED" && isTime ? row.meteredWh - row.deliveredWh : 0n;
  return { deliverBy: until, deliverableWh };
}
