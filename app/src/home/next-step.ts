/** What a household should do next: one thing, from what is known, and only with what is free. */
import { MINIMUM_WH } from "@enerlink/protocol";

export type Situation = {
  /** Free energy in wallet and trading balance, and open debt, Wh. */
  energyWh: bigint;
  debtWh: bigint;
  /** What its offers and accepted trades will take of that energy, Wh. */
  promisedWh: bigint;
  /** What the home is likely to draw in the coming day, Wh; undefined while its history says nothing. */
  comingWh: bigint | undefined;
  /** What its own open orders want to buy, Wh. */
  wantedWh: bigint;
  /** Free money in wallet and trading balance, and what is set aside in orders and requests, IDRS base units. */
  idrs: bigint;
  setAsideIdrs: bigint;
  /** IDR/kWh; undefined where nobody bids or asks. */
  bestBid: number | undefined;
  bestAsk: number | undefined;
  /** Whether one of its homes shares with neighbours by itself, and one that may join them. */
  shares: boolean;
  mayJoin: string | undefined;
  /**
   * An account by fingerprint that has no meter, so that the community pays for nothing it does: whether a meter waits
   * for it already, for which it does pay. Undefined of everybody else.
   */
  meterless: "none" | "waiting" | undefined;
};

/** What is kept back, and what for, Wh. */
type Kept = { comingWh: bigint; promisedWh: bigint };

export type NextStep =
  | { kind: "repay"; wattHours: bigint }
  /** Buying alone repays nothing: the meters' page buys and repays in one. */
  | { kind: "buyForDebt"; debtWh: bigint }
  /** Orders that wait in the book will bring what is owed. */
  | { kind: "wait"; debtWh: bigint }
  | ({ kind: "sell"; wattHours: bigint; tick: number | undefined } & Kept)
  | ({ kind: "keep"; wattHours: bigint } & Kept)
  /** Whether anything is left over cannot be said yet. */
  | { kind: "learning"; wattHours: bigint }
  /** A home that may share with its neighbours. */
  | { kind: "join"; serial: string }
  | { kind: "topUp" }
  /** Its code goes to the installer; anything else would be refused. */
  | { kind: "showCode" }
  /** The meter that waits for it. */
  | { kind: "takeOver" }
  /** Nothing: it runs by itself. */
  | { kind: "shares" }
  | { kind: "nothing" };

const lesser = (a: bigint, b: bigint) => (a < b ? a : b);
const greater = (a: bigint, b: bigint) => (a > b ? a : b);
/** Of what is sold: as it is shown, to the second decimal of a kWh. */
const rounded = (wattHours: bigint) => wattHours - (wattHours % 10n);

export function nextStep(situation: Situation): NextStep {
  const { energyWh, promisedWh, comingWh, idrs, setAsideIdrs, bestBid, bestAsk } = situation;
  const unpromisedWh = greater(energyWh - promisedWh, 0n);
  if (situation.meterless) return { kind: situation.meterless === "waiting" ? "takeOver" : "showCode" };
  // Until it has joined, more becomes owed.
  if (situation.mayJoin !== undefined) return { kind: "join", serial: situation.mayJoin };
  if (situation.debtWh > 0n) return aboutDebt(situation, unpromisedWh);
  if (unpromisedWh >= MINIMUM_WH) {
    if (comingWh === undefined) return { kind: "learning", wattHours: unpromisedWh };
    const surplusWh = rounded(greater(unpromisedWh - comingWh, 0n));
    return surplusWh >= MINIMUM_WH
      ? { kind: "sell", wattHours: surplusWh, tick: bestBid ?? bestAsk, comingWh, promisedWh }
      : { kind: "keep", wattHours: energyWh, comingWh, promisedWh };
  }
  if (idrs + setAsideIdrs === 0n) return { kind: "topUp" };
  return situation.shares ? { kind: "shares" } : { kind: "nothing" };
}

function aboutDebt({ debtWh, wantedWh, idrs, setAsideIdrs }: Situation, unpromisedWh: bigint): NextStep {
  if (unpromisedWh > 0n) return { kind: "repay", wattHours: lesser(unpromisedWh, debtWh) };
  if (wantedWh >= debtWh) return { kind: "wait", debtWh };
  if (idrs === 0n) return setAsideIdrs === 0n ? { kind: "topUp" } : { kind: "wait", debtWh };
  return { kind: "buyForDebt", debtWh };
}

/**
 * What a tour of the market may sell without harm: a little of what is neither promised nor owed nor kept for the coming
 * day, so that it never says to sell what the advice beside it says to keep. Wh; 0 where it is too little or not known.
 */
export function sample({ energyWh, promisedWh, debtWh, comingWh }: Situation, most: bigint): bigint {
  if (comingWh === undefined) return 0n;
  const freeWh = rounded(lesser(greater(energyWh - promisedWh - debtWh - comingWh, 0n), most));
  return freeWh >= MINIMUM_WH ? freeWh : 0n;
}
