/** What the traders know of the market: open orders, all offers and open trades, followed from the contract's events. */
import { decodeOrderId, energyMarketAbi, Side } from "@enerlink/protocol";
import { type Address, parseEventLogs } from "viem";
import type { Market } from "../wallet.ts";

export type OpenOrder = { id: bigint; owner: Address; side: Side; tick: number; wattHours: bigint };
export type OpenOffer = {
  id: bigint;
  seller: Address;
  batteryId: `0x${string}`;
  remainingWh: bigint;
  price: number;
  availableTo: number;
  /** Cancelled, completed or closed; accepted trades of it may still be open. */
  ended: boolean;
};
/** `wattHours`: what is not delivered yet. */
export type OpenTrade = { id: bigint; offerId: bigint; buyer: Address; wattHours: bigint; accepted: boolean };

/** Wh traded since the chain's first block: on the book, by who met whom, and by offers. */
export type Traded = { onBook: bigint; withUtility: bigint; byOffers: bigint };

/** What stands on the market, by what its events have told. */
type State = {
  orders: Map<bigint, OpenOrder>;
  offers: Map<bigint, OpenOffer>;
  trades: Map<bigint, OpenTrade>;
  traded: Traded;
};
type Entry = ReturnType<typeof parseEventLogs<typeof energyMarketAbi, true, undefined>>[number];

function take({ orders, offers, trades, traded }: State, log: Entry, utility: Address): void {
  switch (log.eventName) {
    case "OrderPlaced": {
      const { orderId: id, owner } = log.args;
      const { side, tick } = decodeOrderId(id);
      orders.set(id, { id, owner, side, tick, wattHours: BigInt(log.args.wattHours) });
      break;
    }
    case "OrderCancelled":
      orders.delete(log.args.orderId);
      break;
    case "OrderFilled": {
      const { makerOrderId, taker } = log.args;
      const wattHours = BigInt(log.args.wattHours);
      const order = orders.get(makerOrderId)!;
      const isUtility = [order.owner, taker].includes(utility);
      traded[isUtility ? "withUtility" : "onBook"] += wattHours;
      order.wattHours -= wattHours;
      if (order.wattHours === 0n) orders.delete(makerOrderId);
      break;
    }
    case "OfferCreated": {
      const { offerId: id, seller, batteryId, price, availableTo } = log.args;
      const remainingWh = BigInt(log.args.wattHours);
      offers.set(id, { id, seller, batteryId, remainingWh, price, availableTo, ended: false });
      break;
    }
    case "OfferUpdated":
      Object.assign(offers.get(log.args.offerId)!, {
        ...log.args,
        remainingWh: BigInt(log.args.remainingWh),
      });
      break;
    case "OfferCancelled":
    case "OfferCompleted":
    case "OfferExpired":
      Object.assign(offers.get(log.args.offerId)!, { remainingWh: 0n, ended: true });
      break;
    case "TradeRequested": {
      const { tradeId: id, offerId, buyer } = log.args;
      const wattHours = BigInt(log.args.wattHours);
      trades.set(id, { id, offerId, buyer, wattHours, accepted: false });
      break;
    }
    case "TradeAccepted": {
      const trade = trades.get(log.args.tradeId)!;
      trade.accepted = true;
      offers.get(trade.offerId)!.remainingWh -= trade.wattHours;
      break;
    }
    case "TradeDelivered": {
      const wattHours = BigInt(log.args.wattHours);
      traded.byOffers += wattHours;
      trades.get(log.args.tradeId)!.wattHours -= wattHours;
      break;
    }
    case "TradeRejected":
    case "TradeCancelled":
    case "TradeLapsed":
    case "TradeCompleted":
    case "TradeExpired":
      trades.delete(log.args.tradeId);
      break;
  }
}

export type Ledger = ReturnType<typeof makeLedger>;

export function makeLedger({ client, deployment }: Market, utility: Address) {
  const state: State = {
    orders: new Map(),
    offers: new Map(),
    trades: new Map(),
    traded: { onBook: 0n, withUtility: 0n, byOffers: 0n },
  };
  let nextBlock = BigInt(deployment.startBlock);

  return {
    ...state,
    /** Takes in every block since the last call. */
    follow: async (): Promise<void> => {
      const latest = await client.getBlockNumber({ cacheTime: 0 });
      if (latest < nextBlock) return;
      const logs = await client.getLogs({
        address: deployment.contracts.energyMarket,
        fromBlock: nextBlock,
        toBlock: latest,
      });
      for (const entry of parseEventLogs({ abi: energyMarketAbi, logs })) take(state, entry, utility);
      nextBlock = latest + 1n;
    },
    /** The open orders of a side, best first; older first at the same tick. */
    book: (side: Side): OpenOrder[] => {
      const better = side === Side.Bid ? -1 : 1;
      return [...state.orders.values()]
        .filter((order) => order.side === side)
        .sort((a, b) => better * (a.tick - b.tick) || (a.id < b.id ? -1 : 1));
    },
  };
}
