/** The chain's time, which decides what has expired: that of the newest indexed block, unix seconds. */

import { db } from "ponder:api";
import { sql } from "ponder";

export async function chainTime(): Promise<bigint> {
  const { rows } = await db.execute(sql`SELECT latest_checkpoint FROM _ponder_checkpoint`);
  // A checkpoint begins with the block's time in ten digits.
  const [row] = rows as { latest_checkpoint: string }[];
  return row ? BigInt(row.latest_checkpoint.slice(0, 10)) : 0n;
}
