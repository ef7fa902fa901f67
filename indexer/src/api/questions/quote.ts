/** What an order would meet in the book as the index knows it. */
import { db } from "ponder:api";
import { order } from "ponder:schema";
import { and, eq, gte, inArray, lte, sql } from "ponder";
import type { Address } from "viem";
import { type Met, metBy } from "./met.ts";

export type Wanted = {
  side: "buy" | "sell";
  wattHours: bigint;
  /** A tick; undefined: at any price. */
  limit: number | undefined;
  /** How many orders it may meet. */
  maxSteps: number;
  /** Whose own orders are told apart; undefined: nobody's. */
  owner: Address | undefined;
};

/** Walks the other side's orders as the contract does: the best price first, and at a price the one that came first. */
export async function quote({ side, wattHours, limit, maxSteps, owner }: Wanted) {
  const buys = side === "buy";
  const crosses = limit === undefined ? undefined : buys ? lte(order.tick, limit) : gte(order.tick, limit);
  const resting = and(
    inArray(order.status, ["OPEN", "PARTIALLY_FILLED"]),
    eq(order.side, buys ? "ASK" : "BID"),
    crosses,
  );
  // Within a price an id grows with the place in the queue.
  const turn = sql`${order.tick} ${sql.raw(buys ? "ASC" : "DESC")}, ${order.orderId} ASC`;
  const { rows } = await db.execute(sql`
    SELECT tick, owner, open_wh FROM (
      SELECT ${order.tick} AS tick, ${order.owner} AS owner, ${order.openWh} AS open_wh,
        row_number() OVER (ORDER BY ${turn}) AS place,
        sum(${order.openWh}) OVER (ORDER BY ${turn} ROWS UNBOUNDED PRECEDING) - ${order.openWh} AS before
      FROM ${order} WHERE ${resting}) AS queue
    WHERE before < ${wattHours} ORDER BY place LIMIT ${maxSteps + 1}`);
  const queue = (rows as { tick: number; owner: Address; open_wh: string }[]).map(
    ({ tick, owner, open_wh }): Met => ({ tick, owner, openWh: BigInt(open_wh) }),
  );
  return metBy(queue, { wattHours, maxSteps, owner });
}
