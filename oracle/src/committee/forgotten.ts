/**
 * Whether this node's key has signed what its store does not know: a store that was emptied, or an old one that was put
 * back by other means than `restore`. The chain tells, since every batch that was submitted carries its signatures.
 */
import {
  oracleCommitteeAbi,
  registersRootTypedData,
  serialOf,
  settlementBatchTypedData,
} from "@enerlink/protocol";
import type { CommitteeDomain } from "@enerlink/protocol/wire/committee";
import {
  type Address,
  decodeFunctionData,
  type Hex,
  isAddressEqual,
  type PublicClient,
  type TypedDataDefinition,
} from "viem";
import type { LogListener } from "../chain/follow.ts";
import { parseEventLogs } from "../chain/logs.ts";
import { signatures } from "../seams/signatures.ts";
import type { SignedReports } from "./signed.ts";

/** The newest batches and roots of a shard that are looked at: what was signed before is settled by now, and settled again by nobody. */
const BATCHES = 50;

/** A transaction that carries members' signatures. */
type Batch = { hash: Hex; configuration: number };

export function makeForgotten({
  client,
  domain,
  self,
  shards,
  knows,
  rootOf,
}: {
  client: PublicClient;
  domain: CommitteeDomain;
  self: Address;
  /** How many processes the members have: each submits batches. */
  shards: number;
  knows: SignedReports["knows"];
  /** What this node has signed for a window. */
  rootOf: (windowEnd: number) => Hex | undefined;
}) {
  /** Until they were looked at. */
  let batches: Batch[] | undefined = [];

  /** Whether this node's key is among the signatures of a batch, and a report in it is not known here. */
  async function isForgotten({ hash, configuration }: Batch): Promise<boolean> {
    const { input } = await client.getTransaction({ hash });
    let call: ReturnType<typeof decodeFunctionData<typeof oracleCommitteeAbi>>;
    try {
      call = decodeFunctionData({ abi: oracleCommitteeAbi, data: input });
    } catch {
      // Submitted through another contract: the newest batches of the members' own are enough.
      return false;
    }
    const { chainId, committee } = domain;
    if (call.functionName === "commitRoot") {
      const [root, windowEnd, deadline, given] = call.args;
      if (rootOf(windowEnd) === root) return false;
      return isAmong(
        given,
        registersRootTypedData(chainId, committee, { root, windowEnd, deadline, configuration }),
      );
    }
    if (call.functionName !== "submit" && call.functionName !== "submitAndClear") return false;
    const [reports, deadline, given] = call.args;
    if (reports.every((report) => knows(serialOf(report.meterId), report))) return false;
    return isAmong(given, settlementBatchTypedData(chainId, committee, { reports, deadline, configuration }));
  }

  /** Whether one of the signatures of `typedData` is this node's. */
  async function isAmong(given: readonly Hex[], typedData: TypedDataDefinition): Promise<boolean> {
    const signers = given.map((signature) => signatures.signerOfTyped({ ...typedData, signature }));
    return (await Promise.all(signers)).some((signer) => isAddressEqual(signer, self));
  }

  const onLogs: LogListener = (logs) => {
    if (!batches) return;
    const submitted = parseEventLogs({
      abi: oracleCommitteeAbi,
      eventName: ["BatchSubmitted", "RootCommitted"],
      logs,
    });
    const found = submitted
      .filter(({ address }) => isAddressEqual(address, domain.committee))
      .map(({ transactionHash, args }) => ({ hash: transactionHash, configuration: args.configuration }));
    batches = [...batches, ...found].slice(-BATCHES * shards);
  };

  return {
    onLogs,
    /** Looks at the newest batches since the store was last up to date, the newest first. */
    check: async (): Promise<boolean> => {
      const newest = batches?.toReversed() ?? [];
      batches = undefined;
      for (const batch of newest) if (await isForgotten(batch)) return true;
      return false;
    },
  };
}
