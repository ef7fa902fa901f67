/** What a household should do next: one thing. */
import { MINIMUM_WH } from "@enerlink/contracts";

export type Situation = {
  /** Free energy in wallet and trading balance, and open debt, Wh. */
  energyWh: bigint;
  debtWh: bigint;
  /** Free money in wallet and trading balance, IDRS base units. */
  idrs: bigint;
  /** IDR/kWh, 0 where nobody bids or asks. */
  bestBid: number;
  bestAsk: number;
};

export type NextStep =
  | { kind: "repay"; wattHours: bigint }
  | { kind: "buyForDebt"; debtWh: bigint; wattHours: bigint; tick: number }
  | { kind: "sell"; wattHours: bigint; tick: number }
  | { kind: "topUp" }
  | { kind: "nothing" };

export function nextStep({ energyWh, debtWh, idrs, bestBid, bestAsk }: Situation): NextStep {
  if (debtWh > 0n) {
    if (energyWh > 0n) return { kind: "repay", wattHours: energyWh < debtWh ? energyWh : debtWh };
    if (idrs === 0n) return { kind: "topUp" };
    return {
      kind: "buyForDebt",
      debtWh,
      wattHours: debtWh > MINIMUM_WH ? debtWh : MINIMUM_WH,
      tick: bestAsk,
    };
  }
  if (energyWh >= MINIMUM_WH) return { kind: "sell", wattHours: energyWh, tick: bestBid || bestAsk };
  if (idrs === 0n) return { kind: "topUp" };
  return { kind: "nothing" };
}
