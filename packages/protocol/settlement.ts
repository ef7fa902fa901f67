/** The EIP-712 batch that oracle members sign and `OracleCommittee.submit` checks. */

import type { Address, Hex } from "viem";
import { typedDomain } from "./domain.ts";

/** A meter's cumulative registers at one moment, as in the contracts' `struct Report`; energy in Wh, time in unix seconds. */
export type Report = {
  meterId: Hex;
  exportWh: bigint;
  importWh: bigint;
  storedWh: bigint;
  timestamp: number;
  epoch: number;
};

export type SettlementBatch = { reports: readonly Report[]; deadline: bigint; configuration: number };

export const settlementBatchTypes = {
  SettlementBatch: [
    { name: "reports", type: "Report[]" },
    { name: "deadline", type: "uint64" },
    { name: "configuration", type: "uint32" },
  ],
  Report: [
    { name: "meterId", type: "bytes32" },
    { name: "exportWh", type: "uint64" },
    { name: "importWh", type: "uint64" },
    { name: "storedWh", type: "uint64" },
    { name: "timestamp", type: "uint40" },
    { name: "epoch", type: "uint32" },
  ],
} as const;

/** The typed data of a batch for the committee at `committee`; sign it with any viem account. */
export function settlementBatchTypedData(chainId: number, committee: Address, batch: SettlementBatch) {
  return {
    domain: typedDomain(chainId, committee),
    types: settlementBatchTypes,
    primaryType: "SettlementBatch",
    message: batch,
  } as const;
}
