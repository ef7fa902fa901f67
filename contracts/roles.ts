/** Roles of `MarketAccess` and the functions that each may call: what the deployment sets and the verification reads back. */

import {
  constants,
  energyConverterAbi,
  energyMarketAbi,
  functionsReporterAbi,
  meterRegistryAbi,
  oracleCommitteeAbi,
  rupiahDeskAbi,
  rupiahTokenAbi,
  slotPoolAbi,
} from "@enerlink/protocol";
import { type Abi, type AbiFunction, type Hex, toFunctionSelector } from "viem";

export const roles = constants.MarketAccess;
export type Role = keyof typeof roles;
export const ADMIN = 0n;

const abis = {
  meterRegistry: meterRegistryAbi,
  energyConverter: energyConverterAbi,
  rupiahToken: rupiahTokenAbi,
  rupiahDesk: rupiahDeskAbi,
  oracleCommittee: oracleCommitteeAbi,
  functionsReporter: functionsReporterAbi,
  energyMarket: energyMarketAbi,
  slotPool: slotPoolAbi,
} as const;

/** Roles whose announced calls the guardian may cancel. */
export const vetoed = ["REGISTRAR", "IDRS_ISSUER", "MARKET_OPERATOR"] as const satisfies Role[];

type Grant = { contract: keyof typeof abis; role: Role; functions: string[] };

const grants: Grant[] = [
  {
    contract: "meterRegistry",
    role: "REGISTRAR",
    functions: [
      "register",
      "suspend",
      "remove",
      "resume",
      "setRating",
      "setCapacity",
      "setCredit",
      "setTrust",
      "setCell",
      "proposeKey",
      "transferMeter",
    ],
  },
  {
    contract: "meterRegistry",
    role: "MARKET_OPERATOR",
    functions: ["setRatingCap", "setActivationDelay", "setUnsignedSettlement"],
  },
  { contract: "meterRegistry", role: "EQUIVOCATION", functions: ["recordEquivocation"] },
  {
    contract: "energyConverter",
    role: "REGISTRAR",
    functions: [
      "proposeEpoch",
      "withdrawEpochProposal",
      "declareEpoch",
      "proposeCorrection",
      "withdrawCorrection",
    ],
  },
  { contract: "energyConverter", role: "MARKET_OPERATOR", functions: ["setReporter"] },
  { contract: "energyConverter", role: "GUARDIAN", functions: ["pauseReporter"] },
  { contract: "rupiahToken", role: "IDRS_ISSUER", functions: ["deposit", "payWithdrawal"] },
  { contract: "rupiahDesk", role: "IDRS_ISSUER", functions: ["postRate", "withdrawRate"] },
  { contract: "oracleCommittee", role: "MARKET_OPERATOR", functions: ["setCommittee"] },
  { contract: "functionsReporter", role: "MARKET_OPERATOR", functions: ["configure"] },
  { contract: "energyMarket", role: "MARKET_OPERATOR", functions: ["setMinimumPrice"] },
  { contract: "energyMarket", role: "GUARDIAN", functions: ["setPaused"] },
  { contract: "slotPool", role: "REGISTRAR", functions: ["admit", "quit"] },
  {
    contract: "slotPool",
    role: "MARKET_OPERATOR",
    functions: ["createCommunity", "setFee", "setSlotLength"],
  },
  { contract: "rupiahDesk", role: "GUARDIAN", functions: ["setPaused"] },
];

/** Every restricted function that a role other than the admin may call; what is not here only the admin may. */
export const roleFunctions = grants.map(({ contract, role, functions }) => ({
  contract,
  role,
  functions,
  selectors: functions.map((name) => selectorOf(abis[contract], name)),
}));

function selectorOf(abi: Abi, name: string): Hex {
  const item = abi.find((entry): entry is AbiFunction => entry.type === "function" && entry.name === name);
  if (!item) throw new Error(`No function ${name} in the compiled contract`);
  return toFunctionSelector(item);
}
