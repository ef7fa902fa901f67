/** Words in which the contracts pack many amounts: what modules of the market take and give. */

/** What one account gave or got: number of its account, Wh, IDRS base units. */
export type Entry = { account: number; energyWh: bigint; idrs: bigint };

const AMOUNT_BITS = { energyWh: 96n, idrs: 128n };

/** Highest bits first: account 32 | IDRS 128 | Wh 96. */
export function entryOf(word: bigint): Entry {
  return {
    account: Number(word >> (AMOUNT_BITS.energyWh + AMOUNT_BITS.idrs)),
    idrs: BigInt.asUintN(128, word >> AMOUNT_BITS.energyWh),
    energyWh: BigInt.asUintN(96, word),
  };
}
