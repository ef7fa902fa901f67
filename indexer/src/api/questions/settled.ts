/** Which settlements lie in a range of time: each counts where its energy ends, one that ends at its end included. */
import { settlement } from "ponder:schema";
import { and, gt, lte, sql } from "ponder";

/** A slot is at most a day long, and a reading counts for one that ended less than a slot before it. */
const DAY = 86_400n;

/** Settlements whose energy ends after `from` and up to `to`, unix seconds; found by when they were read. */
export const endedIn = (from: bigint, to: bigint) =>
  and(
    gt(settlement.readAt, from),
    lte(settlement.readAt, to + DAY),
    gt(settlement.endsAt, from),
    lte(settlement.endsAt, to),
  );

/** The period, counted from 1 by its start, in which a settlement counts. @param starts as `startsOf` gives them */
export const endingIn = (starts: string) =>
  sql<number>`width_bucket(${settlement.endsAt} - 1, ${starts}::numeric[])`;
