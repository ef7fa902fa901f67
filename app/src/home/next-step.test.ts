import { describe, expect, test } from "vitest";
import { nextStep, type Situation } from "./next-step.ts";

const situation = (change: Partial<Situation>): Situation => ({
  energyWh: 0n,
  debtWh: 0n,
  idrs: 50_000_000_000n,
  bestBid: 1_300,
  bestAsk: 1_320,
  ...change,
});

describe("the next step", () => {
  test("a surplus is sold to the best bid", () => {
    expect(nextStep(situation({ energyWh: 3_200n }))).toEqual({
      kind: "sell",
      wattHours: 3_200n,
      tick: 1_300,
    });
  });

  test("where nobody bids, the best ask is the guide", () => {
    expect(nextStep(situation({ energyWh: 3_200n, bestBid: 0 }))).toMatchObject({
      kind: "sell",
      tick: 1_320,
    });
  });

  test("less than an order's minimum is not for sale", () => {
    expect(nextStep(situation({ energyWh: 99n }))).toEqual({ kind: "nothing" });
  });

  test("debt comes first, as far as the energy reaches", () => {
    expect(nextStep(situation({ energyWh: 500n, debtWh: 2_000n }))).toEqual({
      kind: "repay",
      wattHours: 500n,
    });
    expect(nextStep(situation({ energyWh: 5_000n, debtWh: 2_000n }))).toEqual({
      kind: "repay",
      wattHours: 2_000n,
    });
  });

  test("without energy, debt is bought back, at least an order's minimum", () => {
    expect(nextStep(situation({ debtWh: 2_000n }))).toEqual({
      kind: "buyForDebt",
      debtWh: 2_000n,
      wattHours: 2_000n,
      tick: 1_320,
    });
    expect(nextStep(situation({ debtWh: 40n }))).toMatchObject({ debtWh: 40n, wattHours: 100n });
  });

  test("without energy and money there is the bank", () => {
    expect(nextStep(situation({ debtWh: 40n, idrs: 0n }))).toEqual({ kind: "topUp" });
    expect(nextStep(situation({ idrs: 0n }))).toEqual({ kind: "topUp" });
  });
});
