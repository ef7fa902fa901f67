/** `/wallet`: what an address has, and what moved. */

import { db } from "ponder:api";
import { movement, transfer } from "ponder:schema";
import { answerPage, makeRoutes } from "@enerlink/edge/rest";
import { formatIdr, formatKwh } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { and, count, desc, eq, or, sql, unionAll } from "ponder";
import { type Address, getAddress, zeroAddress } from "viem";
import { beyond } from "../cursors.ts";
import { portfolio } from "../questions/portfolio.ts";
import { type Moved, movementOf } from "./format.ts";
import { cut, orderOf, type PageAsked, placeOf } from "./lists.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";

const TAG = "Wallet";
const params = z.object({ address: schemas.address });

export const wallet = makeRoutes();

wallet.openapi(
  route("get", "/{address}/balances", TAG, "What an address has", schemas.Balances, { params }),
  async (context) => {
    const has = await portfolio(context.req.valid("param").address);
    const amounts = (energyWh: bigint, idrs: bigint) => ({
      energy: formatKwh(energyWh),
      idr: formatIdr(idrs),
    });
    return context.json(
      {
        address: getAddress(has.address),
        wallet: amounts(has.walletWh, has.walletIdrs),
        trading: amounts(has.tradingWh, has.tradingIdrs),
        orders: amounts(has.ordersWh, has.ordersIdrs),
        escrow: { idr: formatIdr(has.escrowIdrs) },
        total: amounts(has.energyWh, has.idrs),
        debt: formatKwh(has.debtWh),
      },
      200,
    );
  },
);

wallet.openapi(
  route(
    "get",
    "/{address}/transactions",
    TAG,
    "What moved, newest first",
    schemas.pageOf(schemas.WalletTransaction),
    {
      params,
      query: z.object(schemas.page),
      list: true,
    },
  ),
  async (context) => {
    const { address } = context.req.valid("param");
    const asked = context.req.valid("query");
    const { limit, offset, format } = asked;
    const order = orderOf(context, `transactions-${address}`, orderIn(movement));
    const place = placeOf(order, asked);
    const ofTransfers = or(eq(transfer.from, address), eq(transfer.to, address));
    const [found, [movements], [transfers]] = await Promise.all([
      historyOf(address, asked, place),
      db.select({ value: count() }).from(movement).where(eq(movement.account, address)),
      db.select({ value: count() }).from(transfer).where(ofTransfers),
    ]);
    const { rows, next } = cut(found, limit, order);
    const items = rows.map(({ type: kind, where, energyWh, idrs, timestamp, ...row }) => {
      const amounts = { energyWh: BigInt(energyWh), idrs: BigInt(idrs), timestamp: BigInt(timestamp) };
      return movementOf({ ...row, ...amounts, kind }, where);
    });
    const total = movements!.value + transfers!.value;
    const page = { items, total, limit, offset, next };
    return answerPage(
      context,
      { name: `transactions-${address}`, item: schemas.WalletTransaction, form: format },
      page,
    );
  },
);

/** Newest first; both tables are ordered alike. */
const orderIn = ({ blockNumber, id }: typeof movement | typeof transfer) => [
  { name: "blockNumber", column: blockNumber },
  { name: "id", column: id },
];

/** Movements of the trading balance and transfers of the wallet's tokens, together; of each no more than can be asked. */
function historyOf(address: Address, { limit, offset }: PageAsked, place: unknown[] | undefined) {
  const most = offset + limit + 1;
  const further = (table: typeof movement | typeof transfer) =>
    place && beyond(orderIn(table), "desc", place);
  const sent = sql`${transfer.from} = ${address}`;
  const signed = sql`CASE WHEN ${transfer.from} = ${transfer.to} THEN 0 WHEN ${sent} THEN -${transfer.amount} ELSE ${transfer.amount} END`;
  const inTrading = db
    .select({
      id: movement.id,
      type: sql<Moved["kind"]>`${movement.kind}::text`.as("type"),
      where: sql<"trading" | "wallet">`'trading'`.as("place"),
      energyWh: sql<string>`${movement.energyWh}::text`.as("energy_wh"),
      idrs: sql<string>`${movement.idrs}::text`.as("idrs"),
      counterparty: sql<Address | null>`${movement.counterparty}`.as("counterparty"),
      reference: sql<string | null>`${movement.reference}`.as("reference"),
      timestamp: sql<string>`${movement.timestamp}::text`.as("timestamp"),
      blockNumber: sql<string>`${movement.blockNumber}`.as("block_number"),
      transactionHash: movement.transactionHash,
    })
    .from(movement)
    .where(and(eq(movement.account, address), further(movement)))
    .orderBy(desc(movement.blockNumber), desc(movement.id))
    .limit(most);
  const inWallet = db
    .select({
      id: transfer.id,
      type: sql<Moved["kind"]>`CASE
        WHEN ${transfer.from} = ${zeroAddress} THEN 'MINTED'
        WHEN ${transfer.to} = ${zeroAddress} THEN 'BURNED'
        WHEN ${sent} THEN 'SENT' ELSE 'RECEIVED' END`.as("type"),
      where: sql<"trading" | "wallet">`'wallet'`.as("place"),
      energyWh: sql<string>`(CASE WHEN ${transfer.token} = 'ETK' THEN ${signed} ELSE 0 END)::text`.as(
        "energy_wh",
      ),
      idrs: sql<string>`(CASE WHEN ${transfer.token} = 'IDRS' THEN ${signed} ELSE 0 END)::text`.as("idrs"),
      counterparty: sql<Address | null>`CASE WHEN ${sent} THEN ${transfer.to} ELSE ${transfer.from} END`.as(
        "counterparty",
      ),
      reference: sql<string | null>`NULL::text`.as("reference"),
      timestamp: sql<string>`${transfer.timestamp}::text`.as("timestamp"),
      blockNumber: sql<string>`${transfer.blockNumber}`.as("block_number"),
      transactionHash: transfer.transactionHash,
    })
    .from(transfer)
    .where(and(or(eq(transfer.from, address), eq(transfer.to, address)), further(transfer)))
    .orderBy(desc(transfer.blockNumber), desc(transfer.id))
    .limit(most);
  return unionAll(inTrading, inWallet)
    .orderBy(sql`block_number DESC, id DESC`)
    .limit(limit + 1)
    .offset(offset);
}
