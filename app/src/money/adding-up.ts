/**
 * Amounts of a column that is added up: each is the step between two sums that are cut alike, so that what is shown comes
 * to the sum of all, cut; each is right to less than two units.
 */
export function addingUp<Amount extends bigint | null>(amounts: readonly Amount[], unit: bigint): Amount[] {
  let sum = 0n;
  return amounts.map((amount) => {
    // What is not known stays so.
    if (amount === null) return amount;
    const before = sum - (sum % unit);
    sum += amount;
    return (sum - (sum % unit) - before) as Amount;
  });
}
