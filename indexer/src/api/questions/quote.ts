/** What an order would meet in the book as the index knows it. */
import { costOf } from "@enerlink/protocol";
import { orderBook } from "./book.ts";

const DEPTH = 1_000;

/**
 * Walks the other side's levels, best first, up to `wattHours` and no further than `limit`, a tick.
 * @returns energy in Wh, money in IDRS base units, ticks in IDR/kWh; null where nothing would be filled
 */
export async function quote(side: "buy" | "sell", wattHours: bigint, limit: number | undefined) {
  const { bids, asks } = await orderBook(DEPTH);
  const met = (side === "buy" ? asks : bids).filter(
    ({ tick }) => limit === undefined || (side === "buy" ? tick <= limit : tick >= limit),
  );
  let [filledWh, costIdrs] = [0n, 0n];
  let worstTick: number | null = null;
  for (const { tick, wattHours: restingWh } of met) {
    if (filledWh === wattHours) break;
    const leftWh = wattHours - filledWh;
    const takenWh = restingWh < leftWh ? restingWh : leftWh;
    filledWh += takenWh;
    costIdrs += costOf(takenWh, tick);
    worstTick = tick;
  }
  const bestTick = worstTick === null ? null : met[0]!.tick;
  const averagePrice = filledWh === 0n ? null : costIdrs / filledWh;
  return { filledWh, leftWh: wattHours - filledWh, costIdrs, averagePrice, bestTick, worstTick };
}
