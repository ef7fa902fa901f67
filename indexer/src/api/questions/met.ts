/** What an order meets of a queue of others, one after the other, and where it stops. */
import { costOf } from "@enerlink/protocol";
import type { Address } from "viem";

/** An order that rests. */
export type Met = { tick: number; owner: Address; openWh: bigint };

/**
 * @param queue those that cross, in their turn
 * @returns energy in Wh, money in IDRS base units, ticks in IDR/kWh; null where nothing would be filled. `stopped`:
 * the steps ran out before others that cross, and the contract returns what is left, whatever was to rest
 */
export function metBy(
  queue: readonly Met[],
  { wattHours, maxSteps, owner }: { wattHours: bigint; maxSteps: number; owner: Address | undefined },
) {
  let [filledWh, costIdrs, ownWh] = [0n, 0n, 0n];
  const met: Met[] = [];
  for (const one of queue.slice(0, maxSteps)) {
    const leftWh = wattHours - filledWh;
    if (leftWh === 0n) break;
    const takenWh = one.openWh < leftWh ? one.openWh : leftWh;
    filledWh += takenWh;
    costIdrs += costOf(takenWh, one.tick);
    if (one.owner === owner) ownWh += takenWh;
    met.push(one);
  }
  return {
    filledWh,
    leftWh: wattHours - filledWh,
    costIdrs,
    ownWh,
    steps: met.length,
    stopped: filledWh < wattHours && queue.length > met.length,
    averagePrice: filledWh === 0n ? null : costIdrs / filledWh,
    bestTick: met[0]?.tick ?? null,
    worstTick: met.at(-1)?.tick ?? null,
  };
}
