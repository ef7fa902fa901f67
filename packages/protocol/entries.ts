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

/** When the reading behind a word of `EnergyConverter.registersOf` was taken, unix seconds; 0 without one: its lowest 39 bits. */
export const settledAtOf = (word: bigint): number => Number(BigInt.asUintN(39, word));

/** One member's part of a cleared slot, Wh. */
export type SlotShare = {
  side: "SOLD" | "BOUGHT";
  /** Shared with neighbours. */
  sharedWh: bigint;
  /** Sold to or bought from the utility. */
  utilityWh: bigint;
  /** Of a seller what it kept, of a buyer what became arrears. */
  leftWh: bigint;
};

/** A word of `SlotCleared`: side from bit 192 on | shared 64 | utility 64 | left 64. None of who counted nothing. */
export function slotShareOf(word: bigint): SlotShare | undefined {
  if (word === 0n) return undefined;
  return {
    side: word >> 192n === 1n ? "SOLD" : "BOUGHT",
    sharedWh: BigInt.asUintN(64, word >> 128n),
    utilityWh: BigInt.asUintN(64, word >> 64n),
    leftWh: BigInt.asUintN(64, word),
  };
}
