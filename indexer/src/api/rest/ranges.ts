/** Ranges of time: `from` belongs to them, `to` does not. */
import { invalid } from "@enerlink/edge";
import { and, gte, lt, type PgColumn } from "ponder";

type Range = { from?: bigint | undefined; to?: bigint | undefined };

/** Rows whose `column`, unix seconds, lies in a range. @throws Problem 400 for a range in which nothing can lie */
export function inRange(column: PgColumn, { from, to }: Range) {
  if (from !== undefined && to !== undefined && from >= to)
    throw invalid([{ field: "from", message: "must be before to" }]);
  return and(
    from === undefined ? undefined : gte(column, from),
    to === undefined ? undefined : lt(column, to),
  );
}
