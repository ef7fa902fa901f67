/** What transactions offer for gas (EIP-1559): fair at first, raised when blocks go by, and never beyond a limit. Wei. */

export type Fees = { maxFee: bigint; priorityFee: bigint };

const TIP = 1_000_000_000n;
/** Nodes want at least a tenth more to replace a transaction. */
const RAISE = { numerator: 6n, denominator: 5n };
/** Of what is fair now, when no limit is set. */
const HIGHEST_MULTIPLE = 5n;

/** `baseFee`: of the latest block; `highest`: for each gas, undefined when only the multiple of what is fair limits it. */
export function makeFees({ baseFee, highest }: { baseFee: () => bigint; highest: bigint | undefined }) {
  /** Enough for six full blocks in a row. */
  function fair(): Fees {
    const wanted = 2n * baseFee() + TIP;
    const maxFee = highest !== undefined && wanted > highest ? highest : wanted;
    return { maxFee, priorityFee: maxFee < TIP ? maxFee : TIP };
  }

  const raise = (fee: bigint) => (fee * RAISE.numerator) / RAISE.denominator + 1n;

  /** What replaces a transaction that offered `before`; undefined when that would be beyond the limit. */
  function raised(before: Fees): Fees | undefined {
    const wanted = fair().maxFee;
    const least = raise(before.maxFee);
    const maxFee = least > wanted ? least : wanted;
    if (maxFee > (highest ?? wanted * HIGHEST_MULTIPLE)) return undefined;
    return { maxFee, priorityFee: raise(before.priorityFee) };
  }

  return { fair, raised };
}
