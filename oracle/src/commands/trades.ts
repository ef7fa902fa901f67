/**
 * Accepted trades: has the battery discharge what was sold, and once its meter's export is settled, has the market
 * deliver and pay it. Delivered means metered. The market counts a battery's export in the order in which its trades were
 * accepted, each Wh once: delivering a later trade first would pass by what an earlier one is owed.
 */
import { energyMarketAbi, energyTokenAbi, MINIMUM_WH, serialOf, TradeStatus } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import type { Log } from "@enerlink/service/log";
import { makeTrouble, type Trouble } from "@enerlink/service/trouble";
import { type Address, encodeFunctionData, isAddressEqual, type PublicClient, parseEventLogs } from "viem";
import type { LogListener } from "../chain/follow.ts";
import type { Settlements } from "../ledger/settlements.ts";
import type { Database } from "../store/database.ts";
import type { Outbox } from "../transactions/outbox.ts";
import type { Commands } from "./commands.ts";

const DELIVERY_GAS = 400_000n;
/** Milliseconds before a refused discharge or delivery is tried again. */
const RETRY_AFTER = 30_000;

type Row = {
  id: bigint;
  serial: string;
  command_id: string | null;
  delivery_id: bigint | null;
  not_before: bigint;
};

export type Trades = ReturnType<typeof makeTrades>;

export function makeTrades({
  database,
  client,
  deployment,
  commands,
  settlements,
  outbox,
  leads,
  blockTime,
  log,
}: {
  database: Database;
  client: PublicClient;
  deployment: Deployment;
  commands: Commands;
  settlements: Pick<Settlements, "hurry">;
  outbox: Outbox;
  /** Whether this node delivers what could be delivered since `since` (milliseconds); the other members wait. */
  leads: (name: string, since: number) => boolean;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
  log: Log;
}) {
  const { energyMarket, energyToken } = deployment.contracts;
  const market = { address: energyMarket, abi: energyMarketAbi } as const;
  // Known already, it comes again elsewhere: a reorganisation has moved it.
  const insert = database.prepare(
    `INSERT INTO trades (id, serial, accepted_block, accepted_log, state) VALUES (?, ?, ?, ?, 'open')
     ON CONFLICT DO UPDATE SET accepted_block = excluded.accepted_block, accepted_log = excluded.accepted_log, state = 'open'
     WHERE (accepted_block, accepted_log) <> (excluded.accepted_block, excluded.accepted_log)`,
  );
  const open = database.prepare<unknown[], Row>(
    "SELECT * FROM trades WHERE state = 'open' ORDER BY accepted_block, accepted_log",
  );
  const setCommand = database.prepare("UPDATE trades SET command_id = ? WHERE id = ?");
  const setDelivery = database.prepare("UPDATE trades SET delivery_id = ? WHERE id = ?");
  const deliveryEnded = database.prepare("UPDATE trades SET delivery_id = NULL WHERE delivery_id = ?");
  const postpone = database.prepare("UPDATE trades SET not_before = ? WHERE id = ?");
  const commandFailed = database.prepare(
    "UPDATE trades SET command_id = NULL, not_before = ? WHERE command_id = ?",
  );
  const close = database.prepare("UPDATE trades SET state = 'closed' WHERE id = ?");
  const delivering = database.prepare<unknown[], { serial: string }>(
    "SELECT serial FROM trades WHERE delivery_id IS NOT NULL",
  );
  const deliverableSince = new Map<bigint, number>();
  const troubles = new Map<bigint, Trouble>();
  /** What keeps a trade from being delivered is said once. */
  function troubleOf(id: bigint): Trouble {
    const trouble = troubles.get(id) ?? makeTrouble(`delivering trade ${id}`, log);
    troubles.set(id, trouble);
    return trouble;
  }
  let running: Promise<void> | undefined;

  const onLogs: LogListener = async (logs) => {
    const accepted = parseEventLogs({ abi: energyMarketAbi, eventName: "TradeAccepted", logs });
    for (const { address, args, blockNumber, logIndex } of accepted) {
      if (!isAddressEqual(address, energyMarket)) continue;
      const { offerId } = await client.readContract({
        ...market,
        functionName: "trade",
        args: [args.tradeId],
      });
      const { batteryId } = await client.readContract({ ...market, functionName: "offer", args: [offerId] });
      const { changes } = insert.run(args.tradeId, serialOf(batteryId), blockNumber, logIndex);
      if (changes === 1) log.info(`trade ${args.tradeId} was accepted: ${serialOf(batteryId)} delivers`);
    }
  };

  /** Takes a trade a step further. `claimed`: batteries whose metered Wh an earlier trade, or a delivery, takes first. */
  async function proceed(row: Row, claimed: Set<string>): Promise<void> {
    const [trade, metered] = await Promise.all([
      client.readContract({ ...market, functionName: "trade", args: [row.id] }),
      client.readContract({ ...market, functionName: "deliverable", args: [row.id] }),
    ]);
    if (trade.status !== TradeStatus.Accepted || blockTime() > BigInt(trade.deliverBy)) {
      close.run(row.id);
      deliverableSince.delete(row.id);
      troubles.delete(row.id);
      log.info(
        `trade ${row.id}: ${trade.deliveredWh} of ${trade.wattHours} Wh delivered, nothing left to do`,
      );
      return;
    }
    if (blockTime() < BigInt(trade.availableFrom)) return;
    const remaining = trade.wattHours - trade.deliveredWh;
    const postponed = row.not_before > Date.now();
    if (!postponed && row.command_id === null && trade.deliverBy * 1_000 > Date.now()) {
      await commands.queue(
        {
          serial: row.serial,
          name: "discharge",
          values: { wattHours: BigInt(remaining) },
          deadline: trade.deliverBy,
          tradeId: row.id,
          requestedBy: `trade ${row.id}`,
        },
        (commandId) => setCommand.run(commandId, row.id),
      );
    }
    if (metered === 0n || claimed.has(row.serial)) {
      deliverableSince.delete(row.id);
      return;
    }
    claimed.add(row.serial);
    const since = deliverableSince.get(row.id) ?? Date.now();
    deliverableSince.set(row.id, since);
    if (!postponed && leads(`trade ${row.id}`, since)) await deliver(row, trade.seller, metered);
  }

  /** ETK that the market can take from `seller` now: free in the trading balance, and in the wallet as far as allowed. */
  async function availableWh(seller: Address): Promise<bigint> {
    const token = { address: energyToken, abi: energyTokenAbi } as const;
    const [[free], held, allowed] = await Promise.all([
      client.readContract({ ...market, functionName: "tradingBalance", args: [seller] }),
      client.readContract({ ...token, functionName: "balanceOf", args: [seller] }),
      client.readContract({ ...token, functionName: "allowance", args: [seller, energyMarket] }),
    ]);
    return free + least(held, allowed);
  }

  /** Delivers what is metered and what the seller has, in parts if need be, but in no crumbs. */
  async function deliver(row: Row, seller: Address, due: bigint): Promise<void> {
    const wattHours = least(due, await availableWh(seller));
    if (wattHours < least(due, MINIMUM_WH)) {
      postpone.run(Date.now() + RETRY_AFTER, row.id);
      troubleOf(row.id).failed(`${due} Wh are metered, but the seller has only ${wattHours} Wh to deliver`);
      return;
    }
    const call = { ...market, functionName: "deliver", args: [row.id, Number(wattHours)] } as const;
    try {
      // What would revert is not sent.
      await client.simulateContract({ ...call, account: outbox.sender });
    } catch (error) {
      postpone.run(Date.now() + RETRY_AFTER, row.id);
      troubleOf(row.id).failed(error);
      return;
    }
    const { hash } = await outbox.submit(
      { kind: "deliver", to: energyMarket, data: encodeFunctionData(call), gas: DELIVERY_GAS },
      (transactionId) => setDelivery.run(transactionId, row.id),
    );
    troubleOf(row.id).done();
    log.info({ transaction: hash }, `trade ${row.id}: delivering ${wattHours} metered Wh`);
  }

  /** Takes every open trade a step further where it can. */
  function check(): Promise<void> {
    running ??= (async () => {
      const claimed = new Set(delivering.all().map(({ serial }) => serial));
      for (const row of open.all()) await proceed(row, claimed);
    })().finally(() => {
      running = undefined;
    });
    return running;
  }

  outbox.handle("deliver", {
    mined: ({ id }) => void deliveryEnded.run(id),
    unmined: () => {},
    replaced: ({ id }) => void deliveryEnded.run(id),
    final: () => {},
    after: () => {},
  });

  commands.onConcluded(({ id, serial, name, state, tradeId }) => {
    if (name !== "discharge") return;
    if (state === "done") settlements.hurry(serial);
    else if (tradeId !== undefined) commandFailed.run(Date.now() + RETRY_AFTER, id);
  });

  return { onLogs, check, stop: async () => void (await running?.catch(() => {})) };
}

const least = (a: bigint, b: bigint) => (a < b ? a : b);
