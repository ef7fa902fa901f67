/** Everything that one address has in EnerLink. */

import { db } from "ponder:api";
import { account, market, meter, offer, order, trade } from "ponder:schema";
import { costOf } from "@enerlink/protocol";
import { and, count, eq, inArray, sql } from "ponder";
import type { Address } from "viem";
import { chainTime } from "../now.ts";
import { isOpen } from "./offers.ts";

/** Amounts in Wh and IDRS; energy is valued at the book's last price. */
export async function portfolio(address: Address) {
  const now = await chainTime();
  const [[row], [state], [debt], [orders], [offers], [trades]] = await Promise.all([
    db.select().from(account).where(eq(account.id, address)),
    db.select().from(market).limit(1),
    db
      .select({ debtWh: sql<string | null>`sum(${meter.debtWh})`, meters: count() })
      .from(meter)
      .where(eq(meter.owner, address)),
    db
      .select({ value: count() })
      .from(order)
      .where(and(eq(order.owner, address), inArray(order.status, ["OPEN", "PARTIALLY_FILLED"]))),
    db
      .select({ value: count() })
      .from(offer)
      .where(and(eq(offer.seller, address), isOpen(now))),
    db
      .select({ value: count() })
      .from(trade)
      .where(
        and(
          sql`(${trade.buyer} = ${address} OR ${trade.seller} = ${address})`,
          inArray(trade.status, ["PENDING", "ACCEPTED"]),
        ),
      ),
  ]);
  const energyWh = row ? row.walletWh + row.tradingWh + row.ordersWh : 0n;
  const idrs = row ? row.walletIdrs + row.tradingIdrs + row.ordersIdrs + row.escrowIdrs : 0n;
  const price = state?.lastTick == null ? null : costOf(1n, state.lastTick);
  const bought = row?.boughtWh ?? 0n;
  const sold = row?.soldWh ?? 0n;
  return {
    address,
    walletWh: row?.walletWh ?? 0n,
    walletIdrs: row?.walletIdrs ?? 0n,
    tradingWh: row?.tradingWh ?? 0n,
    tradingIdrs: row?.tradingIdrs ?? 0n,
    ordersWh: row?.ordersWh ?? 0n,
    ordersIdrs: row?.ordersIdrs ?? 0n,
    escrowIdrs: row?.escrowIdrs ?? 0n,
    energyWh,
    idrs,
    valueIdrs: price === null ? null : idrs + energyWh * price,
    boughtWh: bought,
    spentIdrs: row?.spentIdrs ?? 0n,
    averageBuyPrice: bought === 0n ? null : row!.spentIdrs / bought,
    soldWh: sold,
    earnedIdrs: row?.earnedIdrs ?? 0n,
    averageSellPrice: sold === 0n ? null : row!.earnedIdrs / sold,
    debtWh: BigInt(debt?.debtWh ?? 0),
    meters: debt!.meters,
    openOrders: orders!.value,
    activeOffers: offers!.value,
    openTrades: trades!.value,
  };
}
