/**
 * Accepted trades: has the battery discharge what was sold, and once its meter's export is settled, has the market
 * deliver and pay it. Delivered means metered: for which trade a Wh was exported, the market says when it is settled.
 */
import {
  energyMarketAbi,
  energyTokenAbi,
  formatKwh,
  MINIMUM_WH,
  serialOf,
  TradeStatus,
} from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import type { Log } from "@enerlink/service/log";
import { makeTrouble, type Trouble } from "@enerlink/service/trouble";
import { type Address, encodeFunctionData, isAddressEqual, type PublicClient } from "viem";
import type { Alerts } from "../alerts/alerts.ts";
import type { LogListener } from "../chain/follow.ts";
import { parseEventLogs } from "../chain/logs.ts";
import type { Owns } from "../chain/mirror.ts";
import type { Settlements } from "../ledger/settlements.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import type { Outbox } from "../transactions/outbox.ts";
import type { Commands } from "./commands.ts";
import { makeTradeLedger, type TradeLedger, type TradeRow } from "./trade-ledger.ts";

const DELIVERY_GAS = 400_000n;
/** Milliseconds before a refused discharge or delivery is tried again. */
const RETRY_AFTER = 30_000;

type Needs = {
  database: Database;
  client: PublicClient;
  deployment: Deployment;
  commands: Commands;
  settlements: Pick<Settlements, "hurry">;
  outbox: Outbox;
  owns: Owns;
  alerts: Pick<Alerts, "raise" | "end">;
  /** Whether this node delivers what could be delivered since `since` (milliseconds); the other members wait. */
  leads: (name: string, since: number) => boolean;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
  log: Log;
};

const marketOf = ({ deployment }: Needs) =>
  ({ address: deployment.contracts.energyMarket, abi: energyMarketAbi }) as const;

const least = (a: bigint, b: bigint) => (a < b ? a : b);

/** What keeps a trade from being delivered, said once. */
function makeTroubles(log: Log) {
  const troubles = new Map<bigint, Trouble>();
  return {
    of: (id: bigint): Trouble => {
      const trouble = troubles.get(id) ?? makeTrouble(`delivering trade ${id}`, log);
      troubles.set(id, trouble);
      return trouble;
    },
    forget: (id: bigint): void => void troubles.delete(id),
  };
}

/** Tells a battery's owner, who is the seller, while a trade waits for its energy: one alert for all of a battery's. */
function makeTold(alerts: Needs["alerts"]) {
  const waiting = new Map<string, Set<bigint>>();
  return {
    waits: ({ id, serial }: TradeRow, detail: string): void => {
      waiting.set(serial, (waiting.get(serial) ?? new Set()).add(id));
      alerts.raise("undelivered", serial, detail);
    },
    goesOn: ({ id, serial }: TradeRow): void => {
      waiting.get(serial)?.delete(id);
      if (!waiting.get(serial)?.size) alerts.end("undelivered", serial);
    },
  };
}

/** Delivers what is metered and what the seller has, in parts if need be, but in no crumbs. */
function makeDelivery(needs: Needs, ledger: TradeLedger) {
  const { client, deployment, outbox, log } = needs;
  const { energyMarket, energyToken } = deployment.contracts;
  const market = marketOf(needs);
  const troubles = makeTroubles(log);
  const { waits, goesOn } = makeTold(needs.alerts);

  /** ETK that the market can take from `seller` now: free in the trading balance, and in the wallet as far as allowed. */
  async function fundsOf(seller: Address) {
    const token = { address: energyToken, abi: energyTokenAbi } as const;
    const [[free], held, allowed] = await Promise.all([
      client.readContract({ ...market, functionName: "tradingBalance", args: [seller] }),
      client.readContract({ ...token, functionName: "balanceOf", args: [seller] }),
      client.readContract({ ...token, functionName: "allowance", args: [seller, energyMarket] }),
    ]);
    return { availableWh: free + least(held, allowed), lacksApproval: allowed < held };
  }

  function putOff({ id }: TradeRow, why: unknown): void {
    ledger.postpone.run(time.now() + RETRY_AFTER, id);
    troubles.of(id).failed(why);
  }

  function lacking(row: TradeRow, due: bigint, has: bigint, lacksApproval: boolean): void {
    const means = lacksApproval ? "approve the market for its ETK" : "get ETK";
    waits(
      row,
      `trade ${row.id}: ${formatKwh(due)} kWh are metered, but the market can take only ${formatKwh(has)} kWh from the seller, who must ${means} before the trade expires`,
    );
    putOff(row, `${due} Wh are metered, but the seller has only ${has} Wh to deliver`);
  }

  return {
    /** Nothing of it waits to be delivered now. */
    goesOn,
    forget: troubles.forget,
    deliver: async (row: TradeRow, seller: Address, due: bigint): Promise<void> => {
      const { availableWh, lacksApproval } = await fundsOf(seller);
      const wattHours = least(due, availableWh);
      if (wattHours < least(due, MINIMUM_WH)) return lacking(row, due, wattHours, lacksApproval);
      goesOn(row);
      const call = { ...market, functionName: "deliver", args: [row.id, Number(wattHours)] } as const;
      try {
        // What would revert is not sent.
        await client.simulateContract({ ...call, account: outbox.sender });
      } catch (error) {
        return putOff(row, error);
      }
      const { hash } = await outbox.submit(
        { kind: "deliver", to: energyMarket, data: encodeFunctionData(call), gas: DELIVERY_GAS },
        (transactionId) => ledger.setDelivery.run(transactionId, row.id),
      );
      troubles.of(row.id).done();
      log.info({ transaction: hash }, `trade ${row.id}: delivering ${wattHours} metered Wh`);
    },
  };
}

/** Takes a trade a step further. `claimed`: batteries of which a delivery is under way, which needs the seller's ETK. */
function makeProceed(needs: Needs, ledger: TradeLedger) {
  const { client, commands, leads, blockTime, log } = needs;
  const market = marketOf(needs);
  const { deliver, goesOn, forget } = makeDelivery(needs, ledger);
  const deliverableSince = new Map<bigint, number>();

  function close(row: TradeRow, deliveredWh: number, wattHours: number): void {
    const { id } = row;
    ledger.close.run(id);
    goesOn(row);
    deliverableSince.delete(id);
    forget(id);
    log.info(`trade ${id}: ${deliveredWh} of ${wattHours} Wh delivered, nothing left to do`);
  }

  const discharge = ({ id, serial }: TradeRow, wattHours: number, deadline: number) =>
    commands.queue(
      {
        serial,
        name: "discharge",
        values: { wattHours: BigInt(wattHours) },
        deadline,
        tradeId: id,
        requestedBy: `trade ${id}`,
      },
      (commandId) => ledger.setCommand.run(commandId, id),
    );

  return async function proceed(row: TradeRow, claimed: Set<string>): Promise<void> {
    const [trade, metered] = await Promise.all([
      client.readContract({ ...market, functionName: "trade", args: [row.id] }),
      client.readContract({ ...market, functionName: "deliverable", args: [row.id] }),
    ]);
    const { deliveredWh, wattHours, deliverBy, seller } = trade;
    if (trade.status !== TradeStatus.Accepted || blockTime() > BigInt(deliverBy))
      return close(row, deliveredWh, wattHours);
    if (blockTime() < BigInt(trade.availableFrom)) return;
    const postponed = row.not_before > time.now();
    if (!postponed && row.command_id === null && deliverBy * 1_000 > time.now())
      await discharge(row, wattHours - deliveredWh, deliverBy);
    if (metered === 0n) goesOn(row);
    if (metered === 0n || claimed.has(row.serial)) {
      deliverableSince.delete(row.id);
      return;
    }
    const since = deliverableSince.get(row.id) ?? time.now();
    deliverableSince.set(row.id, since);
    if (postponed) return;
    claimed.add(row.serial);
    if (leads(`trade ${row.id}`, since)) await deliver(row, seller, metered);
  };
}

export type Trades = ReturnType<typeof makeTrades>;

export function makeTrades(needs: Needs) {
  const { database, client, commands, settlements, outbox, owns, log } = needs;
  const market = marketOf(needs);
  const ledger = makeTradeLedger(database);
  const proceed = makeProceed(needs, ledger);
  let running: Promise<void> | undefined;

  const onLogs: LogListener = async (logs) => {
    const accepted = parseEventLogs({ abi: energyMarketAbi, eventName: "TradeAccepted", logs });
    for (const { address, args, blockNumber, logIndex } of accepted) {
      if (!isAddressEqual(address, market.address)) continue;
      const { tradeId } = args;
      const { offerId } = await client.readContract({ ...market, functionName: "trade", args: [tradeId] });
      const { batteryId } = await client.readContract({ ...market, functionName: "offer", args: [offerId] });
      const serial = serialOf(batteryId);
      if (!owns(serial)) continue;
      const { changes } = ledger.accept.run(tradeId, serial, blockNumber, logIndex);
      if (changes === 1) log.info(`trade ${tradeId} was accepted: ${serial} delivers`);
    }
  };

  async function checkAll(): Promise<void> {
    const open = ledger.open.all();
    if (open.length === 0) return;
    const claimed = new Set(ledger.delivering.all().map(({ serial }) => serial));
    for (const row of open) await proceed(row, claimed);
  }

  outbox.handle("deliver", {
    mined: ({ id }) => void ledger.deliveryEnded.run(id),
    unmined: () => {},
    replaced: ({ id }) => void ledger.deliveryEnded.run(id),
    final: () => {},
    after: () => {},
  });

  commands.onConcluded(({ id, serial, name, state, tradeId }) => {
    if (name !== "discharge") return;
    if (state === "done") settlements.hurry(serial);
    else if (tradeId !== undefined) ledger.commandFailed.run(time.now() + RETRY_AFTER, id);
  });

  return {
    onLogs,
    /** Takes every open trade a step further where it can. */
    check: (): Promise<void> => {
      running ??= checkAll().finally(() => {
        running = undefined;
      });
      return running;
    },
    stop: async (): Promise<void> => void (await running?.catch(() => {})),
  };
}
