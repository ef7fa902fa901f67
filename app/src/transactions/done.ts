/** What has to be in a block before the next step of the same wish is asked for. */
import type { System } from "../system/index.ts";
import { type Action, isUnresolved, useTransactions } from "./store.ts";

/**
 * Waits until the account's latest transaction of this kind is decided, however long that takes.
 * @returns whether it was done
 */
export function isDone(
  { chainKey }: Pick<System, "chainKey">,
  address: string,
  kind: Action["kind"],
): Promise<boolean> {
  return new Promise((resolve) => {
    const look = () => {
      const one = useTransactions
        .getState()
        .transactions.find(
          ({ action, account, chainKey: chain }) =>
            action.kind === kind && account === address && chain === chainKey,
        );
      if (one && isUnresolved(one)) return;
      stop();
      resolve(one?.stage === "mined" || one?.stage === "final");
    };
    const stop = useTransactions.subscribe(look);
    look();
  });
}
