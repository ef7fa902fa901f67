/** Brings what the committee agreed on to the chain: what would revert is not sent, and what failed as a whole gets smaller. */
import { energyConverterAbi, oracleCommitteeAbi, revertReason } from "@enerlink/protocol";
import { type Item, LARGEST_BATCH } from "@enerlink/protocol/wire/committee";
import type { Log } from "@enerlink/service/log";
import {
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  encodeFunctionData,
  type PublicClient,
} from "viem";
import type { Agreed } from "../committee/round.ts";
import type { Settlement, Settlements } from "../ledger/settlements.ts";
import type { Outbox } from "../transactions/outbox.ts";
import { itemOf, traces } from "./turns.ts";

/** A batch may revert with an error of either. */
const submitAbi = [...oracleCommitteeAbi, ...energyConverterAbi] as const;
const GAS_BASE = 250_000n;
const GAS_A_REPORT = 150_000n;

type Submission = { functionName: "submit"; args: [Agreed["reports"], bigint, Agreed["signatures"]] };

/** Why a call reverts, from what its simulation threw. `everybody`: the contract names a reason that no part of it would escape. */
function readRevert(error: unknown): { reason: string; everybody: boolean } | undefined {
  const revert =
    error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  const named = revert instanceof ContractFunctionRevertedError ? revert.data?.errorName : undefined;
  const reason = named ?? revertReason(error);
  return reason === undefined ? undefined : { reason, everybody: named !== undefined };
}

/** How many reports go into the next batch at most: half as many after one that failed as a whole, twice as many after one that did not. */
export function makeBatchSize() {
  let most = LARGEST_BATCH;
  return {
    most: () => most,
    /** A batch of `size` failed. */
    shrink: (size: number): void => {
      most = Math.max(1, Math.floor(size / 2));
    },
    grow: (): void => {
      most = Math.min(LARGEST_BATCH, 2 * most);
    },
  };
}

export function makeSubmission({
  client,
  oracleCommittee,
  settlements,
  outbox,
  size,
  started,
  log,
}: {
  client: PublicClient;
  oracleCommittee: Address;
  settlements: Pick<Settlements, "postpone" | "submitted">;
  outbox: Pick<Outbox, "sender" | "submit">;
  size: ReturnType<typeof makeBatchSize>;
  /** Told of what the committee has signed and this node brings to the chain. */
  started: (items: readonly Item[]) => void;
  log: Log;
}) {
  let obstacle: string | undefined;

  async function wouldRevert(call: Submission, gas: bigint): Promise<ReturnType<typeof readRevert>> {
    const target = { address: oracleCommittee, abi: submitAbi, account: outbox.sender };
    try {
      await client.simulateContract({ ...target, ...call, gas });
      return undefined;
    } catch (error) {
      return readRevert(error);
    }
  }

  return {
    /** Why what waits is not sent, if it is the contract that would refuse it. */
    obstacle: () => obstacle,
    /** Something was settled. */
    settled: (): void => {
      obstacle = undefined;
    },
    /** Stores the transaction of an agreed batch, and sends it; one that would revert is not sent, and waits or is split. */
    submit: async (batch: Settlement[], { reports, deadline, signatures }: Agreed): Promise<void> => {
      started(batch.map(itemOf));
      const call: Submission = { functionName: "submit", args: [reports, deadline, signatures] };
      const gas = GAS_BASE + GAS_A_REPORT * BigInt(batch.length);
      const revert = await wouldRevert(call, gas);
      obstacle = revert && `the contract does not settle now: ${revert.reason}`;
      if (revert) {
        log.warn({ readings: traces(batch) }, `reports are not sent, they would revert: ${revert.reason}`);
        if (!revert.everybody) size.shrink(batch.length);
        if (revert.everybody || batch.length === 1)
          for (const { id } of batch) settlements.postpone(id, Date.now());
        return;
      }
      const data = encodeFunctionData({ abi: submitAbi, ...call });
      const transaction = await outbox.submit({ kind: "settle", to: oracleCommittee, data, gas }, (id) => {
        for (const settlement of batch) settlements.submitted(settlement.id, id);
      });
      log.info({ readings: traces(batch), transaction: transaction.hash }, "settling");
    },
  };
}
