/** A community's terms, which its utility and the market operator change, each with notice. */
import type { community } from "ponder:schema";

type CommunityRow = typeof community.$inferSelect;

export type Terms = Pick<CommunityRow, "retail" | "feedIn" | "fee">;

/** The terms of a slot that begins at `start`, unix seconds. */
export function termsAt(row: CommunityRow, start: bigint): Terms {
  const { retail, feedIn, fee, nextFrom, nextFeeFrom } = row;
  const tariff =
    nextFrom !== null && start >= nextFrom
      ? { retail: row.nextRetail!, feedIn: row.nextFeedIn! }
      : { retail, feedIn };
  return { ...tariff, fee: nextFeeFrom !== null && start >= nextFeeFrom ? row.nextFee! : fee };
}
