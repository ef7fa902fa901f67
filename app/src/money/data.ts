import { capitals, realNamesOf, WithdrawalStatus } from "@enerlink/protocol";
import type { Address } from "viem";
import { z } from "zod/mini";
import { useBalances, useSetAside } from "../account/index.ts";
import { integer, itemsOf, seconds, useEveryRow, useIndex } from "../energy-index/index.ts";
import { isAway, known } from "../system/index.ts";
import { withTraded } from "./traded.ts";

const movementSchema = z.object({
  id: z.string(),
  kind: z.enum([
    "DEPOSITED",
    "WITHDRAWN",
    "DRAWN",
    "CREDITED",
    "TAKEN",
    "GIVEN",
    "RECEIVED",
    "ORDER_PLACED",
    "ORDER_CANCELLED",
    "BOUGHT",
    "SOLD",
    "ESCROWED",
    "REFUNDED",
    "DELIVERY_BOUGHT",
    "DELIVERY_SOLD",
  ]),
  energyWh: integer,
  idrs: integer,
  timestamp: seconds,
  transactionHash: z.string(),
});
export type Movement = z.infer<typeof movementSchema>;

/** As many movements are asked for: those of a day of slots, and more. */
export const LATEST_MOVEMENTS = 300;
/** As many transfers are asked for. */
export const LATEST_TRANSFERS = 50;
/** Long lists are asked for more seldom. */
const SELDOM = { milliseconds: 5_000 };

const tradedSchema = z.object({ id: z.string(), wattHours: integer, cost: integer });
const items = <Row extends z.ZodMiniType>(row: Row) => z.object({ items: z.array(row) });

/** Each trade changed the balance at least once: those of the latest changes are among as many latest trades. */
const MOVEMENTS = `query ($account: String!) {
  movements(where: { account: $account }, orderBy: "timestamp", orderDirection: "desc", limit: ${LATEST_MOVEMENTS}) {
    items { id kind energyWh idrs timestamp transactionHash }
  }
  fills(where: { OR: [{ buyer: $account }, { seller: $account }] }, orderBy: "timestamp", orderDirection: "desc", limit: ${LATEST_MOVEMENTS}) {
    items { id wattHours cost }
  }
  energyTransactions(where: { OR: [{ buyer: $account }, { seller: $account }] }, orderBy: "timestamp", orderDirection: "desc", limit: ${LATEST_MOVEMENTS}) {
    items { id wattHours cost }
  }
}`;

const movementsSchema = z.pipe(
  z.object({
    movements: items(movementSchema),
    fills: items(tradedSchema),
    energyTransactions: items(tradedSchema),
  }),
  z.transform(({ movements, fills, energyTransactions }) =>
    withTraded(movements.items, [...fills.items, ...energyTransactions.items]),
  ),
);

/** Every change of the trading balance, trades with what was paid or received for them, newest first. */
export const useMovements = (account: string | undefined) =>
  useIndex(
    MOVEMENTS,
    account === undefined ? undefined : { account: account.toLowerCase() },
    movementsSchema,
    SELDOM,
  );

const hex = z.templateLiteral(["0x", z.string()]);
const transferSchema = z.object({
  id: z.string(),
  token: z.enum(["ETK", "IDRS"]),
  from: hex,
  to: hex,
  amount: integer,
  timestamp: seconds,
});
export type Transfer = z.infer<typeof transferSchema>;

const TRANSFERS = `query ($account: String!) {
  transfers(where: { OR: [{ from: $account }, { to: $account }] }, orderBy: "timestamp", orderDirection: "desc", limit: ${LATEST_TRANSFERS}) {
    items { id token from to amount timestamp }
  }
}`;

/** Tokens that came into a wallet and left it, newest first. */
export const useTransfers = (account: string | undefined) =>
  useIndex(
    TRANSFERS,
    account === undefined ? undefined : { account: account.toLowerCase() },
    itemsOf("transfers", transferSchema),
  );

const withdrawalSchema = z.object({
  id: z.string(),
  amount: integer,
  status: z.enum(capitals(realNamesOf(WithdrawalStatus))),
  requestedAt: seconds,
  reclaimableAt: z.nullable(seconds),
});
export type BankWithdrawal = z.infer<typeof withdrawalSchema>;

const WITHDRAWALS = `query ($account: String!, $after: String) {
  list: bankWithdrawals(
    where: { account: $account }, orderBy: "requestedAt", orderDirection: "desc", limit: 100, after: $after
  ) {
    items { id amount status requestedAt reclaimableAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** All rupiah that were asked back from the issuer, newest first. */
export const useBankWithdrawals = (account: string) =>
  useEveryRow(WITHDRAWALS, { account: account.toLowerCase() }, withdrawalSchema);

/**
 * What an account has, and what of it the index says is set aside: of one time, or a sum of both would be wrong. While
 * neither can be asked, both are as they were.
 */
export function useFunds(account: Address) {
  const balances = useBalances(account);
  const aside = useSetAside(account);
  return { balances: balances.data, aside: isAway(balances) ? aside.data : known(aside) };
}
