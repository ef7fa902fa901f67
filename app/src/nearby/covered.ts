/** Whether what is offered can be had: a seller can accept nothing while its battery holds less than it promises in all. */
type Battery = {
  storedWh: bigint;
  capacityWh: bigint;
  debtWh: bigint;
  /** Of accepted trades and open offers. */
  promisedWh: bigint;
};

/** What a battery has promised beyond what it held at its last settled reading less its debt, Wh; 0 where it holds all. */
export function missingOf({ storedWh, capacityWh, debtWh, promisedWh }: Battery): bigint {
  const heldWh = storedWh < capacityWh ? storedWh : capacityWh;
  const missingWh = promisedWh - (heldWh - debtWh);
  return missingWh < 0n ? 0n : missingWh;
}

/** What of an offer can be had, Wh: all of it, or nothing, as the contract has it. */
export const coveredOf = ({ remainingWh, battery }: { remainingWh: bigint; battery: Battery }): bigint =>
  missingOf(battery) > 0n ? 0n : remainingWh;
