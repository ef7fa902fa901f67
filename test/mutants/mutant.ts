/** One deliberate mistake. */
export interface Mutant {
  /** `group/what goes wrong`, unique. */
  name: string;
  /** Under `contracts/src`. */
  file: string;
  /** Each text is found exactly once and replaced. */
  edits: [search: string, replace: string][];
  /** Why no test can tell it from the original; only then may it survive. */
  equivalent?: string;
}

/** `text` with a mutant's mistake in it. @throws when the source no longer says what the mutant changes */
export function mutate(text: string, { edits }: Mutant): string {
  let mutated = text;
  for (const [search, replace] of edits) {
    if (mutated.split(search).length !== 2) throw new Error(`not found exactly once: ${search}`);
    mutated = mutated.replace(search, () => replace);
  }
  return mutated;
}

/** What a group's mutants are compiled into, and the tests that must notice them, quickest first. */
export interface Group {
  contract: string;
  tests: string[];
}

export const groups: Record<string, Group> = {
  matching: { contract: "market/EnergyMarket.sol", tests: ["market/OrderBook", "market/OrderBookFuzz"] },
  cancel: { contract: "market/EnergyMarket.sol", tests: ["market/OrderBook", "market/OrderBookFuzz"] },
  accounts: { contract: "market/EnergyMarket.sol", tests: ["market/Accounts", "market/OrderBookFuzz"] },
  modules: { contract: "market/EnergyMarket.sol", tests: ["market/Modules"] },
  offers: { contract: "market/EnergyMarket.sol", tests: ["market/OfferBoard", "market/OfferBoardFuzz"] },
  converter: {
    contract: "metering/EnergyConverter.sol",
    tests: ["metering/EnergyConverter", "metering/MeteringLaw"],
  },
  corrections: {
    contract: "metering/EnergyConverter.sol",
    tests: ["metering/Corrections", "metering/MeteringLaw"],
  },
  exports: { contract: "metering/EnergyConverter.sol", tests: ["market/OfferBoard"] },
  committee: { contract: "metering/OracleCommittee.sol", tests: ["metering/OracleCommittee"] },
  clearing: { contract: "metering/OracleCommittee.sol", tests: ["pool/SubmitAndClear"] },
  roots: { contract: "metering/RootCommittee.sol", tests: ["metering/RootCommittee"] },
  registry: {
    contract: "metering/MeterRegistry.sol",
    tests: ["metering/MeterRegistry", "metering/EnergyConverter", "market/OfferBoard"],
  },
  equivocation: { contract: "metering/EquivocationProof.sol", tests: ["metering/EquivocationProof"] },
  conviction: { contract: "metering/MeterRegistry.sol", tests: ["metering/EquivocationProof"] },
  certificates: {
    contract: "metering/EnergyCertificates.sol",
    tests: ["metering/EnergyCertificates", "metering/Corrections"],
  },
  pool: { contract: "pool/SlotPool.sol", tests: ["pool/SlotPool", "pool/SlotPoolFuzz"] },
  communities: { contract: "pool/SlotPool.sol", tests: ["pool/SlotPool", "pool/SlotPoolFuzz"] },
  slots: { contract: "metering/EnergyConverter.sol", tests: ["pool/SlotPool", "pool/SlotPoolFuzz"] },
  membership: { contract: "metering/MeterRegistry.sol", tests: ["pool/SlotPool"] },
  device: { contract: "metering/DeviceReporter.sol", tests: ["metering/DeviceReporter"] },
  functions: { contract: "metering/FunctionsReporter.sol", tests: ["metering/FunctionsReporter"] },
  tokens: { contract: "tokens/RupiahToken.sol", tests: ["tokens/RupiahToken"] },
  home: { contract: "accounts/HomeAccount.sol", tests: ["accounts/HomeAccount", "accounts/HomeAccountFuzz"] },
  execution: { contract: "accounts/HomeAccount.sol", tests: ["accounts/HomeAccount"] },
  factory: { contract: "accounts/HomeAccountFactory.sol", tests: ["accounts/HomeAccount"] },
  desk: { contract: "tokens/RupiahDesk.sol", tests: ["tokens/RupiahDesk"] },
};
