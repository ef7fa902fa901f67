/** Brings what the committee agreed on to the chain: what would revert is not sent, and what failed as a whole gets smaller. */
import { energyConverterAbi, oracleCommitteeAbi, revertOf, revertReason } from "@enerlink/protocol";
import { type Item, LARGEST_BATCH } from "@enerlink/protocol/wire/committee";
import type { Log } from "@enerlink/service/log";
import { type Address, encodeFunctionData, type PublicClient } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import type { Agreed } from "../committee/round.ts";
import type { Settlement, Settlements } from "../ledger/settlements.ts";
import { time } from "../seams/time.ts";
import type { Outbox } from "../transactions/outbox.ts";
import type { Clearing, Slot } from "./clearing.ts";
import { itemOf, traces } from "./turns.ts";

/** A batch may revert with an error of either. */
const submitAbi = [...oracleCommitteeAbi, ...energyConverterAbi] as const;
const GAS_BASE = 250_000n;
const GAS_A_REPORT = 150_000n;
/** Of a slotted meter, which only counts. */
const GAS_A_SLOTTED_REPORT = 60_000n;
/** No transaction may take more (EIP-7825). */
const MOST_GAS = 16_777_216n;

/** With the slot that is cleared with it, where there is one. */
function submissionOf({ reports, deadline, signatures }: Agreed, slot: Slot | undefined) {
  const call = slot
    ? ({
        functionName: "submitAndClear",
        args: [reports, deadline, signatures, slot.communityId, slot.slotEnd],
      } as const)
    : ({ functionName: "submit", args: [reports, deadline, signatures] } as const);
  // Both at once are more than the types of viem tell apart.
  return { abi: submitAbi, ...call } as { abi: typeof submitAbi } & Extract<
    typeof call,
    { functionName: "submit" }
  >;
}
type Submission = ReturnType<typeof submissionOf>;

/** Why a call reverts, from what its simulation threw. `everybody`: the contract names a reason that no part of it would escape. */
export function readRevert(error: unknown): { reason: string; everybody: boolean } | undefined {
  const named = revertOf(error)?.data?.errorName;
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
  mirror,
  clearing,
  size,
  started,
  log,
}: {
  client: PublicClient;
  oracleCommittee: Address;
  settlements: Pick<Settlements, "postpone" | "submitted">;
  outbox: Pick<Outbox, "sender" | "submit">;
  mirror: Pick<Mirror, "meter">;
  clearing: Pick<Clearing, "completedBy" | "bind">;
  size: ReturnType<typeof makeBatchSize>;
  /** Told of what the committee has signed and this node brings to the chain. */
  started: (items: readonly Item[]) => void;
  log: Log;
}) {
  let obstacle: string | undefined;

  async function wouldRevert(call: Submission, gas: bigint): Promise<ReturnType<typeof readRevert>> {
    try {
      await client.simulateContract({ ...call, address: oracleCommittee, account: outbox.sender, gas });
      return undefined;
    } catch (error) {
      return readRevert(error);
    }
  }

  const gasOf = (batch: readonly Settlement[]) =>
    batch.reduce(
      (sum, { reading }) => sum + (mirror.meter(reading.serial)?.slots ? GAS_A_SLOTTED_REPORT : GAS_A_REPORT),
      GAS_BASE,
    );

  /** Stores and sends the batch, with the clearing of `slot`. Resolves to why it is not sent, if it would revert. */
  async function send(batch: Settlement[], agreed: Agreed, slot: Slot | undefined) {
    const call = submissionOf(agreed, slot);
    const gas = gasOf(batch) + (slot?.gas ?? 0n);
    const revert = await wouldRevert(call, gas);
    if (revert) return revert;
    const data = encodeFunctionData(call);
    const transaction = await outbox.submit({ kind: "settle", to: oracleCommittee, data, gas }, (id) => {
      for (const settlement of batch) settlements.submitted(settlement.id, id);
      if (slot) clearing.bind(id, slot);
    });
    const clears = slot && { community: slot.communityId, slotEnd: slot.slotEnd };
    log.info({ readings: traces(batch), transaction: transaction.hash, ...clears }, "settling");
    return undefined;
  }

  /** The slot that is cleared with the batch, where there is one and both fit into a transaction. */
  function slotOf(batch: readonly Settlement[]): Slot | undefined {
    const slot = clearing.completedBy(batch);
    return slot && gasOf(batch) + slot.gas <= MOST_GAS ? slot : undefined;
  }

  return {
    /** Why what waits is not sent, if it is the contract that would refuse it. */
    obstacle: () => obstacle,
    /** Something was settled. */
    settled: (): void => {
      obstacle = undefined;
    },
    /** Stores the transaction of an agreed batch, and sends it; one that would revert is not sent, and waits or is split. */
    submit: async (batch: Settlement[], agreed: Agreed): Promise<void> => {
      started(batch.map(itemOf));
      const slot = slotOf(batch);
      let revert = await send(batch, agreed, slot);
      // Settling never waits for clearing.
      if (revert && slot) revert = await send(batch, agreed, undefined);
      obstacle = revert && `the contract does not settle now: ${revert.reason}`;
      if (!revert) return;
      log.warn({ readings: traces(batch) }, `reports are not sent, they would revert: ${revert.reason}`);
      if (!revert.everybody) size.shrink(batch.length);
      if (revert.everybody || batch.length === 1)
        for (const { id } of batch) settlements.postpone(id, time.now());
    },
  };
}
