import { useConnection } from "wagmi";
import { useSystem } from "../system/index.ts";
import { type Transaction, useTransactions } from "./store.ts";

/** How long the index may need after a block until a list from it shows what the block holds. */
const INDEXING_MILLISECONDS = 1_500;

/**
 * The connected account's transactions of some kinds that were sent but that a list from the index cannot show yet:
 * rows of their own until it can, gone when they fail.
 * @param answeredAt when the list was last asked for, unix milliseconds
 */
export function useUnderway(
  kinds: readonly Transaction["action"]["kind"][],
  answeredAt: number,
): Transaction[] {
  const { chainKey } = useSystem();
  const { address } = useConnection();
  return useTransactions((view) => view.transactions).filter(
    ({ chainKey: chain, account, action, stage, minedAt }) =>
      chain === chainKey &&
      account === address &&
      kinds.includes(action.kind) &&
      (stage === "sending" ||
        stage === "sent" ||
        (minedAt !== undefined && answeredAt < minedAt + INDEXING_MILLISECONDS)),
  );
}
