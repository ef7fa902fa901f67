/**
 * Tells what final blocks brought, each event once and in the order of the chain, whoever sent the transactions: a cursor
 * moves over the final blocks in the database transaction that keeps their events.
 */
import type { Deployment } from "@enerlink/protocol/deployment";
import type { Address, PublicClient } from "viem";
import { type Logs, makeLogReader } from "../chain/logs.ts";
import { type Database, meta, setMeta } from "../store/database.ts";
import { makeChainEvents } from "./chain-events.ts";
import { type Events, KEPT_SECONDS } from "./events.ts";

/** Key in `meta`: the last block whose events were told. */
const TOLD = "told";

export type Teller = ReturnType<typeof makeTeller>;

export function makeTeller({
  database,
  client,
  deployment,
  events,
}: {
  database: Database;
  client: PublicClient;
  deployment: Deployment;
  events: Pick<Events, "keep" | "send">;
}) {
  const { energyConverter, energyMarket, oracleCommittee, slotPool } = deployment.contracts;
  const readLogs = makeLogReader(client, [energyConverter, energyMarket, oracleCommittee, slotPool]);
  const insertOwner = database.prepare(
    "INSERT INTO order_owners (order_id, owner) VALUES (?, ?) ON CONFLICT DO UPDATE SET owner = excluded.owner",
  );
  const owner = database
    .prepare<unknown[], Address>("SELECT owner FROM order_owners WHERE order_id = ?")
    .pluck();
  const settled = database
    .prepare<unknown[], bigint>(
      "SELECT 1 FROM chain_settlements WHERE serial = ? AND timestamp = ? AND block_number <= ?",
    )
    .pluck();
  const chainEvents = makeChainEvents({
    client,
    deployment,
    ownerOf: (orderId) => owner.get(orderId.toString()),
    wasSettled: (...report) => settled.get(...report) !== undefined,
  });
  let telling: Promise<void> = Promise.resolve();

  /** The first block from which on events are told: all orders are noted, what was long ago is not news. */
  async function firstOfInterest(final: bigint): Promise<bigint> {
    const timeOf = async (blockNumber: bigint) => (await client.getBlock({ blockNumber })).timestamp;
    const oldest = (await timeOf(final)) - BigInt(KEPT_SECONDS);
    let [low, high] = [BigInt(deployment.startBlock), final];
    while (low < high) {
      const middle = (low + high) / 2n;
      if ((await timeOf(middle)) < oldest) low = middle + 1n;
      else high = middle;
    }
    return low;
  }

  const noteOwners = database.transaction((logs: Logs) => {
    for (const [orderId, address] of chainEvents.ownersIn(logs)) insertOwner.run(orderId.toString(), address);
  });

  async function tellUpTo(final: bigint): Promise<void> {
    const told = meta(database, TOLD);
    let next = told === undefined ? BigInt(deployment.startBlock) : BigInt(told) + 1n;
    if (next > final) return;
    const interesting = told === undefined ? await firstOfInterest(final) : next;
    while (next <= final) {
      const { logs, toBlock } = await readLogs(next, next < interesting ? interesting - 1n : final);
      noteOwners(logs);
      const happenings = next < interesting ? [] : await chainEvents.happeningsIn(logs);
      const messages = database.transaction(() => {
        setMeta(database, TOLD, toBlock.toString());
        return events.keep(happenings);
      })();
      events.send(messages);
      next = toBlock + 1n;
    }
  }

  return {
    /** Tells what is new up to the block `final`, one call after the other. Rejects when the chain does not answer. */
    tell: (final: bigint): Promise<void> => {
      const work = telling.then(() => tellUpTo(final));
      telling = work.catch(() => {});
      return work;
    },
    /** Blocks from `from` on were given up, final ones among them: what stands in their place is told as well. */
    reorganised: (from: bigint): void => {
      const told = meta(database, TOLD);
      if (told !== undefined && BigInt(told) >= from) setMeta(database, TOLD, (from - 1n).toString());
    },
    /** Resolves when nothing is being told. */
    stop: () => telling,
  };
}
