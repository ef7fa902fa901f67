import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextStep, type Situation, sample } from "./next-step.ts";

const situation = (change: Partial<Situation>): Situation => ({
  energyWh: 0n,
  debtWh: 0n,
  promisedWh: 0n,
  comingWh: 0n,
  wantedWh: 0n,
  idrs: 50_000_000_000n,
  setAsideIdrs: 0n,
  bestBid: 1_300,
  bestAsk: 1_320,
  shares: false,
  mayJoin: undefined,
  meterless: undefined,
  ...change,
});

describe("the next step", () => {
  test("a surplus is sold to the best bid", () => {
    expect(nextStep(situation({ energyWh: 3_200n }))).toMatchObject({
      kind: "sell",
      wattHours: 3_200n,
      tick: 1_300,
    });
  });

  test("where nobody bids, the best ask is the guide, and where nobody asks there is none", () => {
    expect(nextStep(situation({ energyWh: 3_200n, bestBid: undefined }))).toMatchObject({ tick: 1_320 });
    expect(nextStep(situation({ energyWh: 3_200n, bestBid: undefined, bestAsk: undefined }))).toMatchObject({
      kind: "sell",
      tick: undefined,
    });
  });

  test("who may join the neighbours is told first: until then more becomes owed", () => {
    expect(nextStep(situation({ energyWh: 3_200n, mayJoin: "home-08" }))).toEqual({
      kind: "join",
      serial: "home-08",
    });
    expect(nextStep(situation({ debtWh: 300n, mayJoin: "home-08" }))).toMatchObject({ kind: "join" });
    expect(nextStep(situation({ debtWh: 300n, shares: true }))).toMatchObject({ kind: "buyForDebt" });
  });

  test("who shares has nothing to do but to have money", () => {
    expect(nextStep(situation({ shares: true }))).toEqual({ kind: "shares" });
    expect(nextStep(situation({ shares: true, idrs: 0n }))).toEqual({ kind: "topUp" });
  });

  test("a new account by fingerprint is sent to the installer: whatever else it did would be refused", () => {
    for (const money of [0n, 50_000n])
      for (const energyWh of [0n, 3_200n]) {
        const begun = { idrs: money, energyWh };
        expect(nextStep(situation({ ...begun, meterless: "none" }))).toEqual({ kind: "showCode" });
        expect(nextStep(situation({ ...begun, meterless: "waiting" }))).toEqual({ kind: "takeOver" });
      }
    // Who pays the network's fee itself may do everything.
    expect(nextStep(situation({ idrs: 0n }))).toEqual({ kind: "topUp" });
  });

  test("what the home will draw before the next sun is kept", () => {
    expect(nextStep(situation({ energyWh: 5_000n, comingWh: 1_804n }))).toEqual({
      kind: "sell",
      wattHours: 3_190n,
      tick: 1_300,
      comingWh: 1_804n,
      promisedWh: 0n,
    });
    // Bought at night to repay a debt, and a little more.
    expect(nextStep(situation({ energyWh: 542n, comingWh: 2_900n }))).toMatchObject({
      kind: "keep",
      wattHours: 542n,
    });
  });

  test("what is promised to neighbours is not sold a second time", () => {
    expect(nextStep(situation({ energyWh: 5_000n, promisedWh: 2_000n }))).toMatchObject({
      kind: "sell",
      wattHours: 3_000n,
    });
    expect(nextStep(situation({ energyWh: 2_000n, promisedWh: 2_000n }))).toEqual({ kind: "nothing" });
    expect(nextStep(situation({ energyWh: 1_000n, promisedWh: 2_000n }))).toEqual({ kind: "nothing" });
  });

  test("what a new home will draw is not known, and nothing is sold on a guess", () => {
    expect(nextStep(situation({ energyWh: 5_000n, comingWh: undefined }))).toEqual({
      kind: "learning",
      wattHours: 5_000n,
    });
  });

  test("less than an order's minimum is not for sale", () => {
    expect(nextStep(situation({ energyWh: 99n }))).toEqual({ kind: "nothing" });
  });

  test("debt comes first, as far as the energy reaches that is not promised", () => {
    expect(nextStep(situation({ energyWh: 500n, debtWh: 2_000n }))).toEqual({
      kind: "repay",
      wattHours: 500n,
    });
    expect(nextStep(situation({ energyWh: 5_000n, debtWh: 2_000n }))).toEqual({
      kind: "repay",
      wattHours: 2_000n,
    });
    expect(nextStep(situation({ energyWh: 500n, promisedWh: 500n, debtWh: 2_000n }))).toMatchObject({
      kind: "buyForDebt",
    });
  });

  test("without energy, debt is bought and repaid in one, which no order alone does", () => {
    for (const debtWh of [40n, 2_000n])
      expect(nextStep(situation({ debtWh }))).toEqual({ kind: "buyForDebt", debtWh });
  });

  test("what an open order will bring is not bought again", () => {
    expect(nextStep(situation({ debtWh: 2_000n, wantedWh: 1_500n }))).toMatchObject({ kind: "buyForDebt" });
    expect(nextStep(situation({ debtWh: 2_000n, wantedWh: 2_000n }))).toEqual({
      kind: "wait",
      debtWh: 2_000n,
    });
    // All of its money is in those orders.
    expect(
      nextStep(situation({ debtWh: 2_000n, wantedWh: 1_500n, idrs: 0n, setAsideIdrs: 1n })),
    ).toMatchObject({ kind: "wait" });
  });

  test("without energy and money there is the bank, and money in orders is money", () => {
    expect(nextStep(situation({ debtWh: 40n, idrs: 0n }))).toEqual({ kind: "topUp" });
    expect(nextStep(situation({ idrs: 0n }))).toEqual({ kind: "topUp" });
    expect(nextStep(situation({ idrs: 0n, setAsideIdrs: 5n }))).toEqual({ kind: "nothing" });
  });

  const wattHours = fc.bigInt(0n, 10_000n);
  const situations = fc.record({
    energyWh: wattHours,
    debtWh: fc.oneof(fc.constant(0n), wattHours),
    promisedWh: wattHours,
    comingWh: fc.option(wattHours, { nil: undefined }),
    wantedWh: wattHours,
    idrs: wattHours,
    setAsideIdrs: wattHours,
    bestBid: fc.option(fc.nat(2_000), { nil: undefined }),
    bestAsk: fc.option(fc.nat(2_000), { nil: undefined }),
    shares: fc.boolean(),
    mayJoin: fc.constantFrom(undefined, "home-08"),
    meterless: fc.constant(undefined),
  });

  test("never gives away what is promised, owed or about to be used", () => {
    fc.assert(
      fc.property(situations, (one) => {
        const step = nextStep(one);
        const { energyWh, promisedWh, debtWh, comingWh } = one;
        if (step.kind === "sell") {
          expect(comingWh).toBeDefined();
          expect(step.wattHours).toBeLessThanOrEqual(energyWh - promisedWh - debtWh - comingWh!);
        }
        if (step.kind === "repay") expect(step.wattHours).toBeLessThanOrEqual(energyWh - promisedWh);
        if (step.kind === "nothing") expect(debtWh).toBe(0n);
        const sold = sample(one, 1_000n);
        if (sold === 0n) return;
        expect(comingWh).toBeDefined();
        expect(sold).toBeLessThanOrEqual(energyWh - promisedWh - debtWh - comingWh!);
        // What stands beside it says the same.
        expect(["keep", "learning", "nothing", "topUp"]).not.toContain(step.kind);
      }),
    );
  });
});
