/** Batches for windows' roots that this node has approved, by their hashes, for as long as it runs: who leads asks again for what is gone. */
import { type Item, LARGEST_ROOT } from "@enerlink/protocol/wire/committee";
import type { Hex } from "viem";

/** Of a few windows; the oldest go. */
const KEPT = 4 * LARGEST_ROOT;

export type Approved = ReturnType<typeof makeApproved>;

export function makeApproved() {
  const batches = new Map<Hex, readonly Item[]>();
  return {
    keep: (batch: Hex, items: readonly Item[]): void => {
      batches.delete(batch);
      batches.set(batch, items);
      if (batches.size > KEPT) batches.delete(batches.keys().next().value!);
    },
    /** Their items; undefined when one is not known. */
    itemsOf: (hashes: readonly Hex[]): Item[] | undefined => {
      const found = hashes.map((hash) => batches.get(hash));
      return found.every((items) => items !== undefined) ? found.flat() : undefined;
    },
  };
}
