/**
 * What a slot has to come to, by the pool's rules as the documents state them: reckoned here anew, with nothing of the
 * contract's arithmetic, so that `verify` can hold one against the other. Energy in Wh, money in IDRS base units, prices
 * in IDRS base units per Wh.
 */

export type Terms = { retail: bigint; feedIn: bigint; fee: bigint };

/** A member who was read at the slot's end, in the list's order. */
export type Read = {
  /** Import less export since its last slot, Wh. */
  openWh: bigint;
  /** Whether it was read at the slot's beginning as well. */
  shares: boolean;
  sellFrom: bigint;
  buyUpTo: bigint;
  /** What its account could pay. */
  idrs: bigint;
};

/** What became of a member's surplus or need. */
export type Part = {
  side: "SOLD" | "BOUGHT" | undefined;
  sharedWh: bigint;
  utilityWh: bigint;
  leftWh: bigint;
  /** What it received, or paid with the fee. */
  idrs: bigint;
};

export type Outcome = {
  /** Between neighbours; 0 where nothing was shared. */
  price: bigint;
  sharedWh: bigint;
  parts: Part[];
  /** What the utility took and gave. */
  utility: { takenWh: bigint; givenWh: bigint };
};

const least = (a: bigint, b: bigint) => (a < b ? a : b);
const most = (a: bigint, b: bigint) => (a > b ? a : b);
const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

/** feedIn + (retail − fee − feedIn) × clamp(½ + s/2 × (D − S)/(D + S), 0, 1), rounded down. */
export function priceOf({ retail, feedIn, fee }: Terms, surplus: bigint, need: bigint, steepness: bigint) {
  if (surplus === 0n || need === 0n) return 0n;
  const whole = 2n * (need + surplus);
  const scarce = need + surplus + steepness * (need - surplus);
  return feedIn + ((retail - fee - feedIn) * least(most(scarce, 0n), whole)) / whole;
}

/** Shares `total` out by `amounts`: what is rounded off one falls to those after it. */
export function shareOut(total: bigint, amounts: readonly bigint[]): bigint[] {
  const all = sum(amounts);
  if (all === 0n) return amounts.map(() => 0n);
  let before = 0n;
  return amounts.map((amount) => {
    const from = (before * total) / all;
    before += amount;
    return (before * total) / all - from;
  });
}

/** @param utility what its account could pay and deliver */
export function outcomeOf(
  members: readonly Read[],
  terms: Terms,
  steepness: bigint,
  utility: { idrs: bigint; wattHours: bigint },
): Outcome {
  const surplusOf = ({ openWh }: Read) => most(-openWh, 0n);
  const needOf = ({ openWh }: Read) => most(openWh, 0n);
  const sharing = members.filter(({ shares }) => shares);
  const price = priceOf(terms, sum(sharing.map(surplusOf)), sum(sharing.map(needOf)), steepness);

  const surplus = members.map(surplusOf);
  const paidFor = members.map((member) => least(needOf(member), member.idrs / terms.retail));
  const offered = members.map((one, i) => (one.shares && one.sellFrom <= price ? surplus[i]! : 0n));
  const wanted = members.map((one, i) => (one.shares && one.buyUpTo >= price + terms.fee ? paidFor[i]! : 0n));
  const sharedWh = least(sum(offered), sum(wanted));
  const given = shareOut(sharedWh, offered);
  const got = shareOut(sharedWh, wanted);

  const restOfSurplus = surplus.map((wattHours, i) => wattHours - given[i]!);
  const restOfNeed = paidFor.map((wattHours, i) => wattHours - got[i]!);
  // For nothing the utility takes nothing.
  const affordable = terms.feedIn === 0n ? 0n : utility.idrs / terms.feedIn;
  const takenWh = least(sum(restOfSurplus), affordable);
  const givenWh = least(sum(restOfNeed), utility.wattHours);
  const toUtility = shareOut(takenWh, restOfSurplus);
  const fromUtility = shareOut(givenWh, restOfNeed);

  const parts = members.map((member, i): Part => {
    if (member.openWh < 0n) {
      const [sharedWh, utilityWh] = [given[i]!, toUtility[i]!];
      const idrs = sharedWh * price + utilityWh * terms.feedIn;
      return { side: "SOLD", sharedWh, utilityWh, leftWh: surplus[i]! - sharedWh - utilityWh, idrs };
    }
    const [sharedWh, utilityWh] = [got[i]!, fromUtility[i]!];
    const idrs = sharedWh * (price + terms.fee) + utilityWh * terms.retail;
    const side = member.openWh === 0n ? undefined : "BOUGHT";
    return { side, sharedWh, utilityWh, leftWh: member.openWh - sharedWh - utilityWh, idrs };
  });
  return { price: sharedWh === 0n ? 0n : price, sharedWh, parts, utility: { takenWh, givenWh } };
}
