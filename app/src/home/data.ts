import { z } from "zod/mini";
import { integer, useIndex } from "../energy-index/index.ts";

const side = z.pipe(
  z.object({ items: z.array(z.object({ wattHours: integer, cost: integer })) }),
  z.transform(({ items }) =>
    items.reduce(
      (sum, { wattHours, cost }) => ({ wattHours: sum.wattHours + wattHours, idrs: sum.idrs + cost }),
      { wattHours: 0n, idrs: 0n },
    ),
  ),
);
const schema = z.pipe(
  z.object({ booked: side, delivered: side, bought: side, received: side }),
  z.transform(({ booked, delivered, bought, received }) => ({
    earnedIdrs: booked.idrs + delivered.idrs,
    soldWh: booked.wattHours + delivered.wattHours,
    spentIdrs: bought.idrs + received.idrs,
    boughtWh: bought.wattHours + received.wattHours,
  })),
);

const TRADED = `query ($account: String!, $since: BigInt!) {
  booked: fills(where: { seller: $account, timestamp_gte: $since }, limit: 1000) { items { wattHours cost } }
  bought: fills(where: { buyer: $account, timestamp_gte: $since }, limit: 1000) { items { wattHours cost } }
  delivered: energyTransactions(where: { seller: $account, timestamp_gte: $since }, limit: 1000) { items { wattHours cost } }
  received: energyTransactions(where: { buyer: $account, timestamp_gte: $since }, limit: 1000) { items { wattHours cost } }
}`;

/** What an account sold and bought since `since` (unix seconds), in the book and from neighbours: Wh and IDRS. */
export const useTradedSince = (account: string | undefined, since: number) =>
  useIndex(
    TRADED,
    account === undefined ? undefined : { account: account.toLowerCase(), since: String(since) },
    schema,
  );
